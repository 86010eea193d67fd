"""Outgoing messages: ``pending → sending → sent | failed``, in order per chat.

A reply found ``sending`` after a restart may or may not have reached the network: it is sent again under the same
client id, which a network that honours such ids shows once.
"""

import apsw

from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.clock import Clock, Milliseconds
from nanoclaw.model.turns import Reply, ReplyId, TurnId
from nanoclaw.store.database import Database
from nanoclaw.store.sql import load_queries, rows


class Outbox:
    """What is still to be delivered."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._sql = load_queries("outbox")

    async def add(self, address: ChatAddress, text: str, *, client_id: str) -> bool:
        """Queue a message that belongs to no turn; the same client id twice queues one. False: no such chat."""

        def work(connection: apsw.Connection) -> bool:
            values = {"channel": address.channel, "address": address.chat}
            for (chat,) in rows(connection, self._sql["chat_id"], values):
                row = {
                    "chat": chat,
                    "turn": None,
                    "client_id": client_id,
                    "text": text,
                    "now": self._clock.now(),
                }
                rows(connection, self._sql["add"], row)
                return True
            return False

        return await self._database.write(work)

    async def waiting_chats(self) -> tuple[ChatAddress, ...]:
        """Chats with something to deliver."""
        found = await self._database.read(lambda connection: rows(connection, self._sql["waiting_chats"]))
        return tuple(ChatAddress(channel=ChannelName(channel), chat=chat) for channel, chat in found)

    async def take(self, address: ChatAddress) -> Reply | None:
        """The chat's oldest undelivered message, now ``sending``; None while it must wait or there is none."""
        values = {"channel": address.channel, "address": address.chat, "now": self._clock.now()}

        def work(connection: apsw.Connection) -> Reply | None:
            for identity, turn, client_id, text, attempts, created in rows(connection, self._sql["take"], values):
                return Reply(
                    id=ReplyId(identity),
                    address=address,
                    turn=TurnId(turn) if turn else None,
                    client_id=client_id,
                    text=text,
                    attempts=attempts,
                    created_at=Milliseconds(created),
                )
            return None

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
