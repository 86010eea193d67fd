"""The child as an operating system process: started with little, spoken to by a socket of its own, killed at need."""

import asyncio
import contextlib
import os
import re
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import nanoclaw
from nanoclaw.channels.whatsapp.link import LINE_LIMIT, Line, to_line

PROGRAM = (sys.executable, "-P", "-m", "nanoclaw.channels.whatsapp.child")
INHERITED = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "PYTHONPATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "NO_PROXY",
    "no_proxy",
    "ALL_PROXY",
)
"""What the child needs of the environment: where programs and certificates are, and the way out. No credential."""
_LAST_WORDS = re.compile(
    r"^(?:panic|fatal error|runtime error|signal|Fatal Python error)\b.*|^\w*(?:Error|Exception)\b"
)


class ChildProcess:
    """One process. What its library prints is thrown away but for its last words, and those without numbers."""

    def __init__(
        self, process: asyncio.subprocess.Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer
        self.last_words = ""

    @staticmethod
    async def start(
        folder: Path, *, paired: bool, environment: Mapping[str, str], program: Sequence[str] = PROGRAM
    ) -> "ChildProcess":
        """Start one. It has a session of its own, so that an interrupt at the keyboard does not reach it.

        Raises:
            OSError: it cannot be started.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                process = await asyncio.create_subprocess_exec(
                    *program, str(folder), str(theirs.fileno()), str(os.getpid()), "paired" if paired else "new",
                    stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
                    stderr=asyncio.subprocess.PIPE, pass_fds=(theirs.fileno(),), start_new_session=True,
                    cwd=folder, env=_environment(environment),
                )  # fmt: skip
            except BaseException:
                ours.close()
                raise
        return ChildProcess(process, *await asyncio.open_unix_connection(sock=ours, limit=LINE_LIMIT))

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    @property
    def code(self) -> int | None:
        """How it ended; negative: by which signal. None while it lives."""
        return self._process.returncode

    async def line(self) -> bytes:
        """The next line; empty when it closed the socket, or sends what is no line."""
        try:
            return await self._reader.readline()
        except (OSError, ValueError):
            return b""

    async def say(self, line: Line) -> None:
        """Write a line. Whether anybody is left to read it shows elsewhere."""
        with contextlib.suppress(OSError):
            self._writer.write(to_line(line))
            await self._writer.drain()

    async def listen_to_last_words(self) -> None:
        """Read what it prints until it ends."""
        printed = self._process.stderr
        if printed is None:
            return
        with contextlib.suppress(OSError, ValueError):
            while line := await printed.readline():
                words = line.decode(errors="replace").strip()
                if not self.last_words and _LAST_WORDS.match(words):
                    self.last_words = re.sub(r"\d{5,}", "#", words)[:160]

    def kill(self) -> None:
        """End it now."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGKILL)

    async def stop(self, seconds: float) -> None:
        """Close the socket, which tells it to end; kill it when that takes longer. It is gone afterwards."""
        self._writer.close()
        try:
            await asyncio.wait_for(self._process.wait(), seconds)
        except TimeoutError:
            self.kill()
            await self._process.wait()

    async def wait(self) -> int:
        """Until it is gone: the code."""
        return await self._process.wait()


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    ours = str(Path(nanoclaw.__file__).parent.parent)
    path = [ours, *(part for part in given.get("PYTHONPATH", "").split(os.pathsep) if part and part != ours)]
    return {name: given[name] for name in INHERITED if name in given} | {
        "PYTHONPATH": os.pathsep.join(path),
        # The library gives memory back sooner than Go would by itself.
        "GOGC": "50",
        "GOMEMLIMIT": "64MiB",
    }
