"""How far something is, told as it goes."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """So many bytes of so many, of one thing that takes a while."""

    what: str
    done: int
    total: int


Progress = Callable[[Step], None]
"""Told often, from one thread; must return at once."""


def ignore(_step: Step) -> None:
    """For whoever does not want to know."""
