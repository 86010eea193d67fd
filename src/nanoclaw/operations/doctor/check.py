"""A check: what it is called, why it matters, and how it looks."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from nanoclaw.operations.doctor.contract import Finding, Section, Words
from nanoclaw.operations.doctor.ground import Ground


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the checklist. ``id`` never changes its meaning: tables and scripts name it.

    ``look`` may raise NotKnownError (the check is skipped) or any NanoclawError (which becomes the finding).
    """

    id: str
    section: Section
    title: Words
    why: Words
    look: Callable[[Ground], Awaitable[Sequence[Finding]]]
