"""The command line of a container engine: the one driver that Docker, Podman and Apple's runtime share."""

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nanoclaw.sandboxes.contract import EngineUnavailableError, Progress

CLIENT_VARIABLES = (
    "PATH",
    "HOME",
    "DOCKER_HOST",
    "DOCKER_CONFIG",
    "DOCKER_CONTEXT",
    "DOCKER_CERT_PATH",
    "DOCKER_TLS_VERIFY",
    "CONTAINER_HOST",
    "XDG_RUNTIME_DIR",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "CONTAINERS_CONF",
    "DBUS_SESSION_BUS_ADDRESS",
    "SSH_AUTH_SOCK",
)
_GRACE = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A finished call. ``text`` is the standard output without surrounding space, ``error`` the end of the other."""

    code: int
    text: str
    error: str

    @property
    def ok(self) -> bool:
        """The engine did what it was asked."""
        return self.code == 0


def scrubbed(environment: Mapping[str, str]) -> dict[str, str]:
    """What an engine's client needs of the environment; credentials for the model and proxies are not in it."""
    return {name: environment[name] for name in CLIENT_VARIABLES if name in environment}


class EngineClient:
    """Runs one engine's command line, each call with a deadline and a scrubbed environment."""

    def __init__(self, program: str, environment: Mapping[str, str]) -> None:
        self._environment = scrubbed(environment)
        self.program = program
        self.path = shutil.which(program, path=self._environment.get("PATH")) or program

    @property
    def installed(self) -> bool:
        """Whether the program is on this machine; that its engine answers is another matter."""
        return self.path != self.program

    async def call(self, *arguments: str, seconds: float = 10.0) -> Outcome:
        """Run to the end and collect both outputs.

        Raises:
            EngineUnavailableError: the program is not there, or took longer than ``seconds``.
        """
        process = await self._start(arguments, asyncio.subprocess.PIPE)
        try:
            async with asyncio.timeout(seconds):
                out, err = await process.communicate()
        except TimeoutError:
            raise EngineUnavailableError(
                f"`{self.program} {arguments[0]}` did not answer within {seconds:g} s",
                hint=f"See whether the engine hangs: run `{self.program} ps`.",
            ) from None
        finally:
            await _end(process)
        return Outcome(code=process.returncode or 0, text=_text(out), error=_text(err)[-2_000:])

    async def stream(self, arguments: Sequence[str], progress: Progress, *, seconds: float) -> tuple[int, list[str]]:
        """Run and hand on each line of both outputs; the exit status and the last 15 lines.

        Raises:
            EngineUnavailableError: the program is not there, or took longer than ``seconds``.
        """
        process = await self._start(arguments, asyncio.subprocess.STDOUT)
        last: list[str] = []
        try:
            async with asyncio.timeout(seconds):
                while line := await _line(process):
                    if shown := line.decode(errors="replace").strip():
                        last = [*last[-14:], shown]
                        progress(shown)
                return await process.wait(), last
        except TimeoutError:
            raise EngineUnavailableError(
                f"`{self.program} {arguments[0]}` took longer than {seconds:g} s", hint="Try again."
            ) from None
        finally:
            await _end(process)

    async def _start(self, arguments: Sequence[str], stderr: int) -> asyncio.subprocess.Process:
        try:
            return await asyncio.create_subprocess_exec(
                self.path,
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=stderr,
                env=self._environment | {"BUILDKIT_PROGRESS": "plain"},
                limit=1 << 20,
            )
        except OSError as error:
            raise EngineUnavailableError(
                f"Cannot run {self.program}: {error.strerror}",
                hint=f"Install {self.program}, or choose another sandbox.kind.",
            ) from error


async def _line(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout is not None  # noqa: S101 - it was opened as a pipe
    try:
        return await process.stdout.readline()
    except ValueError:  # a line longer than the limit: its start was dropped
        return b"...\n"


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        try:
            process.kill()
        except ProcessLookupError:
            return
        async with asyncio.timeout(_GRACE):
            await process.wait()


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace").strip()
