"""Moments as people write them."""

from datetime import datetime
from zoneinfo import ZoneInfo

from nanoclaw.model.clock import Milliseconds
from nanoclaw.operations.backup.errors import NoSuchBackupError


def parse_moment(text: str, zone: ZoneInfo) -> Milliseconds:
    """A date, or a date and a time: local, unless it names an offset. A date alone means its end.

    Raises:
        NoSuchBackupError: it is no moment.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise NoSuchBackupError(f"{text!r} is no time", hint="Write it as 2026-11-25 or '2026-11-25 10:00'.") from error
    if len(text.strip()) <= len("2026-11-25"):
        moment = moment.replace(hour=23, minute=59, second=59, microsecond=999_000)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return Milliseconds(int(moment.timestamp() * 1000))
