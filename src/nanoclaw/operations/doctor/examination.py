"""One examination of a home: look, mend if asked, look again at what was mended."""

from dataclasses import dataclass

from nanoclaw.control.client import Document
from nanoclaw.model.clock import Clock
from nanoclaw.operations.doctor.contract import Language, Section
from nanoclaw.operations.doctor.lay import lay_ground
from nanoclaw.operations.doctor.registry import CHECKS
from nanoclaw.operations.doctor.report import describe
from nanoclaw.operations.doctor.run import examine, repair
from nanoclaw.settings.home import Home


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is asked for. ``section`` None: all of them."""

    section: Section | None = None
    fix: bool = False
    live: bool = False
    language: Language = Language.ENGLISH


async def examine_home(home: Home, clock: Clock, order: Order) -> Document:
    """The report on a home, as :func:`describe` makes it. Raises nothing that a check raises."""
    checks = tuple(check for check in CHECKS if order.section in {None, check.section})
    ground = lay_ground(home, clock, live=order.live)
    examined = await examine(ground, checks)
    repairs = await repair(examined) if order.fix else ()
    if repairs:
        # What was mended may decide what other checks can see: a new home has folders now.
        ground = lay_ground(home, clock, live=order.live)
        examined = await examine(ground, checks)
    return describe(ground, examined, [one for one in repairs if one.done or one.problem], order.language)
