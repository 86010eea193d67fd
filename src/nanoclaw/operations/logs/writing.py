"""Log files: private, rotated by size and by age, and never more than so many."""

import json
import logging
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from nanoclaw.operations.logs.reading import rotated
from nanoclaw.operations.logs.redaction import Redactor
from nanoclaw.settings.schema import LogSettings
from nanoclaw.settings.whole_files import append_whole, is_at

_STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_DAY = 86_400


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, where, event, and the fields given as ``extra``."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._redactor = Redactor(secrets)

    def format(self, record: logging.LogRecord) -> str:
        """The line, secrets hidden."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {
            "time": moment.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "where": record.name.removeprefix("nanoclaw."),
            "event": record.getMessage(),
        }
        line |= self._redactor.fields({name: value for name, value in vars(record).items() if name not in _STANDARD})
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return self._redactor.text(json.dumps(line, default=str, ensure_ascii=False))


class PrivateRotatingFile(RotatingFileHandler):
    """A rotating file that only its owner can read, whatever the umask.

    It is rotated when it is full, or when its first line is ``days`` old; what was rotated away ``keep_days`` ago goes.
    """

    def __init__(self, path: Path, settings: LogSettings) -> None:
        self._days, self._keep_days = settings.file_days, settings.keep_days
        self._began = 0.0
        super().__init__(path, maxBytes=settings.file_mib * 1024 * 1024, backupCount=settings.files - 1)

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._began = _first_time(Path(self.baseFilename))
        return open(descriptor, "a", encoding="utf-8", errors="backslashreplace")  # noqa: PTH123 - of a descriptor

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, or nothing of it: what a full disk does not take is kept nowhere, and the next begins anew."""
        try:
            if self.stream is not None and not is_at(self.stream.fileno(), Path(self.baseFilename)):
                # Somebody removed it, or another program rotated it away. None first: opening it anew may fail for now.
                stream, self.stream = self.stream, None
                stream.close()
            if self.shouldRollover(record):
                self.doRollover()
            if self.stream is None:
                self.stream = self._open()
            append_whole(self.stream.fileno(), f"{self.format(record)}\n".encode("utf-8", "backslashreplace"))
        except Exception:  # noqa: BLE001 - as in every handler: what cannot be logged is no failure of what was done
            self.handleError(record)

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: N802 - the standard library's name
        """Whether the file is full, or old."""
        if self._began == 0.0:
            self._began = record.created
        return bool(super().shouldRollover(record)) or record.created - self._began > self._days * _DAY

    def doRollover(self) -> None:  # noqa: N802 - the standard library's name
        """Begin a new file; where no old ones are kept, the one there is begins anew."""
        super().doRollover()
        if self.backupCount == 0:
            os.truncate(self.baseFilename, 0)
        self._began = 0.0
        path = Path(self.baseFilename)
        newest = path.stat().st_mtime
        for old in rotated(path):
            if newest - old.stat().st_mtime > self._keep_days * _DAY:
                old.unlink(missing_ok=True)


def _first_time(path: Path) -> float:
    """When a log's first line was written, as a POSIX time; 0 where there is none."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return datetime.fromisoformat(str(json.loads(file.readline(65_536))["time"])).timestamp()
    except (OSError, ValueError, LookupError, TypeError):
        return 0.0


def start_logging(path: Path, settings: LogSettings, secrets: Iterable[str] = ()) -> None:
    """Send everything logged in this process to ``path``. A line that cannot be written is dropped in silence."""
    handler = PrivateRotatingFile(path, settings)
    handler.setFormatter(JsonFormatter(secrets))
    logging.raiseExceptions = False
    logging.basicConfig(level=settings.level.upper(), handlers=[handler], force=True)
    # Libraries may log what passes through them; their warnings are enough.
    quiet = ("aiohttp", "asyncio", "claude_agent_sdk", "mcp", "httpcore", "httpx", "telegram")
    for name in (*quiet, "urllib3", "requests_oauthlib", "oauthlib"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
