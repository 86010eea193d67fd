"""Erase a temporary group: every row of it and of what was said in it. Nothing of another group can be erased here."""

import apsw

from nanoclaw.model.groups import GroupFolder
from nanoclaw.store.database import Database
from nanoclaw.store.sql import load_queries, rows

_MESSAGES = (
    "forget_incoming_words",
    "forget_outgoing_words",
    "unlink_messages",
    "erase_replies",
    "erase_questions",
    "erase_turns",
    "erase_messages",
    "keep_costs",
    "erase_calls",
    "erase_session",
    "erase_chat_sessions",
    "erase_changes",
    "erase_roles",
    "erase_dropped",
    "erase_chats",
    "erase_group",
)
"""In the order in which rows refer to one another."""


class Erasing:
    """Works on both databases. The group's row goes last: what was broken off is found by it, and done again."""

    def __init__(self, database: Database, tasks: Database) -> None:
        self._database = database
        self._tasks = tasks
        self._sql = load_queries("erasing")
        self._of_tasks = load_queries("tasks")

    async def erase(self, folder: GroupFolder) -> bool:
        """Erase a group with its chats; False when there is no temporary group of this name."""

        def of_tasks(connection: apsw.Connection) -> None:
            for name in ("erase_runs", "erase_tasks"):
                rows(connection, self._of_tasks[name], {"folder": folder})

        def of_messages(connection: apsw.Connection, group: int) -> None:
            for name in _MESSAGES:
                rows(connection, self._sql[name], {"group": group})

        found = await self._database.read(
            lambda connection: rows(connection, self._sql["temporary"], {"folder": folder})
        )
        for (group,) in found:
            await self._tasks.write(of_tasks)
            await self._database.write(lambda connection, group=group: of_messages(connection, group))  # type: ignore[misc]
        return bool(found)
