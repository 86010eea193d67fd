"""The time zone is one that exists, and is the one that is meant."""

from collections.abc import Sequence

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Section, Words, fine, warning
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.settings.load import machine_time_zone, time_zone


def judge(configured: str, machine: str, in_use: str) -> Finding:
    """``machine`` is UTC also where the machine names no zone."""
    if configured:
        return fine(Words(f"{in_use}, as configured", f"{in_use}（来自配置）"))
    if machine == "UTC":
        return warning(
            Words(
                "UTC, because neither the machine nor the configuration names another", "UTC（系统和配置均未指定时区）"
            ),
            Words(
                'Set time_zone = "Area/City" under [assistant], or "UTC" if you mean it.',
                '在 [assistant] 下设置 time_zone = "Asia/Shanghai"；若确实使用 UTC，请明确写出 "UTC"。',
            ),
        )
    return fine(Words(f"{in_use}, the machine's", f"{in_use}（系统时区）"))


async def _look(ground: Ground) -> Sequence[Finding]:
    settings = ground.known_settings()
    return [judge(settings.assistant.time_zone, machine_time_zone(), time_zone(settings).key)]


TIME_ZONE = Check(
    id="time-zone",
    section=Section.PREFLIGHT,
    title=Words("Time zone", "时区"),
    why=Words("Tasks run by it; a wrong one runs them at night.", "计划任务按时区执行，设错会在错误的时间运行。"),
    look=_look,
)
