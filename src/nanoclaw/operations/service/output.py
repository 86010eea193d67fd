"""What the service said: the daemon's own log, and what the manager kept beside it, in the order of time."""

import json
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, Any

_LOOK_SECONDS = 0.3
_STANDARD = ("time", "level", "where", "event")
_LONGEST_TAIL = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line; ``at`` is ISO 8601, empty where nobody noted the time."""

    at: str
    source: str
    """``log``: the daemon's own; ``manager``: what systemd or launchd kept."""
    level: str
    text: str


def recent(log: Path, printed: Path | None, journal: tuple[str, ...], environment: Mapping[str, str]) -> list[Line]:
    """All that can still be read quickly, oldest first. ``printed`` is where the manager keeps output, if in a file."""
    own = [_from_log(line) for line in _tail(log)]
    kept = list(_journal_lines(journal, environment)) if journal else []
    if printed is not None:
        kept += [Line(at="", source="manager", level="", text=line) for line in _tail(printed)]
    # A line without a time comes before all others: what launchd kept has none.
    return sorted(own + kept, key=lambda line: line.at)


@contextmanager
def followed(
    log: Path, printed: Path | None, journal: tuple[str, ...], environment: Mapping[str, str]
) -> Iterator[Iterator[Line]]:
    """Lines from now on, without an end. Files may be rotated, or not be there yet."""
    said: SimpleQueue[Line] = SimpleQueue()
    process = _start_journal(journal, environment, said) if journal else None
    try:
        yield _news(log, printed, said)
    finally:
        if process is not None:
            process.kill()
            process.wait()


def _news(log: Path, printed: Path | None, said: "SimpleQueue[Line]") -> Iterator[Line]:
    files = [_Growing(path) for path in (log, printed) if path is not None]
    while True:
        found = False
        for file in files:
            for line in file.added():
                found = True
                is_log = file.path == log
                yield _from_log(line) if is_log else Line(at="", source="manager", level="", text=line)
        try:
            while True:
                yield said.get_nowait()
                found = True
        except Empty:
            pass
        if not found:
            time.sleep(_LOOK_SECONDS)


class _Growing:
    """A file to which others add."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file, self._position = self._identity()
        self._rest = b""

    def added(self) -> list[str]:
        file, size = self._identity()
        if file != self._file or size < self._position:
            self._file, self._position, self._rest = file, 0, b""
        if size <= self._position:
            return []
        with self.path.open("rb") as opened:
            opened.seek(self._position)
            *lines, self._rest = (self._rest + opened.read()).split(b"\n")
            self._position = opened.tell()
        return [line.decode("utf-8", "replace") for line in lines]

    def _identity(self) -> tuple[int, int]:
        try:
            status = self.path.stat()
        except OSError:
            return (0, 0)
        return (status.st_ino, status.st_size)


def _tail(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _LONGEST_TAIL))
            lines = file.read().splitlines()
    except OSError:
        return []
    cut = lines[1:] if size > _LONGEST_TAIL else lines
    return [line.decode("utf-8", "replace") for line in cut]


def _journal_lines(command: tuple[str, ...], environment: Mapping[str, str]) -> Iterator[Line]:
    try:
        ran = subprocess.run(command, env=dict(environment), capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return
    for line in ran.stdout.splitlines():
        if (parsed := _from_journal(line)) is not None:
            yield parsed


def _start_journal(
    command: tuple[str, ...], environment: Mapping[str, str], said: "SimpleQueue[Line]"
) -> "subprocess.Popen[bytes] | None":
    try:
        process = subprocess.Popen(
            command, env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
        )
    except OSError:
        return None

    threading.Thread(target=_read_journal, args=(process.stdout, said), name="journal", daemon=True).start()
    return process


def _read_journal(journal: "IO[bytes] | None", said: "SimpleQueue[Line]") -> None:
    """Until its end, which may come after that of the program: whatever that started may have the pipe, too."""
    if journal is None:
        return
    with journal:
        for line in journal:
            if (parsed := _from_journal(line)) is not None:
                said.put(parsed)


def _from_journal(line: bytes) -> Line | None:
    record = _object(line)
    if record is None:
        return None
    message = record.get("MESSAGE", "")
    if isinstance(message, list):  # Bytes that are no text come as numbers.
        message = bytes(number for number in message if isinstance(number, int) and 0 <= number < 256).decode(
            "utf-8", "replace"
        )
    stamp = str(record.get("__REALTIME_TIMESTAMP", ""))
    at = ""
    if stamp.isascii() and stamp.isdigit():
        moment = datetime.fromtimestamp(min(int(stamp), 10**17) / 1_000_000, UTC)
        at = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return Line(at=at, source="manager", level="", text=str(message))


def _from_log(line: str) -> Line:
    record = _object(line.encode())
    if record is None:
        return Line(at="", source="log", level="", text=line)
    more = " ".join(f"{name}={_short(value)}" for name, value in record.items() if name not in _STANDARD)
    where, event = str(record.get("where", "")), str(record.get("event", ""))
    text = f"{where}: {event}" + (f" {more}" if more else "")
    return Line(at=str(record.get("time", "")), source="log", level=str(record.get("level", "")), text=text)


def _short(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        parsed = json.loads(line)
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None


def last(lines: list[Line], count: int) -> list[Line]:
    """The newest of them."""
    return list(deque(lines, maxlen=count))
