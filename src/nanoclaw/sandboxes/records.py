"""Who runs in bubblewrap: a small file for each sandbox, because no engine keeps the list."""

import asyncio
import contextlib
import json
import os
import signal
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import GroupFolder
from nanoclaw.sandboxes.contract import Happening, SandboxError
from nanoclaw.sandboxes.inside.confine import start_time

_GONE_SECONDS = 15.0
_LARGEST = 512
"""More than any record has, in bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessMark:
    """A process and when it started: an id that was given to another process since then does not match."""

    pid: int
    start: int

    def alive(self) -> bool:
        """It exists and is not merely waiting to be collected by its parent."""
        if self.pid <= 0 or self.start == 0 or start_time(self.pid) != self.start:
            return False
        try:
            state = Path(f"/proc/{self.pid}/stat").read_bytes().rpartition(b")")[2].split()[0]
        except (OSError, IndexError):
            return False
        return state not in {b"Z", b"X"}

    def kill(self) -> None:
        """End it, unless the id belongs to another process by now."""
        with contextlib.suppress(OSError):
            descriptor = os.pidfd_open(self.pid)
            try:
                if start_time(self.pid) == self.start:
                    signal.pidfd_send_signal(descriptor, signal.SIGKILL)
            finally:
                os.close(descriptor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A sandbox: its supervisor on the host, and its first process, with which everything inside ends."""

    name: str
    group: GroupFolder
    since: str
    supervisor: ProcessMark
    first: ProcessMark

    def alive(self) -> bool:
        """Any of it still runs."""
        return self.supervisor.alive() or self.first.alive()


class Records:
    """The files of one installation, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, name: str) -> Path:
        """Where the sandbox of this name is written down; the folder exists afterwards.

        Raises:
            SandboxError: nothing can be written there, as its supervisor would find only when it starts.
        """
        path = self._folder / name
        trial = path.with_name(f"{name}.trial")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                trial.write_bytes(bytes(_LARGEST))
            finally:
                trial.unlink(missing_ok=True)
        except OSError as error:
            raise SandboxError(
                f"Cannot write {path}: {error.strerror}", hint="Free some space, or check who owns the folder."
            ) from error
        return path

    def read(self, name: str) -> Record | None:
        """A sandbox that was started and not yet removed."""
        try:
            raw = json.loads((self._folder / name).read_text())
            return _parsed(name, raw)
        except (OSError, ValueError, KeyError):
            return None

    def all(self) -> tuple[Record, ...]:
        """Every sandbox there is a file for."""
        if not self._folder.is_dir():
            return ()
        names = sorted(path.name for path in self._folder.iterdir() if not path.suffix)
        return tuple(record for name in names if (record := self.read(name)) is not None)

    def ending(self, name: str) -> str:
        """Why the supervisor killed a sandbox; empty when it did not."""
        try:
            return (self._folder / f"{name}.ended").read_text()
        except OSError:
            return ""

    def endings(self, since: Milliseconds) -> tuple[Happening, ...]:
        """The sandboxes that their supervisor killed since then, oldest first."""
        found = []
        for path in sorted(self._folder.glob("*.ended")) if self._folder.is_dir() else ():
            with contextlib.suppress(OSError):
                at = path.stat().st_mtime
                if at * 1000 >= since:
                    moment = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
                    why = path.read_text(encoding="utf-8", errors="replace")[:80]
                    found.append(Happening(at=moment.replace("+00:00", "Z"), name=path.stem, what=why))
        return tuple(sorted(found, key=lambda one: one.at))

    async def end(self, name: str) -> None:
        """Kill a sandbox, wait until all of it is gone, and remove its file.

        Raises:
            SandboxError: it still runs after 15 s.
        """
        try:
            async with asyncio.timeout(_GONE_SECONDS):
                pause = 0.01
                # Read again each time: the first process is written down a moment after the supervisor.
                while (record := self.read(name)) is not None and record.alive():
                    record.first.kill()
                    record.supervisor.kill()
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, 0.5)
        except TimeoutError:
            raise SandboxError(
                f"The sandbox {name} does not end",
                hint="Look for a process that waits for a disk: `ps -eo pid,stat,args`.",
            ) from None
        (self._folder / name).unlink(missing_ok=True)

    def forget_endings(self) -> None:
        """Remove notes on sandboxes of earlier daemons."""
        if self._folder.is_dir():
            for path in (*self._folder.glob("*.ended"), *self._folder.glob("*.partial")):
                path.unlink(missing_ok=True)


def _parsed(name: str, raw: dict[str, Any]) -> Record:
    return Record(
        name=name,
        group=GroupFolder(str(raw["group"])),
        since=str(raw["since"]),
        supervisor=ProcessMark(pid=int(raw["pid"]), start=int(raw["start"])),
        first=ProcessMark(pid=int(raw.get("init", 0)), start=int(raw.get("init_start", 0))),
    )
