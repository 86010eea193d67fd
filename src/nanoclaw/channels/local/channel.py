"""The local channel."""

import asyncio
import uuid
from dataclasses import dataclass

from nanoclaw.channels.contract import (
    Capabilities,
    ChannelError,
    ChannelState,
    ChannelStatus,
    Dialect,
    Receipt,
    Surroundings,
)
from nanoclaw.model.chats import ChannelName, ChatAddress, InboundMessage, Sender
from nanoclaw.model.turns import Reply

LOCAL = ChannelName("local")


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalMessage:
    """A message from this machine. ``client_id`` empty: a new message; else the same id twice is the same message."""

    chat: str
    text: str
    sender: str = ""
    client_id: str = ""


class LocalChannel:
    """Hands in what the control API is given. A reply is delivered by being readable in the store."""

    def __init__(self) -> None:
        self._surroundings: Surroundings | None = None

    @property
    def name(self) -> ChannelName:
        """``local``."""
        return LOCAL

    @property
    def capabilities(self) -> Capabilities:
        """A terminal shows Markdown as it is, and of any length."""
        return Capabilities(dialect=Dialect.MARKDOWN, text_limit=1_000_000, idempotent=True, typing=True, streams=True)

    def state(self) -> ChannelState:
        """Up while it runs."""
        return ChannelState(status=ChannelStatus.UP if self._surroundings else ChannelStatus.DOWN)

    async def run(self, surroundings: Surroundings) -> None:
        """Be there until cancelled."""
        self._surroundings = surroundings
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self._surroundings = None

    async def submit(self, message: LocalMessage) -> Receipt:
        """Take a message in. Whoever can reach the control socket is the owner; the name is only for show.

        Raises:
            ChannelError: the daemon is starting or stopping.
        """
        if self._surroundings is None:
            raise ChannelError("The local channel is not up", hint="Try again in a moment.")
        return await self._surroundings.accept(
            InboundMessage(
                address=ChatAddress(channel=LOCAL, chat=message.chat),
                external_id=message.client_id or str(uuid.uuid4()),
                sender=Sender(id="owner", name=message.sender or "You"),
                text=message.text,
                sent_at=self._surroundings.clock.now(),
            )
        )

    async def send(self, reply: Reply) -> str:
        """Nothing to carry: the outbox row is what readers read."""
        return reply.client_id

    async def show_typing(self, address: ChatAddress, *, typing: bool) -> None:
        """Watchers see the event itself."""
