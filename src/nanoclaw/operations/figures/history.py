"""The figures of a week on disk: one line of JSON a slot, appended each minute, rewritten whole each hour.

A kill loses a minute at most. Memory holds none of it: whoever asks reads the file, whether a daemon runs or not.
"""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from nanoclaw.operations.figures.counting import Key, Spans
from nanoclaw.operations.figures.errors import HistoryUnreadableError
from nanoclaw.operations.figures.slots import Slot
from nanoclaw.settings.whole_files import append_whole, replace_file

_VERSION = {"figures": 1}
_MOST_BYTES = 32 * 1024 * 1024


class History:
    """The file at ``path``."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> list[Slot]:
        """All slots; none where there is no file. A last line that was cut off is left out.

        Raises:
            HistoryUnreadableError: it cannot be read, or is not what was written.
        """
        try:
            with self.path.open("rb") as file:
                content = file.read(_MOST_BYTES + 1)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise HistoryUnreadableError(f"{self.path} cannot be read: {error.strerror or error}") from error
        head, *lines = content.split(b"\n")[:-1] or [b""]
        hint = "A daemon that starts begins anew."
        try:
            known = len(content) <= _MOST_BYTES and json.loads(head) == _VERSION
            slots = [_slot(json.loads(line)) for line in lines] if known else []
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise HistoryUnreadableError(f"{self.path} is not what was written there", hint=hint) from error
        if not known:
            raise HistoryUnreadableError(f"{self.path} is no file of figures that this version knows", hint=hint)
        return slots

    def append(self, slot: Slot) -> None:
        """Add a slot, or nothing. Raises OSError. To be preceded by a :meth:`rewrite`, which makes the file."""
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        try:
            append_whole(descriptor, _line(_document(slot)))
        finally:
            os.close(descriptor)

    def rewrite(self, slots: Iterable[Slot]) -> None:
        """Put these in the place of all, at once or not at all. Raises OSError."""
        replace_file(self.path, b"".join((_line(_VERSION), *(_line(_document(slot)) for slot in slots))))


def _line(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def _document(slot: Slot) -> dict[str, Any]:
    return {
        "h" if slot.hour else "m": slot.at,
        "g": {_name(key): [_short(value) for value in values] for key, values in slot.gauges.items()},
        "c": {_name(key): _short(value) for key, value in slot.counters.items() if value},
        "s": {
            _name(key): [one.counts, _short(one.total), _short(one.least), _short(one.most)]
            for key, one in slot.spans.items()
            if one.number
        },
    }


def _slot(document: Mapping[str, Any]) -> Slot:
    hour = "h" in document
    gauges = {_key(name): tuple(map(_number, values)) for name, values in document["g"].items()}
    if any(len(values) != (4 if hour else 1) for values in gauges.values()):
        raise ValueError("a gauge with too many values, or too few")
    return Slot(
        at=int(_number(document["h" if hour else "m"])),
        hour=hour,
        gauges=gauges,
        counters={_key(name): _number(value) for name, value in document["c"].items()},
        spans={
            _key(name): Spans(
                counts=[int(_number(count)) for count in counts],
                total=_number(total),
                least=_number(least),
                most=_number(most),
            )
            for name, (counts, total, least, most) in document["s"].items()
        },
    )


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e18 < value < 1e18:
        raise ValueError("not a number that a figure can have")
    return value


def _short(value: float) -> float:
    return value if isinstance(value, int) else float(f"{value:.6g}") if value < 1e6 else round(value)


def _name(key: Key) -> str:
    return "/".join(filter(None, key))


def _key(name: str) -> Key:
    figure, _, label = name.partition("/")
    return figure, label
