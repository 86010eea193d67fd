"""The channels at work: each in a task of its own, so that one's failure is no other's."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nanoclaw.channels.contract import (
    Channel,
    ChannelCondition,
    ChannelError,
    ChannelState,
    ChannelStatus,
    Conversations,
    Surroundings,
)
from nanoclaw.control.shapes import ChannelShape
from nanoclaw.control.times import iso
from nanoclaw.daemon.networks.canary import Canary
from nanoclaw.daemon.networks.roster import Doubt, Roster, Sighting
from nanoclaw.daemon.networks.watch import ChannelWatch
from nanoclaw.intake.admit import Intake
from nanoclaw.model.chats import ChannelName
from nanoclaw.model.clock import Clock, Milliseconds
from nanoclaw.settings.home import Home

logger = logging.getLogger(__name__)

_RESTART_SECONDS = (1, 5, 30, 120, 300)
_STOP_SECONDS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkGround:
    """What channels are given."""

    intake: Intake
    conversations: Conversations
    home: Home
    clock: Clock
    options: Callable[[ChannelName], dict[str, Any]]
    """The table of a channel in the configuration as it was at the start."""
    make: Callable[[ChannelName], Channel]
    """Makes a channel by its name. Raises ChannelError."""


class Networks:
    """Runs every channel of a roster and says how each is."""

    def __init__(self, roster: Roster, watch: ChannelWatch, canary: Canary, ground: NetworkGround) -> None:
        self._roster = roster
        self._watch = watch
        self._canary = canary
        self._ground = ground
        self._running: dict[ChannelName, asyncio.Task[None]] = {}
        self._tasks: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Run all channels, and watch them, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            tasks.create_task(self._watch.run(), name="channel-watch")
            tasks.create_task(self._canary.run(), name="canary")
            for name, channel in self._roster.channels.items():
                self._begin(tasks, channel, self._ground.options(name))

    async def make(self, name: ChannelName) -> Channel:
        """A channel that does not run yet; its libraries may take a while to be read. Raises ChannelError."""
        return await asyncio.to_thread(self._ground.make, name)

    def start(self, channel: Channel, options: dict[str, Any], *, canary_minutes: float) -> None:
        """Run one more channel.

        Raises:
            ChannelError: the daemon is starting or stopping.
        """
        if self._tasks is None:
            raise ChannelError("The assistant is just starting", hint="Try again in a moment.")
        self._roster.channels[channel.name] = channel
        self._canary.minutes[channel.name] = canary_minutes
        self._begin(self._tasks, channel, options)

    async def stop(self, name: ChannelName) -> None:
        """End a channel, if it runs; what waits for it is kept.

        Raises:
            ChannelError: it does not end.
        """
        task = self._running.pop(name, None)
        if task is not None:
            task.cancel()
            await asyncio.wait({task}, timeout=_STOP_SECONDS)
            if not task.done():
                self._running[name] = task
                raise ChannelError(f"The channel {name} does not end", hint="Restart nanoclaw.")
        self._roster.forget(name)

    def _begin(self, tasks: asyncio.TaskGroup, channel: Channel, options: dict[str, Any]) -> None:
        keeping = self._keep(channel, options)
        self._running[channel.name] = tasks.create_task(keeping, name=f"channel-{channel.name}")

    def shapes(self) -> list[ChannelShape]:
        """How each channel is."""
        return [self.shape(name) for name in self._roster.channels]

    def shape(self, name: ChannelName) -> ChannelShape:
        """How one channel is."""
        state, since = self._roster.sighting(name).state, self._watch.since(name)
        link = getattr(self._roster.channels.get(name), "login_url", None)
        return ChannelShape(
            name=name,
            status=state.status,
            detail=state.detail,
            condition=state.condition,
            hint=state.hint,
            since=None if since is None else iso(Milliseconds(since)),
            link=link() if callable(link) else None,
        )

    async def _keep(self, channel: Channel, options: dict[str, Any]) -> None:
        """Keep one channel alive; one that can never work is reported and left."""
        name, clock, failures = channel.name, self._ground.clock, 0
        while True:
            began = clock.monotonic()
            try:
                self._roster.doubt(name, Doubt.ENDED, None)
                await channel.run(self._surroundings(name, options))
            except ChannelError as error:
                logger.error("channel gave up", extra={"channel": name, "error": str(error)})  # noqa: TRY400
                self._roster.doubt(name, Doubt.ENDED, _gave_up(channel, error))
                return
            except Exception:
                # The boundary around third-party code: whatever breaks a channel breaks that channel only.
                logger.exception("channel broke", extra={"channel": name})
            self._roster.doubt(name, Doubt.ENDED, _BROKEN)
            failures = 1 if clock.monotonic() - began > _RESTART_SECONDS[-1] else failures + 1
            await asyncio.sleep(_RESTART_SECONDS[min(failures, len(_RESTART_SECONDS)) - 1])

    def _surroundings(self, name: ChannelName, options: dict[str, Any]) -> Surroundings:
        directory = self._ground.home.channel(name)
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Surroundings(
            accept=self._ground.intake.accept,
            change=self._ground.intake.change,
            state_changed=lambda: self._roster.noted(name),
            conversations=self._ground.conversations,
            clock=self._ground.clock,
            directory=directory,
            options=options,
        )


_BROKEN = Sighting(state=ChannelState(status=ChannelStatus.DOWN, condition=ChannelCondition.BROKEN))


def _gave_up(channel: Channel, error: ChannelError) -> Sighting:
    """Its own condition, if it has one, and the error's words."""
    try:
        condition = channel.state().condition
    except Exception:  # noqa: BLE001 - the boundary around third-party code; the error itself is known
        condition = ChannelCondition.NONE
    state = ChannelState(
        status=ChannelStatus.DOWN,
        condition=condition,
        detail=str(error),
        hint=error.hint or "It is tried again when nanoclaw starts the next time.",
    )
    return Sighting(state=state, gave_up=True)
