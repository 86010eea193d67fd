"""The log: JSON lines, private, bounded in size, without secrets. Message texts are never logged in the first place."""

import json
import logging
import os
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from nanoclaw.settings.schema import LogSettings

_STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_SECRET_KEY = re.compile(r"(?:^|_)(?:key|token|secret|password|authorization|credential|cookie)$", re.IGNORECASE)
_SECRET_TEXT = re.compile(
    r"sk-ant-[A-Za-z0-9_-]{8,}|(?i:bearer)\s+[A-Za-z0-9._~+/=-]{8,}|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"
)
_HIDDEN = "[hidden]"


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, where, event, and the fields given as ``extra``."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._secrets = [secret for secret in secrets if len(secret) >= 8]

    def format(self, record: logging.LogRecord) -> str:
        """The line, secrets hidden."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {
            "time": moment.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "where": record.name.removeprefix("nanoclaw."),
            "event": record.getMessage(),
        }
        for name, value in vars(record).items():
            if name not in _STANDARD:
                line[name] = _HIDDEN if _SECRET_KEY.search(name) else value
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return self._hide(json.dumps(line, default=str, ensure_ascii=False))

    def _hide(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        return _SECRET_TEXT.sub(_HIDDEN, text)


class PrivateRotatingFile(RotatingFileHandler):
    """A rotating file that only its owner can read, whatever the umask."""

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        return open(descriptor, "a", encoding="utf-8", errors="backslashreplace")  # noqa: PTH123 - of a descriptor

    def doRollover(self) -> None:  # noqa: N802 - the standard library's name
        """Begin a new file; where no old ones are kept, the one there is begins anew."""
        super().doRollover()
        if self.backupCount == 0:
            os.truncate(self.baseFilename, 0)


def start_logging(path: Path, settings: LogSettings, secrets: Iterable[str] = ()) -> None:
    """Send everything logged in this process to ``path``. A line that cannot be written is dropped in silence."""
    handler = PrivateRotatingFile(path, maxBytes=settings.file_mib * 1024 * 1024, backupCount=settings.files - 1)
    handler.setFormatter(JsonFormatter(secrets))
    logging.raiseExceptions = False
    logging.basicConfig(level=settings.level.upper(), handlers=[handler], force=True)
    # Libraries may log what passes through them; their warnings are enough.
    for name in ("aiohttp", "asyncio", "claude_agent_sdk", "mcp", "httpx"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
