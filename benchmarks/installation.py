"""An installation of its own for one benchmark: a home folder, a daemon as a process, and the way to it."""

import asyncio
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nanoclaw
from nanoclaw.control.client import ControlClient, Document
from nanoclaw.control.errors import DaemonDownError, DaemonLostError
from nanoclaw.model.clock import SystemClock
from nanoclaw.sandboxes.choose import make_sandbox
from nanoclaw.sandboxes.contract import Sandbox, SandboxKind
from nanoclaw.sandboxes.installation import Installation as Marks
from nanoclaw.sandboxes.oci_arguments import INSTALLATION_LABEL
from nanoclaw.settings.home import Home
from nanoclaw.store.connection import open_connection
from tools.testing.surroundings import scrubbed

_START_SECONDS = 60
_STOP_SECONDS = 60
_LOOK_SECONDS = 0.02
_READY_LOOK_SECONDS = 0.01
_SOURCE = Path(nanoclaw.__file__).parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What all benchmarks of a run share."""

    kind: SandboxKind
    base_image: str

    def config(self, extra: str = "") -> str:
        """``config.toml``; ``extra`` are more tables. There is no web page unless they name it."""
        web = "" if "[channels" in extra else "[channels]\n"
        return f'[sandbox]\nkind = "{self.kind}"\nbase_image = "{self.base_image}"\n{web}{extra}'


class DaemonError(Exception):
    """The daemon did not do what a benchmark needs to go on."""


@dataclass(slots=True, kw_only=True)
class Installation:
    """A home folder and the daemon in it, which is started and killed at will."""

    home: Home
    environment: dict[str, str]
    process: asyncio.subprocess.Process | None = field(default=None)

    @property
    def client(self) -> ControlClient:
        """The control API."""
        return ControlClient(self.home.control_socket, timeout=30)

    @property
    def command(self) -> list[str]:
        """How a command of this home is run."""
        return [sys.executable, "-P", "-m", "nanoclaw", "--home", str(self.home.root)]

    @property
    def pid(self) -> int:
        """The daemon's process."""
        if self.process is None:
            raise DaemonError("the daemon does not run")
        return self.process.pid

    async def start(self) -> float:
        """Start the daemon; the seconds until it answered."""
        began = time.perf_counter()
        with (self.home.root / "daemon.out").open("ab") as said:
            self.process = await asyncio.create_subprocess_exec(
                *self.command, "run", env=self.environment, stdout=said, stderr=said
            )
        while time.perf_counter() - began < _START_SECONDS:
            if self.process.returncode is not None:
                break
            with suppress(DaemonDownError, DaemonLostError):
                await asyncio.to_thread(self.client.status)
                return time.perf_counter() - began
            await asyncio.sleep(_READY_LOOK_SECONDS)
        raise DaemonError((self.home.root / "daemon.out").read_text()[-2000:])

    async def kill(self) -> None:
        """SIGKILL to the daemon alone; what it started stays."""
        process, self.process = self.process, None
        if process is not None:
            if process.returncode is None:
                # Not process.kill(), which would take the exit status away from the event loop's own watcher.
                with suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)
            await process.wait()

    async def stop(self) -> float:
        """An orderly stop; the seconds it took."""
        began = time.perf_counter()
        process, self.process = self.process, None
        if process is not None and process.returncode is None:
            process.terminate()
            try:
                async with asyncio.timeout(_STOP_SECONDS):
                    await process.wait()
            except TimeoutError:
                process.kill()
                raise DaemonError(f"the daemon did not stop within {_STOP_SECONDS} s") from None
        return time.perf_counter() - began

    async def send(self, text: str, *, group: str = "main", wait: float = 90) -> Document:
        """A ``SendResult``."""
        request = {"group": group, "text": text, "wait_seconds": wait}
        return await asyncio.to_thread(self.client.send, request)

    async def submit(self, text: str, *, group: str, client_id: str) -> Document:
        """A ``SendResult`` as soon as the message is on disk."""
        request = {"group": group, "text": text, "wait_seconds": 0, "client_id": client_id}
        return await asyncio.to_thread(self.client.send, request)

    async def answered(self, text: str, *, group: str = "main") -> Document:
        """A ``SendResult`` that was answered.

        Raises:
            DaemonError: it was not.
        """
        result = await self.send(text, group=group)
        if result["outcome"] != "answered":
            raise DaemonError(f"{text!r} in {group}: {result}")
        return result

    async def add_group(self, folder: str, *, requires_trigger: bool = False) -> None:
        """Register a group with a local chat."""
        request = {"name": folder, "folder": folder, "requires_trigger": requires_trigger}
        await asyncio.to_thread(self.client.add_group, request)

    async def expect(self, group: str) -> None:
        """Have a group's agent started ahead, and wait until it is idle."""
        await asyncio.to_thread(self.client.expect, group)
        await self.until(lambda status: (group, "idle") in {(one["group"], one["state"]) for one in status["agents"]})

    async def until(self, condition: Callable[[Document], bool], *, seconds: float = 60) -> Document:
        """The first ``Status`` that fulfils a condition.

        Raises:
            DaemonError: none did in time.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            status = await asyncio.to_thread(self.client.status)
            if condition(status):
                return status
            await asyncio.sleep(_LOOK_SECONDS)
        raise DaemonError(f"the daemon did not come into the wanted state: {status}")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Straight from the database."""
        connection = open_connection(self.home.database, read_only=True)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()

    @property
    def label(self) -> str:
        """By which an engine finds this installation's containers."""
        ((identity,),) = self.rows("SELECT id FROM installation")
        return f"label={INSTALLATION_LABEL}={identity}"

    async def containers(self) -> tuple[str, ...]:
        """Ids of this installation's Docker containers, running or not."""
        process = await asyncio.create_subprocess_exec(
            *("docker", "ps", "--all", "--quiet", "--no-trunc", "--filter", self.label),
            stdout=asyncio.subprocess.PIPE,
            env=self.environment,
        )
        out, _ = await process.communicate()
        return tuple(out.decode().split())


def no_agents(status: Document) -> bool:
    """No agent lives."""
    return not status["agents"]


def environment_for(folder: Path, model_url: str) -> dict[str, str]:
    """A scrubbed environment with a home folder, and the scripted model in place of the real one."""
    user = folder / "user"
    user.mkdir(mode=0o700)
    fake = {"ANTHROPIC_BASE_URL": model_url, "ANTHROPIC_API_KEY": "sk-ant-not-a-real-key"}
    return scrubbed(os.environ, user) | fake | {"PYTHONPATH": str(_SOURCE)}


@asynccontextmanager
async def installation(place: Place, model_url: str, config: str = "") -> AsyncIterator[Installation]:
    """An installation in a fresh folder, its daemon not started yet; everything of it is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="nanoclaw-benchmark-"))
    home = Home(folder / "home")
    home.create()
    home.config.write_text(place.config(config))
    made = Installation(home=home, environment=environment_for(folder, model_url))
    try:
        yield made
    finally:
        with suppress(DaemonError):
            await made.stop()
        shutil.rmtree(folder, ignore_errors=True)


def sandbox_for(place: Place, folder: Path) -> Sandbox:
    """A sandbox of the same kind and image outside any daemon."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "DOCKER_HOST") if name in os.environ}
    marks = Marks(
        id=f"benchmark-{os.getpid()}",
        state=folder,
        environment=environment,
        base_image=place.base_image,
        clock=SystemClock(),
    )
    return make_sandbox(place.kind, marks)
