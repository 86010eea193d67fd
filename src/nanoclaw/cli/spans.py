"""Moments as people type them: a time, or a span before now."""

import re
from datetime import UTC, datetime, timedelta

from nanoclaw.cli.parsing import UsageError
from nanoclaw.model.clock import Clock

_SPAN = re.compile(r"(\d{1,6})([mhdw])", re.ASCII)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_since(text: str, clock: Clock, option: str = "--since", see: str = "see: nanoclaw --help") -> str:
    """A time, or a span before now, as logs and the API have it: ISO 8601 in UTC. Times without a zone are local ones.

    Raises:
        UsageError: it is neither; names the option, and ``see`` says where help is.
    """
    try:
        if match := _SPAN.fullmatch(text):
            now = datetime.fromtimestamp(clock.now() / 1000, UTC)
            moment = now - timedelta(**{_UNITS[match[2]]: int(match[1])})
        else:
            moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError(
            f"argument {option}: neither a time, such as 2026-11-22T08:00, nor a span, such as 2h or 3d", see
        ) from error
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
