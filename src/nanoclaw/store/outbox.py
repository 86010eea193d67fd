"""Outgoing messages: ``pending → sending → sent | failed``, in order per chat.

A reply found ``sending`` after a restart may or may not have reached the network: it is sent again under the same
client id, which a network that honours such ids shows once.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import apsw

from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.clock import Clock, Milliseconds
from nanoclaw.model.groups import GroupFolder
from nanoclaw.model.turns import NewOutgoing, OutgoingFile, QuotedMessage, Reply, ReplyId, ReplyKind, ReplyState, TurnId
from nanoclaw.store.database import Database
from nanoclaw.store.sql import load_queries, rows

ALSO = "-also"
"""Ends the id of the owner's news in a second chat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of an outgoing message; ``error``: why it was not sent, the last time that was tried."""

    state: ReplyState
    error: str


class Outbox:
    """What is still to be delivered."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._sql = load_queries("outbox")

    async def add(self, address: ChatAddress, text: str, *, client_id: str) -> bool:
        """Queue a text that belongs to no turn; the same client id twice queues one. False: no such chat."""
        return await self.queue(NewOutgoing(address=address, client_id=client_id, text=text)) is not None

    async def queue(self, new: NewOutgoing) -> ReplyId | None:
        """Queue a message; the one that has this client id already, if there is one. None: no such chat."""

        def work(connection: apsw.Connection) -> ReplyId | None:
            values = {"channel": new.address.channel, "address": new.address.chat}
            for (chat,) in rows(connection, self._sql["chat_id"], values):
                return put_out(connection, chat, new, self._clock.now())
            return None

        return await self._database.write(work)

    async def place_of(self, group: GroupFolder, reply: int) -> ChatAddress | None:
        """The chat of one of the assistant's own texts, if it is a chat of this group's."""
        values = {"folder": group, "reply": reply}
        found = await self._database.read(lambda connection: rows(connection, self._sql["place_of"], values))
        return ChatAddress(channel=ChannelName(found[0][0]), chat=found[0][1]) if found else None

    async def newest(self, address: ChatAddress) -> ReplyId | None:
        """The assistant's newest text in a chat."""
        values = {"channel": address.channel, "address": address.chat}
        found = await self._database.read(lambda connection: rows(connection, self._sql["last_of"], values))
        return ReplyId(found[0][0]) if found else None

    async def waiting_chats(self) -> tuple[ChatAddress, ...]:
        """Chats with something to deliver."""
        found = await self._database.read(lambda connection: rows(connection, self._sql["waiting_chats"]))
        return tuple(ChatAddress(channel=ChannelName(channel), chat=chat) for channel, chat in found)

    async def waiting_news(self, channel: ChannelName) -> tuple[NewOutgoing, ...]:
        """What the owner is to be told, and was not yet, because it waits for this channel; the oldest few."""
        values = {"channel": channel}
        found = await self._database.read(lambda connection: rows(connection, self._sql["waiting_news"], values))
        anywhere = ChatAddress(channel=channel, chat="")
        return tuple(NewOutgoing(address=anywhere, client_id=client_id, text=text) for client_id, text in found)

    async def fate(self, client_id: str) -> "Fate":
        """What became of a message; LookupError when there is no such message."""
        found = await self._database.read(
            lambda connection: rows(connection, self._sql["fate"], {"client_id": client_id})
        )
        ((state, error),) = found
        return Fate(state=ReplyState(state), error=error)

    async def withdraw(self, client_id: str, why: str) -> str:
        """Do not send a message that was not sent yet; the error of the last try, "" if there was none."""
        values = {"client_id": client_id, "why": why}
        found = await self._database.write(lambda connection: rows(connection, self._sql["withdraw"], values))
        return "" if not found or found[0][0] == why else str(found[0][0])

    async def take(self, address: ChatAddress) -> Reply | None:
        """The chat's oldest undelivered message, now ``sending``; None while it must wait or there is none."""
        values = {"channel": address.channel, "address": address.chat, "now": self._clock.now()}

        def work(connection: apsw.Connection) -> Reply | None:
            found = rows(connection, self._sql["take"], values)
            return _reply(address, found[0]) if found else None

        return await self._database.write(work)

    async def next_attempt(self, address: ChatAddress) -> Milliseconds | None:
        """When the chat's oldest undelivered message may be tried again; None when there is none."""
        values = {"channel": address.channel, "address": address.chat}
        found = await self._database.read(lambda connection: rows(connection, self._sql["next_attempt"], values))
        return Milliseconds(found[0][0]) if found else None

    async def sent(self, reply: ReplyId, external_id: str) -> None:
        """The network has it."""
        await self._do("sent", {"reply": reply, "external_id": external_id, "now": self._clock.now()})

    async def retry(self, reply: ReplyId, *, not_before: Milliseconds, error: str) -> None:
        """Sending failed for now."""
        await self._do("retry", {"reply": reply, "not_before": not_before, "error": error})

    async def failed(self, reply: ReplyId, error: str) -> None:
        """It can never be delivered; later messages of the chat go on."""
        await self._do("failed", {"reply": reply, "error": error})

    async def _do(self, query: str, values: dict[str, object]) -> None:
        await self._database.write(lambda connection: rows(connection, self._sql[query], values))


def put_out(connection: apsw.Connection, chat: int, new: NewOutgoing, now: Milliseconds) -> ReplyId:
    """Add a row to the outbox inside a transaction of the caller's; the row of the same client id, if there is one."""
    sql = load_queries("outbox")
    file = new.file
    values = {
        "chat": chat,
        "turn": new.turn,
        "client_id": new.client_id,
        "text": new.text,
        "now": now,
        "kind": new.kind,
        "file": json.dumps({name: getattr(file, name) for name in OutgoingFile.__slots__}) if file else None,
        "target_message": new.target_message,
        "target_reply": new.target_reply,
        "question": new.question,
    }
    for (reply,) in rows(connection, sql["add"], values):
        if new.kind is not ReplyKind.REACTION:
            rows(connection, sql["index_text"], {"reply": reply, "text": new.text, "chat": chat})
        return ReplyId(reply)
    return ReplyId(rows(connection, sql["by_client_id"], values)[0][0])


def _reply(address: ChatAddress, row: Sequence[Any]) -> Reply:
    identity, turn, client_id, text, attempts, created, kind, file, target, target_at, options, quote = row
    return Reply(
        id=ReplyId(identity),
        address=address,
        turn=TurnId(turn) if turn else None,
        client_id=client_id,
        text=text,
        attempts=attempts,
        created_at=Milliseconds(created),
        kind=ReplyKind(kind),
        target=target or "",
        target_at=Milliseconds(target_at) if target_at else None,
        file=OutgoingFile(**json.loads(file)) if file else None,
        choices=tuple(json.loads(options)) if options else (),
        quote=QuotedMessage(**json.loads(quote)) if quote else None,
    )
