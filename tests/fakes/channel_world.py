"""What a composition root gives a channel, in memory: a store that forgets, chats that do as told."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nanoclaw.channels.contract import ChatCard, ChatLine, Receipt, Surroundings
from nanoclaw.events.broadcast import Broadcast
from nanoclaw.events.kinds import Event, MessageArrived, ReplySent, TextStreamed, TurnChanged, TypingChanged
from nanoclaw.model.chats import Attachment, ChannelName, ChatAddress, InboundChange, InboundMessage, MessageId
from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.groups import GroupFolder
from nanoclaw.model.turns import Reply, ReplyId, TurnId, TurnState
from tests.fakes.clocks import ShiftedClock


@dataclass(slots=True)
class _Chat:
    card: ChatCard
    lines: list[ChatLine] = field(default_factory=list)


class ChannelWorld:
    """Keeps a channel's messages and replies, as the store would, and tells its watchers.

    ``durable`` is set when the disk works; while it is cleared, ``accept`` waits. ``refusal``: what ``accept`` raises.
    """

    def __init__(self, channel: str, directory: Path, *, chats: Mapping[str, str], options: Mapping[str, Any]) -> None:
        self.channel = ChannelName(channel)
        self.clock = ShiftedClock()
        self.broadcast = Broadcast()
        self.durable = asyncio.Event()
        self.durable.set()
        self.refusal: NanoclawError | None = None
        self.accepting = asyncio.Event()
        self.accepted: list[InboundMessage] = []
        self.receipts: list[Receipt] = []
        self.changes: list[InboundChange] = []
        self.state_changes = 0
        self.received: dict[str, bytes] = {}
        """The content of the files that came in, by their names."""
        self.expected: list[ChatAddress] = []
        self.interrupted: list[ChatAddress] = []
        self.watchers = 0
        self._directory = directory
        self._options = options
        self._chats = {chat: _Chat(ChatCard(chat=chat, name=name, folder=chat.lower())) for chat, name in chats.items()}
        self._known: dict[tuple[str, str], Receipt] = {}
        self._sent_as: dict[str, str] = {}
        self._turns = 0
        self._replies = 0

    def surroundings(self) -> Surroundings:
        """As the root hands them to ``Channel.run``."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Surroundings(
            accept=self.accept,
            change=self.change,
            state_changed=self._state_changed,
            conversations=self,
            clock=self.clock,
            directory=self._directory,
            options=self._options,
        )

    def at_port(self, port: int) -> Surroundings:
        """The same world again after a restart, when a browser still knows the port."""
        return replace(self.surroundings(), options={**self._options, "port": port})

    def address(self, chat: str) -> ChatAddress:
        return ChatAddress(channel=self.channel, chat=chat)

    async def accept(self, message: InboundMessage) -> Receipt:
        self.accepting.set()
        await self.durable.wait()
        if self.refusal is not None:
            raise self.refusal
        message.text.encode()  # no database stores what is no text
        receipt = self._store(message)
        self.receipts.append(receipt)
        return receipt

    async def change(self, change: InboundChange) -> None:
        """Keep what was done to an earlier message."""
        await self.durable.wait()
        if self.refusal is not None:
            raise self.refusal
        self.changes.append(change)

    def _state_changed(self) -> None:
        self.state_changes += 1

    def _store(self, message: InboundMessage) -> Receipt:
        chat = self._chats.get(message.address.chat)
        key = (message.address.chat, message.external_id)
        if chat is None:
            return Receipt(message=MessageId(0), duplicate=False, turn=None, registered=False)
        if key in self._known:
            return replace(self._known[key], duplicate=True)
        self._turns += 1
        number = MessageId(len(self._known) + 1)
        receipt = Receipt(message=number, duplicate=False, turn=TurnId(self._turns), registered=True)
        self._known[key] = receipt
        self.accepted.append(message)
        chat.lines.append(
            ChatLine(
                id=f"in-{number}",
                at=self.clock.now(),
                direction="in",
                sender=message.sender.name,
                text=message.text,
                state="queued",
                name=message.external_id,
                attachments=tuple(
                    Attachment(name=file.name, media_type=file.media_type, path=f"inbox/{file.name}")
                    for file in message.files
                ),
            )
        )
        self.received.update({file.name: Path(file.path).read_bytes() for file in message.files})
        self._close_question(chat, message)
        self.publish(
            MessageArrived(address=message.address, message=number, sender=message.sender.name, text=message.text)
        )
        return receipt

    def _close_question(self, chat: _Chat, message: InboundMessage) -> None:
        chat.lines[:] = [
            replace(line, choices=()) if message.answers and line.name == message.answers else line
            for line in chat.lines
        ]

    def compose(self, chat: str, text: str, *, turn: int | None = None, **special: Any) -> Reply:
        """A reply that waits in the outbox; ``special``: its kind, target, file and choices."""
        self._replies += 1
        reply = Reply(
            id=ReplyId(self._replies),
            address=self.address(chat),
            turn=TurnId(turn) if turn else None,
            client_id=f"reply-{self._replies}",
            text=text,
            attempts=1,
            created_at=self.clock.now(),
            **special,
        )
        lines = self._chats[chat].lines
        lines.append(
            ChatLine(
                id=f"out-{reply.id}",
                at=self.clock.now(),
                direction="out",
                sender="Andy",
                text=text,
                state="sending",
                name=reply.client_id,
                kind=reply.kind,
                target=next((line.id for line in lines if reply.target and reply.target in self._names(line)), ""),
                file=reply.file,
                choices=reply.choices,
            )
        )
        return reply

    def _names(self, line: ChatLine) -> set[str]:
        return {line.name, self._sent_as.get(line.name, line.name)}

    def delivered(self, reply: Reply, external_id: str = "") -> None:
        """What the delivery notes after ``send`` returned: the network's id, if it is not the client's."""
        self._sent_as[reply.client_id] = external_id or reply.client_id
        self.mark(reply.address.chat, f"out-{reply.id}", "sent")
        self.publish(
            ReplySent(address=reply.address, reply=reply.id, turn=reply.turn, text=reply.text, kind=reply.kind)
        )

    def mark(self, chat: str, line: str, state: str) -> None:
        """Put one line, ``in-N`` or ``out-N``, into another state."""
        lines = self._chats[chat].lines
        lines[:] = [replace(one, state=state) if one.id == line else one for one in lines]

    def turn(self, chat: str, turn: int, state: TurnState) -> None:
        """A turn of this chat, whose number is that of the message that woke it, enters a state."""
        self.mark(chat, f"in-{turn}", state)
        address = self.address(chat)
        self.publish(TurnChanged(address=address, group=GroupFolder("main"), turn=TurnId(turn), state=state))
        working = state is TurnState.RUNNING
        self.publish(TypingChanged(address=address, typing=working))

    def stream(self, chat: str, turn: int, text: str) -> None:
        """The model writes."""
        self.publish(TextStreamed(address=self.address(chat), turn=TurnId(turn), text=text))

    def publish(self, event: Event) -> None:
        self.broadcast.publish(event)

    def lines(self, chat: str) -> list[ChatLine]:
        return list(self._chats[chat].lines)

    async def chats(self, channel: ChannelName) -> tuple[ChatCard, ...]:
        return tuple(chat.card for chat in self._chats.values()) if channel == self.channel else ()

    async def history(self, address: ChatAddress, *, limit: int) -> tuple[ChatLine, ...]:
        return tuple(self._chats[address.chat].lines[-limit:])

    async def line(self, address: ChatAddress, line: str) -> ChatLine | None:
        return next((one for one in self._chats[address.chat].lines if one.id == line), None)

    @contextmanager
    def watch(self, address: ChatAddress) -> Iterator[AsyncIterator[Event]]:
        with self.broadcast.subscribe() as subscription:

            async def events() -> AsyncIterator[Event]:
                async for event in subscription:
                    if event.address == address:
                        yield event

            self.watchers += 1
            try:
                yield events()
            finally:
                self.watchers -= 1

    async def expect(self, address: ChatAddress) -> None:
        self.expected.append(address)

    async def interrupt(self, address: ChatAddress) -> bool:
        self.interrupted.append(address)
        return len(self.interrupted) == 1
