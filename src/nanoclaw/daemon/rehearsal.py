"""The daemon as it would start, without touching the world: no channel, no agent, no sandbox, no message sent.

What a restore drill starts on a restored home, which bears the identity of the living one. Databases are opened,
checked and upgraded, everything is built, and the control API answers.
"""

import asyncio
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, suppress

from nanoclaw.daemon.compose import compose
from nanoclaw.daemon.ground import Ground
from nanoclaw.daemon.lock import hold
from nanoclaw.model.clock import Milliseconds, SystemClock
from nanoclaw.operations.upgrade.perform import upgrade
from nanoclaw.sandboxes.contract import (
    EndReason,
    EngineUnavailableError,
    Progress,
    RunningSandbox,
    SandboxKind,
    SandboxPlan,
    SandboxReport,
)
from nanoclaw.settings.home import Home
from nanoclaw.settings.load import load_settings
from nanoclaw.settings.schema import Upstream
from nanoclaw.store.database import Database
from nanoclaw.store.groups import Groups
from nanoclaw.store.tasks import MIGRATIONS as TASK_MIGRATIONS

_PARENT_SECONDS = 1.0
_WHY = "This is a rehearsal: no agent runs"


def rehearse(home: Home, announce: Callable[[str], None]) -> None:
    """Run until told to stop.

    Raises:
        NanoclawError: it could not start, and why: so the real one could not either.
    """
    os.umask(0o077)
    home.create()
    with hold(home.lock):
        upgrade(home, SystemClock())
        asyncio.run(_live(home, announce))


async def _live(home: Home, announce: Callable[[str], None]) -> None:
    settings = load_settings(home).model_copy(update={"channels": {}})
    clock, stop = SystemClock(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        database = await Database.open(home.database)
        stack.push_async_callback(database.close)
        tasks = await Database.open(home.task_database, TASK_MIGRATIONS)
        stack.push_async_callback(tasks.close)
        ground = Ground(
            home=home,
            settings=settings,
            upstream=Upstream(),
            clock=clock,
            database=database,
            tasks=tasks,
            sandbox=NoSandbox(),
            installation=await Groups(database, clock).installation(),
        )
        daemon = compose(ground, stop.set)
        await daemon.control.start()
        stack.push_async_callback(daemon.control.close)
        announce("rehearsing: no channel, no agent, nothing is sent")
        await _until(stop, os.getppid())


async def _until(stop: asyncio.Event, parent: int) -> None:
    """Until told to stop, or until whoever started this is gone without having said so."""
    while not stop.is_set() and os.getppid() == parent:
        with suppress(TimeoutError):
            async with asyncio.timeout(_PARENT_SECONDS):
                await stop.wait()


class NoSandbox:
    """Never runs anything, and leaves alone what others run."""

    kind = SandboxKind.BUBBLEWRAP
    workspace_owner: tuple[int, int] | None = None

    async def report(self) -> SandboxReport:
        """Not usable."""
        return SandboxReport(kind=self.kind, usable=False, problem=_WHY)

    async def prepare(self, progress: Progress) -> None:  # noqa: ARG002 - the contract has it
        """Refuses."""
        raise EngineUnavailableError(_WHY)

    def command(self, plan: SandboxPlan) -> Sequence[str]:  # noqa: ARG002 - the contract has it
        """Refuses."""
        raise EngineUnavailableError(_WHY)

    async def stop(self, name: str) -> None:
        """Nothing to stop."""

    async def running(self) -> tuple[RunningSandbox, ...]:
        """None of its own."""
        return ()

    async def reap(self) -> tuple[str, ...]:
        """Nothing of its own was left behind."""
        return ()

    async def why_ended(self, name: str, since: Milliseconds) -> EndReason:  # noqa: ARG002 - the contract has it
        """Nobody knows."""
        return EndReason.UNKNOWN
