"""How results are written: elements like those of a prompt, so that no text of others can forge another line."""

from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from zoneinfo import ZoneInfo

from nanoclaw.model.clock import Milliseconds

_SNIPPET = 300


def element(name: str, attributes: Mapping[str, str], text: str | None = None) -> str:
    """``<name key="value">text</name>`` with everything escaped; attributes without a value are left out."""
    shown = "".join(f' {key}="{escape(one_line(value))}"' for key, value in attributes.items() if value)
    return f"<{name}{shown}/>" if text is None else f"<{name}{shown}>{escape(text)}</{name}>"


def one_line(text: str) -> str:
    """A text without line breaks and control characters."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def snippet(text: str, limit: int = _SNIPPET) -> str:
    """The beginning of a text, on one line."""
    line = one_line(text[: limit * 4])
    return line if len(line) <= limit and len(text) <= limit * 4 else line[:limit].rstrip() + "…"


def local_time(at: Milliseconds | None, zone: ZoneInfo) -> str:
    """``2026-11-23 09:00`` in the zone; empty for none."""
    return "" if at is None else _shown(datetime.fromtimestamp(at / 1000, UTC), zone)


def local_times(times: tuple[datetime, ...], zone: ZoneInfo) -> str:
    """Times with their zone named once: ``2026-11-23 09:00, 2026-11-24 09:00 (Europe/Zurich)``."""
    return f"{', '.join(_shown(time, zone) for time in times)} ({zone.key})"


def context(zone: ZoneInfo) -> str:
    """The line that says which zone the times are in."""
    return f'<context timezone="{escape(zone.key)}"/>'


def _shown(time: datetime, zone: ZoneInfo) -> str:
    return f"{time.astimezone(zone):%Y-%m-%d %H:%M}"
