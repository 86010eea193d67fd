"""No group's trigger begins with that of another."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations

from nanoclaw.intake.trigger import text_wakes
from nanoclaw.model.groups import Group
from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Section, Words, fine, warning
from nanoclaw.operations.doctor.ground import Ground


def clashes(groups: Sequence[Group]) -> list[tuple[Group, Group]]:
    """Pairs where what is meant for the second's trigger would also wake the first's; equal triggers are no clash."""
    strict = [replace(group, requires_trigger=True, is_main=False) for group in groups if group.trigger]
    return [
        (one, other)
        for one, other in permutations(strict, 2)
        if one.trigger.casefold() != other.trigger.casefold() and text_wakes(one, f"{other.trigger} hello")
    ]


async def _look(ground: Ground) -> Sequence[Finding]:
    groups = [group for group in (await ground.known_roll()).groups if group.requires_trigger and not group.is_main]
    found = clashes(groups)
    return [
        warning(
            Words(
                f"{other.trigger!r} of {other.folder} begins with {one.trigger!r} of {one.folder}",
                f"{other.folder} 的触发词 {other.trigger!r} 以 {one.folder} 的 {one.trigger!r} 开头",
            ),
            Words(
                "Give one of them another trigger, so that nobody wakes the wrong one.",
                "请更换其中一个，以免在两边的群里叫错对象。",
            ),
        )
        for one, other in found
    ] or [fine(Words(f"none among {len(groups)} groups", f"{len(groups)} 个组之间无冲突"))]


TRIGGER_CLASHES = Check(
    id="trigger-clashes",
    section=Section.CONFIGURATION,
    title=Words("Triggers that clash", "触发词冲突"),
    why=Words("Who is in two groups wakes the wrong assistant.", "同时在两个群里的人可能唤醒错误的助手。"),
    look=_look,
)
