"""Start the daemon, keep it alive, take it down in order."""

import asyncio
import faulthandler
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

from nanoclaw import __version__
from nanoclaw.channels.local.channel import LOCAL
from nanoclaw.daemon.alerts import known_secrets
from nanoclaw.daemon.answers.images import describe_installation
from nanoclaw.daemon.answers.usage import load_budgets
from nanoclaw.daemon.answers.welcome import welcome
from nanoclaw.daemon.compose import compose
from nanoclaw.daemon.ground import Ground
from nanoclaw.daemon.heartbeat import Heartbeat
from nanoclaw.daemon.hopeless import building
from nanoclaw.daemon.keeper import Keeper
from nanoclaw.daemon.parts import Daemon
from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.clock import SystemClock
from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.groups import MAIN_FOLDER
from nanoclaw.operations.alerts.routes import find_routes
from nanoclaw.operations.alerts.starting import alert_without_daemon
from nanoclaw.operations.backup.swap import finish as finish_restore
from nanoclaw.operations.figures.counting import Counting
from nanoclaw.operations.logs.writing import start_logging
from nanoclaw.operations.service.statuses import DaemonExit
from nanoclaw.operations.upgrade.perform import upgrade
from nanoclaw.sandboxes.choose import choose_sandbox
from nanoclaw.sandboxes.contract import SandboxError
from nanoclaw.settings.home import Home
from nanoclaw.settings.load import load_settings, load_upstream
from nanoclaw.settings.schema import Settings, Upstream
from nanoclaw.settings.supervision import find_supervision
from nanoclaw.store.database import Database
from nanoclaw.store.groups import Groups, NewGroup
from nanoclaw.store.people import People
from nanoclaw.store.tasks import MIGRATIONS as TASK_MIGRATIONS

logger = logging.getLogger(__name__)

_DRAIN_SECONDS = 5
_AT_ONCE_SECONDS = 8


def run_daemon(home: Home, announce: Callable[[str], None] | None = None) -> DaemonExit:
    """Run until told to stop, in the foreground; how it ended. ``announce`` defaults to standard output.

    Raises:
        NanoclawError: it cannot start, and why.
    """
    os.umask(0o077)
    # A daemon that hangs is ended by SIGABRT: the journal then shows where each thread stood.
    faulthandler.enable()
    settings, upstream = load_settings(home), load_upstream(home)
    home.create()
    keeper = Keeper(home, find_supervision(), SystemClock(), announce or _print_now)
    keeper.brake(lambda text: alert_without_daemon(home, SystemClock(), text))
    with keeper.hold():
        start_logging(home.log, settings.log, known_secrets(upstream, find_routes(home, settings.alerts)))
        if finish_restore(home):
            logger.warning("an interrupted restore was finished")
        try:
            with keeper.counted():
                _bring_up(home, keeper)
                return asyncio.run(_live(home, settings, upstream, keeper))
        except* NanoclawError as several:
            # What ends the daemon ends its parts as a group; the first says why.
            raise next(_leaves(several)) from None


def _bring_up(home: Home, keeper: Keeper) -> None:
    """Upgrade the databases where an older version of the program left them."""
    done = upgrade(home, SystemClock(), keeper.patience("Upgrading the databases"))
    if done is not None:
        logger.info("databases upgraded", extra={"from": done.before.last_version, "kept": str(done.kept)})
        keeper.announce(f"The databases were upgraded. Those from before are in {done.kept}")


def _print_now(line: str) -> None:
    """Whoever waits for the line behind a pipe must not wait for a full buffer."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _leaves(group: BaseExceptionGroup[NanoclawError]) -> Iterator[NanoclawError]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


async def _live(home: Home, settings: Settings, upstream: Upstream, keeper: Keeper) -> DaemonExit:
    clock = SystemClock()
    counting = Counting()
    async with _databases(home, counting) as (database, tasks):
        groups = Groups(database, clock)
        await _ensure_main(groups, settings)
        for name in (LOCAL, *settings.enabled_channels):
            await welcome(groups, People(database, clock), ChannelName(name))
        identity = await groups.installation()
        sandbox = await choose_sandbox(settings.sandbox.kind, describe_installation(home, identity))
        ground = Ground(
            home=home,
            settings=settings,
            upstream=upstream,
            clock=clock,
            database=database,
            tasks=tasks,
            sandbox=sandbox,
            installation=identity,
            counting=counting,
        )
        stop = _Stop()
        with building():
            daemon = compose(ground, stop.request)
        with daemon.profiles.installed():
            await _run(daemon, stop, settings, keeper, keeper.heartbeat((database, tasks)))
        return keeper.ending(by_command=stop.by_command)


@asynccontextmanager
async def _databases(home: Home, counting: Counting) -> AsyncIterator[tuple[Database, Database]]:
    database = await Database.open(home.database, observe=counting)
    try:
        tasks = await Database.open(home.task_database, TASK_MIGRATIONS, counting)
        try:
            yield database, tasks
        finally:
            await tasks.close()
    finally:
        await database.close()


class _Stop:
    """Asked once: orderly. Asked again: at once."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.at_once = asyncio.Event()
        self.by_command = False
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._signalled)

    def request(self) -> None:
        """Begin an orderly stop, as a command asks for it."""
        self.by_command = not self.asked.is_set()
        self.asked.set()

    def _signalled(self) -> None:
        (self.at_once if self.asked.is_set() else self.asked).set()


async def _run(daemon: Daemon, stop: _Stop, settings: Settings, keeper: Keeper, heartbeat: Heartbeat) -> None:
    await _reap(daemon)
    await daemon.trials.sweep()
    await load_budgets(daemon.budgets, daemon.store.usage, daemon.store.groups)
    await daemon.gateway.start()
    async with asyncio.TaskGroup() as tasks:
        running: list[asyncio.Task[Any]] = [
            tasks.create_task(daemon.meter.run(), name="meter"),
            tasks.create_task(daemon.tidings.run(), name="tidings"),
            tasks.create_task(daemon.troubles.desk.run(), name="alerts"),
            tasks.create_task(daemon.typing.run(), name="typing"),
            tasks.create_task(daemon.courier.run(), name="courier"),
            tasks.create_task(daemon.lanes.run(), name="lanes"),
            tasks.create_task(daemon.reception.run(), name="reception"),
            tasks.create_task(daemon.agenda.run(), name="agenda"),
            tasks.create_task(daemon.networks.run(), name="networks"),
            tasks.create_task(daemon.chores.run(), name="chores"),
            tasks.create_task(daemon.figures.run(), name="figures"),
            tasks.create_task(heartbeat.run(), name="heartbeat"),
        ]
        await daemon.control.start()
        running.append(tasks.create_task(_get_ready(daemon), name="get-ready"))
        logger.info("ready", extra={"version": __version__})
        keeper.ready(f"nanoclaw {__version__} is running. Talk to it with `nanoclaw chat`; Ctrl-C stops it.")
        await stop.asked.wait()
        keeper.stopping()
        logger.info("stopping")
        await _take_down(daemon, stop, settings)
        for task in running:
            task.cancel()
    await daemon.gateway.close()
    logger.info("stopped")


async def _get_ready(daemon: Daemon) -> None:
    """What the first message would else wait for: the sandbox's image, and the SDK."""
    await daemon.preparation.look()
    try:
        await daemon.preparation.ready()
    except SandboxError as error:
        try:
            await daemon.troubles.note(f"The sandbox is not ready: {error}", error.hint)
        except NanoclawError as also:
            logger.error("a trouble could not be noted", extra={"error": str(also)})  # noqa: TRY400 - no traceback needed
    await daemon.workshop.open()


async def _take_down(daemon: Daemon, stop: _Stop, settings: Settings) -> None:
    """Take nothing more in, let running turns finish for a while, end every agent, deliver what is ready."""
    daemon.intake.close()
    orderly = asyncio.ensure_future(_orderly(daemon, settings))  # noqa: TID251 - awaited below, whichever way it goes
    at_once = asyncio.ensure_future(stop.at_once.wait())  # noqa: TID251
    await asyncio.wait({orderly, at_once}, return_when=asyncio.FIRST_COMPLETED)
    at_once.cancel()
    if not orderly.done():
        orderly.cancel()
        logger.warning("stopping at once")
        await _reap(daemon)
    await asyncio.wait({orderly}, timeout=_AT_ONCE_SECONDS)
    await daemon.control.close()


async def _orderly(daemon: Daemon, settings: Settings) -> None:
    await daemon.lanes.stop(settings.agents.stop_seconds)
    await daemon.courier.drain(_DRAIN_SECONDS)


async def _reap(daemon: Daemon) -> None:
    """End sandboxes that no living agent of this daemon uses: at the start, all there are."""
    try:
        removed = await daemon.preparation.sandbox.reap()
    except SandboxError as error:
        logger.warning("cannot look for orphaned sandboxes", extra={"error": str(error)})
    else:
        if removed:
            logger.info("orphaned sandboxes removed", extra={"count": len(removed)})


async def _ensure_main(groups: Groups, settings: Settings) -> None:
    """The owner's group exists from the start, on the local chat."""
    local = ChatAddress(channel=LOCAL, chat=MAIN_FOLDER)
    if not any(group.is_main for group in await groups.all()):
        await groups.add(
            NewGroup(
                folder=MAIN_FOLDER,
                name="Main",
                trigger=settings.assistant.default_trigger,
                requires_trigger=False,
                is_main=True,
                address=local,
            )
        )
