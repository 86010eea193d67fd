"""Have a program write down what a sound file says: a child with a deadline, whose output is bounded."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nanoclaw.model.errors import NanoclawError

FILE = "{file}"
"""Stands for the file's path in the command."""
_MOST_BYTES = 64 * 1024
_MOST_LETTERS = 20_000
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "XDG_CACHE_HOME", "LD_LIBRARY_PATH")


class NotHeardError(NanoclawError):
    """A sound file was not written down; the text says why, in words for the chat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """The program, and the longest it may take. ``environment`` is ours: no more than it needs is passed on."""

    command: Sequence[str]
    seconds: float
    environment: Mapping[str, str]

    async def write_down(self, file: Path) -> str:
        """What the program prints, on one line. It, and all that it started, has ended when this returns or raises.

        Raises:
            NotHeardError: it cannot be started, failed, printed nothing or too much, or took too long.
        """
        program = [part.replace(FILE, str(file)) for part in self.command]
        try:
            child = await asyncio.create_subprocess_exec(
                *program,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={name: value for name, value in self.environment.items() if name in _KEPT},
                cwd=file.parent,
                start_new_session=True,
            )
        except OSError as error:
            raise NotHeardError(
                f"{program[0]} cannot be started: {error.strerror}", hint="Look at transcription.command."
            ) from error
        try:
            async with asyncio.timeout(self.seconds):
                said = await _printed(child)
                status = await child.wait()
        except TimeoutError as error:
            raise NotHeardError(f"it took longer than {self.seconds:g} s") from error
        finally:
            _end(child)
            await asyncio.shield(child.wait())
        if status:
            raise NotHeardError(f"{Path(program[0]).name} ended with status {status}")
        words = " ".join(said.decode(errors="replace").split())
        if not words:
            raise NotHeardError(f"{Path(program[0]).name} printed nothing")
        return words if len(words) <= _MOST_LETTERS else f"{words[:_MOST_LETTERS]}…"


async def _printed(child: asyncio.subprocess.Process) -> bytes:
    said = b""
    while child.stdout is not None and (piece := await child.stdout.read(_MOST_BYTES)):
        said += piece
        if len(said) > _MOST_BYTES:
            raise NotHeardError("the program printed far more than anybody says")
    return said


def _end(child: asyncio.subprocess.Process) -> None:
    """The child leads a process group of its own, and what it started may outlive it."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
