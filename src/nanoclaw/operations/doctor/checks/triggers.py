"""Each trigger can be used, and wakes the agent by the examples that it should."""

from collections.abc import Sequence

from nanoclaw.intake.trigger import InvalidTriggerError, check_trigger, text_wakes
from nanoclaw.model.groups import Group, GroupFolder, GroupId
from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Section, Words, error, fine, warning
from nanoclaw.operations.doctor.ground import Ground

COMMON_WORDS = frozenset(
    {
        "hi",
        "hello",
        "hey",
        "ok",
        "okay",
        "yes",
        "no",
        "thanks",
        "please",
        "the",
        "a",
        "i",
        "you",
        "what",
        "and",
        "so",
        "well",
        "good",
        "morning",
        "你好",
        "您好",
        "好",
        "好的",
        "在吗",
        "在",
        "是",
        "是的",
        "不",
        "嗯",
        "谢谢",
        "请",
        "请问",
        "我",
        "你",
        "大家",
        "早",
        "早上好",
        "晚安",
        "收到",
        "可以",
        "没事",
    }
)
"""What messages between people begin with every day."""


def examples(trigger: str) -> tuple[tuple[str, bool], ...]:
    """Texts, and whether the trigger must wake the agent by them."""
    return (
        (trigger, True),
        (f"  {trigger} what is on today?", True),
        (f"{trigger}, hello", True),
        (trigger.lower(), True),
        (f"... {trigger}", False),
        (f"{trigger}x", False),
        ("", False),
    )


def judge(group: Group) -> list[Finding]:
    """What is wrong with a group's trigger."""
    try:
        trigger = check_trigger(group.trigger)
    except InvalidTriggerError as problem:
        return [
            error(
                Words(f"{group.folder}: {problem}", f"{group.folder}：触发词须为 1 至 60 个可打印字符"),
                _change(group),
            )
        ]
    failed = [text for text, wakes in examples(trigger) if text_wakes(group, text) is not wakes]
    if failed or trigger != group.trigger:
        return [
            error(
                Words(
                    f"{group.folder}: {group.trigger!r} does not do what it should with {failed[:1] or [trigger]}",
                    f"{group.folder}：触发词 {group.trigger!r} 未通过示例测试 {failed[:1] or [trigger]}",
                ),
                _change(group),
            )
        ]
    if trigger.lower() in COMMON_WORDS or len(trigger) == 1 or trigger.startswith("/"):
        return [
            warning(
                Words(
                    f"{group.folder}: {trigger!r} is what ordinary messages begin with",
                    f"{group.folder}：触发词 {trigger!r} 与日常用语冲突，容易误触发",
                ),
                _change(group),
            )
        ]
    return []


def _change(group: Group) -> Words:
    return Words(
        f"Change it: `nanoclaw groups set {group.folder} trigger=@Name`.",
        f"用 `nanoclaw groups set {group.folder} trigger=@名字` 更换触发词。",
    )


async def _look(ground: Ground) -> Sequence[Finding]:
    default = ground.known_settings().assistant.default_trigger
    roll = await ground.known_roll()
    new = Group(
        id=GroupId(0),
        folder=GroupFolder("(new)"),
        name="",
        trigger=default,
        requires_trigger=True,
        is_main=False,
    )
    needing = [group for group in roll.groups if group.requires_trigger and not group.is_main]
    findings = [finding for group in (*needing, new) for finding in judge(group)]
    return findings or [
        fine(
            Words(
                f"{default} by default; {len(needing)} groups need one; all examples are right",
                f"默认触发词 {default}；{len(needing)} 个组需要触发词，每个均通过 {len(examples(default))} 个示例测试",
            )
        )
    ]


TRIGGERS = Check(
    id="triggers",
    section=Section.CONFIGURATION,
    title=Words("Triggers", "触发词"),
    why=Words("A wrong one wakes the agent never, or at every word.", "触发词设置不当，会导致无法唤醒或频繁误触发。"),
    look=_look,
)
