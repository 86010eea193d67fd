"""Carry replies out: one at a time for each chat, in order, until the network has them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from nanoclaw.channels.contract import Channel, ChannelError, ChannelStatus, PermanentSendError, TemporarySendError
from nanoclaw.delivery.adapt import adapt, plain_words
from nanoclaw.events.broadcast import Broadcast
from nanoclaw.events.kinds import ReplySent
from nanoclaw.events.measures import Measure, Observe, unobserved
from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.clock import Clock, Milliseconds
from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.turns import Reply, ReplyKind
from nanoclaw.store.outbox import Outbox

logger = logging.getLogger(__name__)

_SEND_SECONDS = 120
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 300.0
_TRIES = 300
_ALERT_AFTER = 5
_STORE_WAIT = 2.0
_LOOK_AGAIN = 5.0
"""Repairs a missed :meth:`Courier.wake_channel`: a channel may come up without saying so."""
_STALE = 7 * 86_400_000
"""Milliseconds after which nobody wants to read it any more."""


class Courier:
    """Delivers the outbox."""

    def __init__(
        self,
        outbox: Outbox,
        channels: Mapping[ChannelName, Channel],
        broadcast: Broadcast,
        clock: Clock,
        *,
        alert: Callable[[str, str], Awaitable[None]],
        observe: Observe = unobserved,
    ) -> None:
        self._outbox = outbox
        self._channels = channels
        self._broadcast = broadcast
        self._clock = clock
        self._alert = alert
        self._observe = observe
        self._rounds: dict[ChatAddress, asyncio.Event] = {}
        self._quiet = asyncio.Event()
        self._tasks: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Deliver until cancelled, beginning with what an earlier daemon left."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            for address in await self._outbox.waiting_chats():
                self.wake(address)
            await asyncio.get_running_loop().create_future()

    def wake(self, address: ChatAddress) -> None:
        """There is something for this chat."""
        event = self._rounds.get(address)
        if event is not None:
            event.set()
        elif self._tasks is not None:
            self._rounds[address] = asyncio.Event()
            self._tasks.create_task(self._serve(address), name=f"deliver-{address.channel}")

    def wake_channel(self, name: ChannelName) -> None:
        """What waits for this channel may be tried."""
        for address, event in self._rounds.items():
            if address.channel == name:
                event.set()

    async def drain(self, seconds: float) -> None:
        """Wait until nothing is being delivered that can be, for so long at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while any(self._ready(address.channel) for address in self._rounds):
                    self._quiet.clear()
                    await self._quiet.wait()

    async def _serve(self, address: ChatAddress) -> None:
        """Deliver one chat's replies until there are none."""
        event = self._rounds[address]
        try:
            while True:
                event.clear()
                wait = await self._try_next(address)
                if wait is None and not event.is_set():
                    return
                if wait:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(wait):
                            await event.wait()
        finally:
            self._rounds.pop(address, None)
            self._quiet.set()

    async def _try_next(self, address: ChatAddress) -> float | None:
        try:
            return await self._next(address)
        except NanoclawError as error:
            # The outbox could not be read or written: what is in it stays, and nobody else would come back for it.
            logger.error("delivery waits for the store", extra={"channel": address.channel, "error": str(error)})  # noqa: TRY400
            return _STORE_WAIT

    async def _next(self, address: ChatAddress) -> float | None:
        """Deliver one reply; the seconds to wait before the next, None when there is none."""
        if not self._ready(address.channel):
            # A channel that is down for days must not use up the tries of what waits for it.
            return None if await self._outbox.next_attempt(address) is None else _LOOK_AGAIN
        reply = await self._outbox.take(address)
        if reply is None:
            due = await self._outbox.next_attempt(address)
            return None if due is None else max(0.05, (due - self._clock.now()) / 1000)
        if self._clock.now() - reply.created_at > _STALE:
            await self._drop(reply, TemporarySendError("it had waited for a week"))
            return 0
        try:
            carried = await self._adapted(reply)
            external_id = "" if carried is None else await self._send(carried)
        except PermanentSendError as error:
            await self._drop(reply, error)
            return 0
        except ChannelError as error:
            return await self._later(reply, error)
        await self._outbox.sent(reply.id, external_id)
        self._observe(Measure.DELIVERY, label="sent")
        if carried is not None:
            said = plain_words(carried.text, carried.kind, carried.file)
            self._broadcast.publish(
                ReplySent(address=address, reply=reply.id, turn=reply.turn, text=said, kind=carried.kind)
            )
        return 0

    def _ready(self, name: ChannelName) -> bool:
        """Not while the channel itself says that it is not up."""
        channel = self._channels.get(name)
        try:
            return channel is None or channel.state().status is ChannelStatus.UP
        except Exception:  # noqa: BLE001 - the boundary around code of others: sending will tell what is wrong
            return True

    def _channel(self, name: ChannelName) -> Channel:
        channel = self._channels.get(name)
        if channel is None:
            raise TemporarySendError(f"The channel {name} is not enabled", hint="Enable it again.")
        return channel

    async def _adapted(self, reply: Reply) -> Reply | None:
        """As its channel can carry it; None when there is nothing to carry, which counts as sent."""
        capabilities = self._channel(reply.address.channel).capabilities
        now = self._clock.now()
        if reply.kind is ReplyKind.TEXT:
            return adapt(reply, capabilities, now)
        return await asyncio.to_thread(adapt, reply, capabilities, now)

    async def _send(self, reply: Reply) -> str:
        """Hand it to its channel; whatever goes wrong there is a ChannelError."""
        channel = self._channel(reply.address.channel)
        began = self._clock.monotonic()
        try:
            async with asyncio.timeout(_SEND_SECONDS):
                return await channel.send(reply)
        except ChannelError:
            raise
        except TimeoutError as error:
            raise TemporarySendError(f"It was not sent within {_SEND_SECONDS} seconds") from error
        except Exception as error:
            # The boundary around code of others: whatever breaks in a channel may pass, and is no other chat's matter.
            kind = type(error).__name__
            raise TemporarySendError(f"The channel broke while sending ({kind})") from error
        finally:
            self._observe(Measure.SEND, self._clock.monotonic() - began)

    async def _later(self, reply: Reply, error: Exception) -> float:
        if reply.attempts >= _TRIES:
            await self._drop(reply, error)
            return 0
        asked = error.after if isinstance(error, TemporarySendError) else 0.0
        wait: float = max(asked, min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(reply.attempts - 1, 20)))
        at = Milliseconds(self._clock.now() + int(wait * 1000))
        await self._outbox.retry(reply.id, not_before=at, error=str(error))
        self._observe(Measure.DELIVERY, label="put off")
        if reply.attempts == _ALERT_AFTER:
            await self._alert(f"A reply cannot be delivered on {reply.address.channel} yet: {error}", "It is tried on.")
        return wait

    async def _drop(self, reply: Reply, error: Exception) -> None:
        await self._outbox.failed(reply.id, str(error))
        self._observe(Measure.DELIVERY, label="given up")
        await self._alert(f"A reply could not be delivered on {reply.address.channel}: {error}", "It was given up.")
