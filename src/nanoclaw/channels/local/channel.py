"""The local channel."""

import asyncio
import mimetypes
import uuid
from dataclasses import dataclass
from pathlib import Path

from nanoclaw.channels.contract import (
    Capabilities,
    ChannelError,
    ChannelState,
    ChannelStatus,
    Dialect,
    Receipt,
    Surroundings,
)
from nanoclaw.channels.spool import Spool
from nanoclaw.model.chats import ChannelName, ChatAddress, InboundMessage, IncomingFile, Sender
from nanoclaw.model.turns import Reply

LOCAL = ChannelName("local")
_ANY_SIZE = 2**63


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalMessage:
    """A message from this machine. ``client_id`` empty: a new message; else the same id twice is the same message.

    ``files`` are absolute paths, read before the message is stored.
    """

    chat: str
    text: str
    sender: str = ""
    client_id: str = ""
    files: tuple[Path, ...] = ()


class LocalChannel:
    """Hands in what the control API is given. A reply is delivered by being readable in the store."""

    def __init__(self) -> None:
        self._surroundings: Surroundings | None = None
        self._spool: Spool | None = None

    @property
    def name(self) -> ChannelName:
        """``local``."""
        return LOCAL

    @property
    def capabilities(self) -> Capabilities:
        """A terminal shows Markdown as it is, and of any length, and says where a file lies, however large."""
        return Capabilities(
            dialect=Dialect.MARKDOWN,
            text_limit=1_000_000,
            idempotent=True,
            typing=True,
            streams=True,
            files=True,
            file_limit=_ANY_SIZE,
        )

    def state(self) -> ChannelState:
        """Up while it runs."""
        return ChannelState(status=ChannelStatus.UP if self._surroundings else ChannelStatus.DOWN)

    async def run(self, surroundings: Surroundings) -> None:
        """Be there until cancelled.

        Raises:
            ChannelError: there is no place for incoming files.
        """
        spool = Spool(surroundings.directory)
        await asyncio.to_thread(spool.open)
        self._spool, self._surroundings = spool, surroundings
        surroundings.state_changed()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self._surroundings = self._spool = None
            surroundings.state_changed()

    async def submit(self, message: LocalMessage) -> Receipt:
        """Take a message in. Whoever can reach the control socket is the owner; the name is only for show.

        Raises:
            ChannelError: the daemon is starting or stopping, or a file cannot be read.
        """
        if self._surroundings is None or self._spool is None:
            raise ChannelError("The local channel is not up", hint="Try again in a moment.")
        surroundings, spool = self._surroundings, self._spool
        files: list[IncomingFile] = []
        try:
            for path in message.files:
                # One by one: when the next fails, those before it are still thrown away.
                files.append(await spool.copy(path, _media_type(path)))  # noqa: PERF401
            return await surroundings.accept(
                InboundMessage(
                    address=ChatAddress(channel=LOCAL, chat=message.chat),
                    external_id=message.client_id or str(uuid.uuid4()),
                    sender=Sender(id="owner", name=message.sender or "You"),
                    text=message.text,
                    sent_at=surroundings.clock.now(),
                    files=tuple(files),
                )
            )
        finally:
            spool.discard(files)

    async def send(self, reply: Reply) -> str:
        """Nothing to carry: the outbox row is what readers read."""
        return reply.client_id

    async def show_typing(self, address: ChatAddress, *, typing: bool) -> None:
        """Watchers see the event itself."""


def _media_type(path: Path) -> str:
    return mimetypes.guess_type(path.name)[0] or "application/octet-stream"
