"""Voice notes that have yet to be written down. Turns of their chat wait for it; a restart finds them again."""

from collections.abc import Callable
from dataclasses import dataclass

import apsw

from nanoclaw.model.chats import MessageId
from nanoclaw.model.clock import Clock
from nanoclaw.model.groups import Group
from nanoclaw.store.database import Database
from nanoclaw.store.inbox import queue_turn
from nanoclaw.store.rows import group_from
from nanoclaw.store.sql import load_queries, rows


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceNote:
    """One, by its message; ``path`` is below the group's folder."""

    message: MessageId
    group: Group
    path: str


class Voices:
    """What waits to be written down."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._sql = load_queries("inbox")

    async def waiting(self) -> tuple[VoiceNote, ...]:
        """All that wait, oldest first."""
        found = await self._database.read(lambda connection: rows(connection, self._sql["voices"]))
        return tuple(VoiceNote(message=MessageId(row[0]), path=row[1], group=group_from(row[2:])) for row in found)

    async def write_down(self, note: VoiceNote, words: str, *, wakes: Callable[[Group], bool]) -> None:
        """Put words below the text of a note's message, and let the turns of its chat go on.

        ``wakes``: whether what was said is for the assistant; then it is answered. Nothing happens to a message that
        was taken back, or was written down already.
        """

        def work(connection: apsw.Connection) -> None:
            values = {"message": note.message, "words": words}
            for text, chat, woke in rows(connection, self._sql["write_down"], values):
                rows(connection, load_queries("changes")["forget_text"], values)
                rows(connection, self._sql["index_text"], {**values, "text": text, "group": note.group.id})
                if not woke and wakes(note.group):
                    rows(connection, self._sql["mark_woke"], values)
                    queue_turn(connection, (chat, note.group.id), note.message, self._clock.now())

        await self._database.write(work)
