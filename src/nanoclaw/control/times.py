"""Moments as the control API writes them."""

from datetime import UTC, datetime

from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.errors import NanoclawError


class InvalidTimeError(NanoclawError):
    """A time cannot be understood."""


def iso(at: Milliseconds) -> str:
    """ISO 8601 in UTC with milliseconds."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_time(text: str) -> Milliseconds:
    """An ISO 8601 time; without an offset it is UTC.

    Raises:
        InvalidTimeError: it is none.
    """
    try:
        moment = datetime.fromisoformat(text)
        return Milliseconds(int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000))
    except (ValueError, OverflowError) as error:
        raise InvalidTimeError(f"{text[:40]!r} is not an ISO 8601 time", hint="Such as 2026-11-22T10:00Z.") from error
