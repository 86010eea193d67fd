"""Linking accounts to the channels that run: the pairings that go on, and what follows from one that was done."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nanoclaw.channels.contract import Pairing, PairingDone
from nanoclaw.control.pairing_shapes import PairingQuery, PairingShape, PairRequest
from nanoclaw.control.service import ConflictError, NoSuchGroupError
from nanoclaw.control.shapes import Done
from nanoclaw.daemon.networks.roster import Roster
from nanoclaw.model.chats import ChannelName
from nanoclaw.model.clock import Clock
from nanoclaw.model.people import Person, Role
from nanoclaw.operations.pairing.picture import rows_of
from nanoclaw.operations.pairing.session import PairingSession, PairingView
from nanoclaw.store.people import People

logger = logging.getLogger(__name__)

_LOGOUT_SECONDS = 30


@dataclass(slots=True, kw_only=True)
class _Ongoing:
    session: PairingSession
    phone: str
    task: asyncio.Task[None]


class PairingRecords:
    """At most one pairing a channel. ``linked`` is called with the channel's name once an account is on disk."""

    def __init__(
        self,
        roster: Roster,
        people: People,
        clock: Clock,
        linked: Callable[[ChannelName], None],
    ) -> None:
        self._roster = roster
        self._people = people
        self._clock = clock
        self._linked = linked
        self._ongoing: dict[ChannelName, _Ongoing] = {}
        self._tasks: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Own the pairings until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            await asyncio.get_running_loop().create_future()

    async def begin(self, channel: str, request: PairRequest) -> PairingShape:
        """Begin, or join; one for another number takes the place of the first."""
        name, pairing = self._find(channel)
        ongoing = self._ongoing.get(name)
        if ongoing is not None and (ongoing.session.is_over or ongoing.phone != request.phone):
            await self._end(name)
            ongoing = None
        if ongoing is None:
            ongoing = self._ongoing[name] = self._start(name, pairing, request.phone)
        return shape_of(name, await ongoing.session.view(), self._clock)

    async def look(self, channel: str, query: PairingQuery) -> PairingShape:
        """How far it has come."""
        name, _pairing = self._find(channel)
        ongoing = self._ongoing.get(name)
        if ongoing is None:
            return PairingShape(channel=name)
        return shape_of(name, await ongoing.session.view(query.after, query.wait_seconds), self._clock)

    async def give_up(self, channel: str) -> Done:
        """End it."""
        name, _pairing = self._find(channel)
        return Done(changed=await self._end(name))

    async def logout(self, channel: str) -> Done:
        """End the session at the network. That the channel then does not work is no news for its owner."""
        name, pairing = self._find(channel)
        await self._end(name)
        self._roster.leave(name, leaving=True)
        done = False
        try:
            async with asyncio.timeout(_LOGOUT_SECONDS):
                await pairing.logout()
            done = True
        except TimeoutError:
            raise ConflictError(
                f"{name} did not answer within {_LOGOUT_SECONDS} s",
                hint="Try again; `nanoclaw auth logout` has --force.",
            ) from None
        finally:
            if not done:
                self._roster.leave(name, leaving=False)
        logger.info("channel logged out", extra={"channel": name})
        return Done()

    def _find(self, channel: str) -> tuple[ChannelName, Pairing]:
        name = ChannelName(channel)
        found = self._roster.channels.get(name)
        if found is None:
            raise NoSuchGroupError(
                f"There is no channel {channel[:64]!r} in the running assistant", hint="`nanoclaw status` shows them."
            )
        if not isinstance(found, Pairing):
            raise ConflictError(f"The channel {name} has no account to link", hint="It works without.")
        return name, found

    def _start(self, name: ChannelName, pairing: Pairing, phone: str) -> _Ongoing:
        assert self._tasks is not None  # noqa: S101 - the control API is served after run has begun
        session = PairingSession(pairing, phone, self._clock, lambda done: self._finish(name, done))
        task = self._tasks.create_task(session.run(), name=f"pairing-{name}")
        return _Ongoing(session=session, phone=phone, task=task)

    async def _end(self, name: ChannelName) -> bool:
        ongoing = self._ongoing.pop(name, None)
        if ongoing is None:
            return False
        was_over = ongoing.session.is_over
        ongoing.task.cancel()
        await asyncio.wait({ongoing.task})
        return not was_over

    async def _finish(self, name: ChannelName, done: PairingDone) -> None:
        await make_owner(self._people.add, name, done)
        self._roster.leave(name, leaving=False)
        logger.info("account linked", extra={"channel": name})
        self._linked(name)


async def make_owner(add: Callable[[Person], Awaitable[object]], name: ChannelName, done: PairingDone) -> None:
    """Whoever proved to be the owner may do everything there."""
    if done.owner:
        await add(Person(channel=name, sender=done.owner, role=Role.OWNER, folder=None, name=done.name or "Owner"))


def shape_of(channel: str, view: PairingView, clock: Clock) -> PairingShape:
    """A pairing as commands and the page see it."""
    code, done, error = view.code, view.done, view.error
    shape = PairingShape(channel=channel, number=view.number, state=view.state)
    if code is not None:
        return shape.model_copy(
            update={
                "qr": code.qr,
                "picture": rows_of(code.qr) if code.qr else (),
                "code": code.code,
                "words": code.words,
                "expires_in": max(0.0, round(view.expires_at - clock.monotonic(), 1)),
            }
        )
    if done is not None:
        return shape.model_copy(
            update={"account": done.account, "owner": done.owner, "chat": done.chat, "name": done.name}
        )
    if error is not None:
        return shape.model_copy(update={"fault": error.fault.value, "problem": str(error), "hint": error.hint})
    return shape
