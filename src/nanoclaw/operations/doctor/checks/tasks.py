"""Each scheduled task can run: its time, its group and its chat are there."""

from collections.abc import Sequence

from nanoclaw.agents.tools.contract import InvalidTaskError
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.tasks import TaskState
from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Section, Words, error, fine, warning
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.scheduling.schedule import Times
from nanoclaw.settings.load import time_zone
from nanoclaw.store.survey import Roll, StoredTask

_LATE_MS = 10 * 60 * 1000


def judge(task: StoredTask, roll: Roll, now: Milliseconds) -> list[Finding]:
    """What keeps a task from running, apart from its schedule."""
    if task.group not in {group.folder for group in roll.groups}:
        return [_wrong(task, f"there is no group {task.group}", f"组 {task.group} 不存在")]
    if not any(chat.address == task.address and chat.folder == task.group for chat in roll.chats):
        where = f"{task.address.channel} {task.address.chat}"
        return [_wrong(task, f"the chat {where} is not the group's", f"会话 {where} 不属于该组")]
    if task.state is TaskState.ACTIVE and task.next_at is None:
        return [_wrong(task, "it is active, and has no next time", "任务处于启用状态，但没有下次执行时间")]
    if task.state is TaskState.ACTIVE and task.next_at is not None and task.next_at < now - _LATE_MS:
        late, late_zh = _span((now - task.next_at) // 60_000)
        return [
            warning(
                Words(f"{_name(task)}: due {late} ago", f"{_name(task)}：已逾期 {late_zh} 未执行"),
                Words("Start the assistant; see `nanoclaw tasks`.", "请启动助手，并查看 `nanoclaw tasks`。"),
            )
        ]
    return []


def _span(minutes: int) -> tuple[str, str]:
    if minutes < 120:
        return f"{minutes} minutes", f"{minutes} 分钟"
    if minutes < 48 * 60:
        return f"{minutes // 60} hours", f"{minutes // 60} 小时"
    return f"{minutes // 1440} days", f"{minutes // 1440} 天"


def _wrong(task: StoredTask, what: str, what_zh: str) -> Finding:
    return error(
        Words(f"{_name(task)}: {what}", f"{_name(task)}：{what_zh}"),
        Words(
            f"Change it or `nanoclaw tasks cancel {task.id}`.",
            f"请修改该任务，或用 `nanoclaw tasks cancel {task.id}` 取消。",
        ),
    )


def _name(task: StoredTask) -> str:
    return f"#{task.id} {task.name}".strip()


async def _look(ground: Ground) -> Sequence[Finding]:
    zone, roll, tasks = time_zone(ground.known_settings()), await ground.known_roll(), await ground.known_tasks()
    findings: list[Finding] = []
    for task in tasks:
        try:
            Times(task.schedule, zone, ground.clock.now())
        except InvalidTaskError as problem:
            what = f"{str(problem).rstrip('.')}. {problem.hint}".rstrip()
            findings.append(_wrong(task, what, f"时间表达式无效：{task.schedule.value}"))
        else:
            findings += judge(task, roll, ground.clock.now())
    return findings or [fine(Words(f"{len(tasks)}, all in order", f"共 {len(tasks)} 个，全部有效"))]


TASKS = Check(
    id="tasks",
    section=Section.CONFIGURATION,
    title=Words("Scheduled tasks", "计划任务"),
    why=Words("A task that cannot run fails in silence.", "无法执行的任务会悄无声息地失败。"),
    look=_look,
)
