"""Reads what a call used from the answer that passes by, without holding a byte of it back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

_MAX_EVENT = 64 * 1024
"""Bytes of one line of an event stream. The events that carry usage are under 4 KiB."""
_MAX_ANSWER = 8 * 1024 * 1024
"""Bytes of an answer in one piece; the usage of a longer one is not read."""
_FIELDS = {
    "input_tokens": "input",
    "output_tokens": "output",
    "cache_read_input_tokens": "cache_read",
    "cache_creation_input_tokens": "cache_write",
}


@dataclass(slots=True)
class TokenCounts:
    """Tokens as reported so far. The service repeats running totals, so a later figure replaces an earlier one."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0

    def take(self, usage: object) -> None:
        """Take over the figures of a ``usage`` object, which may be anything."""
        if not isinstance(usage, Mapping):
            return
        for name, attribute in _FIELDS.items():
            count = usage.get(name)
            if isinstance(count, int) and not isinstance(count, bool) and count >= 0:
                setattr(self, attribute, count)


class Meter(Protocol):
    """Reads the bytes of one answer as they pass."""

    tokens: TokenCounts
    model: str
    """As the service names it; empty until it did."""

    def feed(self, chunk: bytes) -> None:
        """Read the next bytes."""
        ...

    def finish(self) -> bool:
        """Say that no more bytes come; returns whether the answer was whole."""
        ...


def meter_for(content_type: str, status: int) -> Meter:
    """The meter for an answer. ``content_type`` is without parameters."""
    if status != 200:
        return UncountedMeter()
    return EventStreamMeter() if content_type == "text/event-stream" else AnswerMeter()


class UncountedMeter:
    """For answers without usage: errors."""

    def __init__(self) -> None:
        self.tokens = TokenCounts()
        self.model = ""

    def feed(self, chunk: bytes) -> None:
        """Ignore the bytes."""

    def finish(self) -> bool:
        """An error's body has no end of its own to miss."""
        return True


class EventStreamMeter:
    """For streamed answers: ``message_start`` and ``message_delta`` carry usage, ``message_stop`` ends them."""

    def __init__(self) -> None:
        self.tokens = TokenCounts()
        self.model = ""
        self._line = bytearray()
        self._skipping = False
        self._stopped = False

    def feed(self, chunk: bytes) -> None:
        """Read the next bytes, cut anywhere."""
        *whole, rest = chunk.split(b"\n")
        for piece in whole:
            self._append(piece)
            if not self._skipping:
                self._read_line(bytes(self._line))
            self._line.clear()
            self._skipping = False
        self._append(rest)

    def finish(self) -> bool:
        """Whether the stream came to its ``message_stop``."""
        return self._stopped

    def _append(self, piece: bytes) -> None:
        if self._skipping or len(self._line) + len(piece) > _MAX_EVENT:
            self._skipping = True
            self._line.clear()
        else:
            self._line += piece

    def _read_line(self, line: bytes) -> None:
        # Most lines are pieces of text; only those worth parsing are parsed.
        if not line.startswith(b"data:") or not (b'"usage"' in line or b'"message_stop"' in line):
            return
        event = _parse_object(line[5:])
        match event.get("type"):
            case "message_start":
                message = event.get("message")
                if isinstance(message, Mapping):
                    self.model = _model(message)
                    self.tokens.take(message.get("usage"))
            case "message_delta":
                self.tokens.take(event.get("usage"))
            case "message_stop":
                self._stopped = True
            case _:
                pass


class AnswerMeter:
    """For answers in one piece: a JSON object with ``model`` and ``usage``."""

    def __init__(self) -> None:
        self.tokens = TokenCounts()
        self.model = ""
        self._body = bytearray()
        self._skipping = False

    def feed(self, chunk: bytes) -> None:
        """Keep the bytes, while there are not too many."""
        if self._skipping or len(self._body) + len(chunk) > _MAX_ANSWER:
            self._skipping = True
            self._body.clear()
        else:
            self._body += chunk

    def finish(self) -> bool:
        """Read the answer. Its length was HTTP's business, so it is whole when it gets here."""
        answer = _parse_object(bytes(self._body))
        self._body.clear()
        self.model = _model(answer)
        self.tokens.take(answer.get("usage"))
        return True


def _model(message: Mapping[str, Any]) -> str:
    model = message.get("model")
    return model[:100] if isinstance(model, str) else ""


def _parse_object(text: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}
