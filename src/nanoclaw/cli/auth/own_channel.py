"""A channel of our own, while no daemon runs: it links an account, and takes no message in."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from nanoclaw.channels.contract import (
    Channel,
    ChannelError,
    ChannelStatus,
    ChatCard,
    ChatLine,
    Pairing,
    Receipt,
    Surroundings,
)
from nanoclaw.channels.registry import load_channels
from nanoclaw.daemon.networks.built_in import built_in_channels
from nanoclaw.events.kinds import Event
from nanoclaw.model.chats import ChannelName, ChatAddress, InboundChange, InboundMessage
from nanoclaw.model.clock import Clock
from nanoclaw.model.errors import NanoclawError
from nanoclaw.settings.home import Home
from nanoclaw.store.database import Database
from nanoclaw.store.inbox import Admission, Arrival, Inbox, Verdict

_SETTLE_SECONDS = 20.0
_LOOK_SECONDS = 0.05


class NotPairingError(ChannelError):
    """A channel has no account to link, or cannot run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a channel is made with."""

    home: Home
    name: str
    options: Mapping[str, Any]
    clock: Clock


class PairingChannel(Channel, Pairing, Protocol):
    """A channel that has an account to link."""


@asynccontextmanager
async def running(plan: Plan, make: Callable[[str], Channel] | None = None) -> AsyncIterator["PairingChannel"]:
    """The channel, at work for the length of the block, once it knows how it is. ``make`` makes another one.

    Raises:
        NotPairingError: it has no account to link.
        ChannelError: it cannot run; why.
    """
    channel = make(plan.name) if make else _load(plan.name)
    if not isinstance(channel, Pairing):
        raise NotPairingError(f"The channel {plan.name} has no account to link", hint="It works without.")
    try:
        async with aclosing(_Door(plan)) as door, asyncio.TaskGroup() as tasks:
            at_work = tasks.create_task(channel.run(_surroundings(plan, door)), name=f"channel-{plan.name}")
            await settled(channel)
            yield channel
            at_work.cancel()
    except* NanoclawError as several:
        raise _first(several) from None


async def settled(channel: Channel) -> None:
    """Return once the channel knows how it is: up, or not and why; after a while in any case.

    Before a pairing this says whether there is an account already; after it, the network's side is done, too.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_SETTLE_SECONDS):
            # A repair of nothing: channels tell changes to the daemon alone.
            while (state := channel.state()).status is not ChannelStatus.UP and not state.condition:  # noqa: ASYNC110
                await asyncio.sleep(_LOOK_SECONDS)


def _load(name: str) -> Channel:
    return load_channels(built_in_channels(), [name])[ChannelName(name)]


def _first(several: BaseExceptionGroup[NanoclawError]) -> NanoclawError:
    error = several.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


def _surroundings(plan: Plan, door: "_Door") -> Surroundings:
    directory = plan.home.channel(plan.name)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Surroundings(
        accept=door.accept,
        change=door.change,
        state_changed=lambda: None,
        conversations=_NoConversations(),
        clock=plan.clock,
        directory=directory,
        options=plan.options,
    )


class _Door:
    """Takes nothing in. What nobody says has arrived, the network brings again once the daemon runs.

    But where the owner proves themselves by a message, that must not wait behind others: there what strangers wrote,
    in chats that belong to no group, is passed over, and their chats are noted, as the daemon would have done. To leave
    it all with Telegram would not do: to be done with one update is to be done with all before it.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._passes_over = plan.name == "telegram"
        self._database: Database | None = None

    async def accept(self, message: InboundMessage) -> Receipt:
        if not self._passes_over:
            await asyncio.get_running_loop().create_future()
        if self._database is None:
            self._database = await Database.open(self._plan.home.database)
        inbox = Inbox(self._database, self._plan.clock)
        if await inbox.judged(message, _turn_away) is not None:
            raise ChannelError("Messages of groups wait for the assistant", hint="Start it, and pair then.")
        stored = await inbox.add(message, _turn_away)
        return Receipt(message=stored.message, duplicate=False, turn=None, registered=False)

    async def aclose(self) -> None:
        if self._database is not None:
            await self._database.close()

    async def change(self, _change: InboundChange) -> None:
        await asyncio.get_running_loop().create_future()


def _turn_away(_: Arrival) -> Verdict:
    return Verdict(admission=Admission.DROP)


class _NoConversations:
    """There is nobody to talk to yet."""

    async def chats(self, _channel: ChannelName) -> tuple[ChatCard, ...]:
        return ()

    async def history(self, _address: ChatAddress, *, limit: int) -> tuple[ChatLine, ...]:  # noqa: ARG002
        return ()

    async def line(self, _address: ChatAddress, _line: str) -> ChatLine | None:
        return None

    def watch(self, _address: ChatAddress) -> AbstractContextManager[AsyncIterator[Event]]:
        return contextlib.nullcontext(_nothing())

    async def expect(self, _address: ChatAddress) -> None:
        return

    async def interrupt(self, _address: ChatAddress) -> bool:
        return False


async def _nothing() -> AsyncIterator[Event]:
    nothing: tuple[Event, ...] = ()
    for event in nothing:
        yield event
