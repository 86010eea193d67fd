"""The channel while it runs: what it keeps on disk, and who does what with what the child says."""

import asyncio
import random
import secrets

from nanoclaw.channels.contract import ChannelState, ChannelStatus, PermanentSendError, Surroundings, TemporarySendError
from nanoclaw.channels.whatsapp.child_contract import Child, OrderFailedError
from nanoclaw.channels.whatsapp.crowd import Crowd
from nanoclaw.channels.whatsapp.fetching import Fetcher
from nanoclaw.channels.whatsapp.identities import Identities
from nanoclaw.channels.whatsapp.inbound import Inbound
from nanoclaw.channels.whatsapp.link import Incoming, Person, Probe, React, Standing, Typing
from nanoclaw.channels.whatsapp.options import WhatsAppOptions
from nanoclaw.channels.whatsapp.outbound import Outbound
from nanoclaw.channels.whatsapp.pace import Pace
from nanoclaw.channels.whatsapp.pairing import PhonePairing
from nanoclaw.channels.whatsapp.reader import Reader
from nanoclaw.channels.whatsapp.receipts import Receipts
from nanoclaw.channels.whatsapp.registered import Registered
from nanoclaw.channels.whatsapp.sent import SentIds
from nanoclaw.channels.whatsapp.standings import show
from nanoclaw.model.turns import Reply

_LOOK_SECONDS = 5.0
_FORBIDDEN_TO_BEGIN = 463
_STARTING = Standing(state="starting")


class Session:
    """One run of the channel."""

    def __init__(self, child: Child, options: WhatsAppOptions, surroundings: Surroundings) -> None:
        self._child = child
        self._options = options
        self._surroundings = surroundings
        self._clock = surroundings.clock
        self._standing, self._heard_at = _STARTING, self._clock.monotonic()
        self._shown: ChannelState | None = None
        folder = surroundings.directory
        self._book, self._sent, crowd = Identities(folder), SentIds(folder), Crowd()
        self._inbound = Inbound(
            book=self._book, crowd=crowd, sent=self._sent, options=options, folder=folder, clock=self._clock
        )
        self._receipts = Receipts(child.order)
        registered = Registered(book=self._book, conversations=surroundings.conversations)
        self._reader = Reader(
            inbound=self._inbound,
            registered=registered,
            fetcher=Fetcher(inbound=self._inbound, registered=registered, order=child.order, is_up=lambda: self._is_up),
            surroundings=surroundings,
            kept=child.kept,
            receipts=self._receipts if options.read_receipts else None,
        )
        self._outbound = Outbound(self._book, crowd, prefix=options.prefix)
        self._pace = Pace(
            clock=self._clock,
            chat_per_minute=options.chat_per_minute,
            all_per_minute=options.all_per_minute,
            chance=random.random,
        )
        self.pairing = PhonePairing(child.order)

    async def run(self) -> None:
        """Receive until cancelled.

        Raises:
            ChannelError: it can never work: see its text.
        """
        await asyncio.to_thread(self._book.open)
        try:
            await asyncio.to_thread(self._sent.open)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._child.run(), name="whatsapp-child")
                tasks.create_task(self._listen(tasks), name="whatsapp-listen")
                tasks.create_task(self._receipts.run(), name="whatsapp-receipts")
                tasks.create_task(self._watch(), name="whatsapp-watch")
        finally:
            self._book.close()
            self._sent.close()

    def state(self) -> ChannelState:
        """How it is at this moment."""
        return show(self._standing, self._clock.monotonic() - self._heard_at)

    @property
    def _is_up(self) -> bool:
        return self.state().status is ChannelStatus.UP

    async def send(self, reply: Reply) -> str:
        """See the contract of a channel."""
        self._must_be_up()
        order = self._outbound.order(reply, self._inbound.me)
        chat = reply.address.chat
        await self._pace.turn(chat, lambda: self.show_typing(chat, typing=True))
        try:
            done = await self._child.order(order)
        except OrderFailedError as error:
            raise _as_sending(error) from error
        self._sent.add(done.id)
        return done.id or reply.client_id

    async def show_typing(self, chat: str, *, typing: bool) -> None:
        """Best effort."""
        if not self._options.typing or not self._is_up or not self._outbound.may(chat):
            return
        try:
            await self._child.order(Typing(order=0, chat=chat, on=typing))
        except OrderFailedError:
            return

    async def probe(self) -> str:
        """See the contract of a channel.

        A server that answers questions may still swallow messages. So a message follows the question, to the account
        itself and encrypted as any other: it takes a reaction back that never was, of which telephones show nothing.
        """
        self._must_be_up()
        began, me = self._clock.monotonic(), self._inbound.me
        await self._child.order(Probe(order=0))
        name, nothing = f"proof-{secrets.token_hex(8)}", secrets.token_hex(9).upper()
        await self._child.order(
            React(order=0, client_id=name, chat=me.phone or me.lid, target=nothing, target_sender="", emoji="")
        )
        took = (self._clock.monotonic() - began) * 1000
        return f"WhatsApp's server took a message to this account itself, which is not shown, in {took:.0f} ms"

    def _must_be_up(self) -> None:
        state = self.state()
        if state.status is not ChannelStatus.UP:
            raise TemporarySendError(state.detail or "WhatsApp is not connected", hint=state.hint)

    async def _listen(self, tasks: asyncio.TaskGroup) -> None:
        """What is said of the connection is heard at once, also while a message waits for the disk."""
        incoming: asyncio.Queue[Incoming] = asyncio.Queue()
        tasks.create_task(self._read(incoming, tasks), name="whatsapp-read")
        async for said in self._child.events():
            if isinstance(said, Incoming):
                incoming.put_nowait(said)
                continue
            if isinstance(said, Standing):
                self._standing, self._heard_at = said, self._clock.monotonic()
                if said.me != Person():
                    self._inbound.me = said.me
                    self._book.settle(said.me)
            self.pairing.hear(said)
            self._tell()

    async def _read(self, incoming: "asyncio.Queue[Incoming]", tasks: asyncio.TaskGroup) -> None:
        while True:
            await self._reader.take(await incoming.get(), tasks)

    async def _watch(self) -> None:
        """A connection that nothing proves any more goes down by the clock alone."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            self._tell()

    def _tell(self) -> None:
        state = self.state()
        if state != self._shown:
            self._shown = state
            self._surroundings.state_changed()


def _as_sending(error: OrderFailedError) -> TemporarySendError | PermanentSendError:
    if error.code == _FORBIDDEN_TO_BEGIN:
        return PermanentSendError(
            "WhatsApp does not let this account begin a conversation with this person",
            hint="Ask them to write first, or begin the conversation on the telephone.",
        )
    if error.again or error.unsure:
        return TemporarySendError(str(error), hint=error.hint)
    return PermanentSendError(str(error), hint=error.hint)
