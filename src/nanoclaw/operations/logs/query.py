"""Which lines of the log are asked for, and how they are counted."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from nanoclaw.model.errors import NanoclawError
from nanoclaw.operations.logs.reading import Line

LEVELS = ("debug", "info", "warning", "error", "critical")


class LogQueryError(NanoclawError):
    """What is asked of the log cannot be understood."""


class CountBy(StrEnum):
    """What lines are counted by."""

    LEVEL = "level"
    GROUP = "group"
    HOUR = "hour"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQuery:
    """Which lines. Times are ISO 8601 in UTC with a final Z, as they stand in the log; empty: no limit."""

    group: str | None = None
    least: str = "debug"
    since: str = ""
    until: str = ""
    pattern: re.Pattern[str] | None = None
    """Must be found in a line as :func:`describe` writes it."""

    def wants(self, line: Line) -> bool:
        """Whether the line is asked for."""
        at = str(line.get("time", ""))
        return (
            (self.group is None or line.get("group") == self.group)
            and _rank(line) >= LEVELS.index(self.least)
            and (not self.since or at >= self.since)
            and (not self.until or at < self.until)
            and (self.pattern is None or self.pattern.search(describe(line)) is not None)
        )


def read_pattern(text: str) -> re.Pattern[str]:
    """A regular expression that does not look at letter case.

    Raises:
        LogQueryError: it is none.
    """
    try:
        return re.compile(text, re.IGNORECASE)
    except re.error as error:
        raise LogQueryError(
            f"{text[:60]!r} is not a regular expression: {error.msg}", hint="Put a backslash before . * + ? ( [ and |."
        ) from error


def describe(line: Line) -> str:
    """A line's level, place, event and fields on one line, without its time."""
    fields = " ".join(f"{name}={_shown(value)}" for name, value in line.items() if name not in _FIRST)
    return " ".join(part for part in (*(str(line.get(name, "")) for name in _FIRST[1:]), fields) if part)


def count(lines: Iterable[Line], by: CountBy, hour: Callable[[datetime], str]) -> dict[str, int]:
    """How many lines there are of each level, group or hour. ``hour`` names the hour of a moment."""
    found = Counter(_kind(line, by, hour) for line in lines)
    match by:
        case CountBy.LEVEL:
            return {level: found[level] for level in reversed(LEVELS) if found[level]}
        case CountBy.GROUP:
            return dict(found.most_common())
        case CountBy.HOUR:
            return dict(sorted(found.items()))


_FIRST = ("time", "level", "where", "event")


def _kind(line: Line, by: CountBy, hour: Callable[[datetime], str]) -> str:
    match by:
        case CountBy.LEVEL:
            return str(line.get("level", "info"))
        case CountBy.GROUP:
            return str(line.get("group") or "(none)")
        case CountBy.HOUR:
            try:
                return hour(datetime.fromisoformat(str(line.get("time", ""))))
            except ValueError:
                return "(none)"


def _rank(line: Line) -> int:
    level = str(line.get("level", ""))
    return LEVELS.index(level) if level in LEVELS else LEVELS.index("info")


def _shown(value: object) -> str:
    text = str(value)
    return repr(text) if " " in text or not text else text
