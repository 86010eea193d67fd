"""Questions to people: ``open → answered → settled``, or ``expired``.

An answer is a message, so it is stored by the inbox in the transaction that stores the message.
"""

import json
from collections.abc import Sequence
from typing import Any

import apsw

from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.clock import Clock, Milliseconds
from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.groups import GroupFolder
from nanoclaw.model.questions import NewQuestion, Question, QuestionId, QuestionPurpose, QuestionState
from nanoclaw.store.database import Database
from nanoclaw.store.sql import load_queries, rows


class NoSuchChatError(NanoclawError):
    """A question's group or chat is not registered."""


class Questions:
    """Asks, and keeps what came of it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._sql = load_queries("questions")

    async def ask(self, new: NewQuestion) -> Question:
        """Keep a question; the one that was asked under the same key, if there is one.

        Raises:
            NoSuchChatError: its group or its chat is not registered.
        """

        def work(connection: apsw.Connection) -> Question:
            values = {
                "key": new.key,
                "purpose": new.purpose,
                "folder": new.group,
                "channel": new.address.channel,
                "address": new.address.chat,
                "text": new.text,
                "options": json.dumps(new.options),
                "subject": new.subject,
                "now": self._clock.now(),
                "expires_at": new.expires_at,
            }
            rows(connection, self._sql["ask"], values)
            found = rows(connection, self._sql["by_key"], values)
            if not found:
                raise NoSuchChatError(f"There is no group {new.group!r} with that chat")
            return question_from(found[0])

        return await self._database.write(work)

    async def get(self, question: QuestionId) -> Question | None:
        """One question."""
        found = await self._database.read(lambda connection: rows(connection, self._sql["get"], {"id": question}))
        return question_from(found[0]) if found else None

    async def open_in(self, group: GroupFolder) -> tuple[Question, ...]:
        """A group's open questions, the newest first."""
        values = {"folder": group, "now": self._clock.now()}
        found = await self._database.read(lambda connection: rows(connection, self._sql["open_in"], values))
        return tuple(question_from(row) for row in found)

    async def asked_about(self, purpose: QuestionPurpose, group: GroupFolder, subject: str) -> Question | None:
        """The newest question of a purpose about this subject."""
        values = {"purpose": purpose, "folder": group, "subject": subject}
        found = await self._database.read(lambda connection: rows(connection, self._sql["about"], values))
        return question_from(found[0]) if found else None

    async def answered(self) -> tuple[Question, ...]:
        """Questions whose answer has not been acted on yet, oldest first."""
        found = await self._database.read(lambda connection: rows(connection, self._sql["answered"]))
        return tuple(question_from(row) for row in found)

    async def settled(self, question: QuestionId) -> None:
        """What follows from the answer has been done."""
        await self._database.write(lambda connection: rows(connection, self._sql["settle"], {"id": question}))

    async def expire(self) -> tuple[Question, ...]:
        """Close the questions whose time is over, and say which they are."""
        values = {"now": self._clock.now()}
        found = await self._database.write(lambda connection: rows(connection, self._sql["expire"], values))
        closed = [await self.get(QuestionId(identity)) for (identity,) in found]
        return tuple(question for question in closed if question is not None)

    async def next_expiry(self) -> Milliseconds | None:
        """When the next open question expires."""
        found = await self._database.read(lambda connection: rows(connection, self._sql["next_expiry"]))
        return Milliseconds(found[0][0]) if found[0][0] is not None else None


def question_from(row: Sequence[Any]) -> Question:
    """From the columns that every query of ``questions.sql`` returns."""
    identity, purpose, folder, channel, chat, text, options, subject, state, expires_at, answer = row[:11]
    return Question(
        id=QuestionId(identity),
        purpose=QuestionPurpose(purpose),
        group=GroupFolder(folder),
        address=ChatAddress(channel=ChannelName(channel), chat=chat),
        text=text,
        options=tuple(json.loads(options)),
        subject=subject,
        state=QuestionState(state),
        expires_at=Milliseconds(expires_at),
        answer=answer,
    )
