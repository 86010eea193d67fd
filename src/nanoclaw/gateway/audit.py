"""The gateway's audit log: a line of JSON for each decision and each call to the model."""

import json
import logging
import os
from datetime import UTC, datetime
from pathlib import Path

from nanoclaw.gateway.contract import (
    BudgetCrossed,
    Decision,
    DomainRefused,
    GatewayEvent,
    ModelCallMetered,
    ModelRequestSent,
)
from nanoclaw.model.clock import Milliseconds
from nanoclaw.settings.whole_files import append_whole, is_at

logger = logging.getLogger(__name__)

_MAX_TEXT = 300


class AuditLog:
    """A listener that appends to ``path`` (mode 600) and rotates it to ``path.1``, ``path.2`` and so on.

    A line is one ``write`` to the page cache, some 20 µs, so it may be called in the event loop. A line that cannot be
    written is lost and the program's log says so, once until writing works again: an agent must not be able to stop
    the gateway by filling the disk.
    """

    def __init__(self, path: Path, *, max_bytes: int = 10 * 1024 * 1024, files: int = 5) -> None:
        """Take the size at which the file is rotated, and how many rotated files are kept."""
        self._path = path
        self._max_bytes = max_bytes
        self._files = files
        self._descriptor: int | None = None
        self._size = 0
        self._failing = False

    def __call__(self, event: GatewayEvent) -> None:
        """Write the event, if it is of a kind that belongs here."""
        record = _record(event)
        if record is None:
            return
        line = json.dumps(record, separators=(",", ":")).encode("ascii") + b"\n"
        try:
            self._append(line)
        except OSError as error:
            self.close()
            if not self._failing:
                logger.error("Cannot write the audit log %s: %s", self._path, error.strerror)  # noqa: TRY400 - the line says it all
            self._failing = True
        else:
            self._failing = False

    def close(self) -> None:
        """Close the file; a later event opens it again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _append(self, line: bytes) -> None:
        if self._descriptor is not None and not is_at(self._descriptor, self._path):
            self.close()  # somebody removed it, or another program rotated it away
        if self._descriptor is not None and self._size + len(line) > self._max_bytes:
            self.close()
            self._rotate()
        if self._descriptor is None:
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            self._descriptor = os.open(self._path, flags, 0o600)
            os.fchmod(self._descriptor, 0o600)
            self._size = os.fstat(self._descriptor).st_size
        append_whole(self._descriptor, line)
        self._size += len(line)

    def _rotate(self) -> None:
        for number in range(self._files, 0, -1):
            older = self._path.with_name(f"{self._path.name}.{number}")
            newer = self._path.with_name(f"{self._path.name}.{number - 1}") if number > 1 else self._path
            if newer.exists():
                newer.replace(older)


def _record(event: GatewayEvent) -> dict[str, str | int | float] | None:
    match event:
        case Decision():
            return {
                "at": _time(event.at),
                "event": "decision",
                "group": event.group,
                "verdict": event.verdict,
                "target": event.target[:_MAX_TEXT],
                "reason": event.reason[:_MAX_TEXT],
            }
        case ModelCallMetered():
            return {
                "at": _time(event.finished_at),
                "event": "model_call",
                "group": event.group,
                "model": event.model[:_MAX_TEXT],
                "status": event.status,
                "milliseconds": event.finished_at - event.started_at,
                "input_tokens": event.input_tokens,
                "output_tokens": event.output_tokens,
                "cache_read_tokens": event.cache_read_tokens,
                "cache_write_tokens": event.cache_write_tokens,
                "cost_usd": round(event.cost_usd, 6),
            }
        case ModelRequestSent() | DomainRefused() | BudgetCrossed():
            # Its call is metered when it ends; the refusal is a decision beside it.
            return None


def _time(at: Milliseconds) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")
