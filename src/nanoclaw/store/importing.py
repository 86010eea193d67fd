"""Takes history, groups and tasks in from elsewhere, all in one transaction for each database.

What is taken in is history: its messages are before the chat's cursor, and its replies have been sent. Each row has the
name that it had there, so that taken in twice it is there once. Blocks; nobody else may have the home.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import apsw

from nanoclaw.model.chats import ChatAddress, Quote
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import Group, GroupFolder
from nanoclaw.model.tasks import NewTask, RunState, TaskState
from nanoclaw.store.connection import open_connection
from nanoclaw.store.errors import explained
from nanoclaw.store.groups import NewGroup, register
from nanoclaw.store.migrate import migrate, refuse_older
from nanoclaw.store.rows import group_from, storable
from nanoclaw.store.sql import load_queries, rows
from nanoclaw.store.tasks import add_task


@contextmanager
def taking_in(path: Path, of: str, *, keep: bool) -> Iterator[apsw.Connection]:
    """One transaction on a database, which is made if it is not there; undone unless ``keep``, or when something fails.

    Raises:
        OlderSchemaError, NewerSchemaError: it is of another version.
        StoreError: it cannot be written; nothing was.
    """
    with explained(path):
        connection = open_connection(path)
        try:
            refuse_older(connection, path, of)
            migrate(connection, path, of)
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT" if keep else "ROLLBACK")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
        finally:
            connection.close()


class History:
    """Groups, chats and messages that are taken in."""

    def __init__(self, connection: apsw.Connection, now: Milliseconds) -> None:
        self._connection = connection
        self._now = now
        self._groups = load_queries("groups")
        self._sql = load_queries("importing")

    def groups(self) -> tuple[Group, ...]:
        """Those that are registered here."""
        return tuple(group_from(row) for row in rows(self._connection, self._groups["all"]))

    def chat(self, address: ChatAddress) -> tuple[int, str | None] | None:
        """A chat's row, and the folder of the group that it belongs to; None when it has not been heard of."""
        for chat, folder in rows(self._connection, self._sql["chat_here"], _address(address)):
            return chat, folder
        return None

    def register(self, new: NewGroup) -> None:
        """Register a group; its folder and its chat must be free. Its chat is bound with it."""
        register(self._connection, new, self._now)

    def bind(self, folder: GroupFolder, address: ChatAddress, name: str) -> None:
        """Let a chat belong to a registered group."""
        group = rows(self._connection, self._groups["find"], {"folder": folder})[0][0]
        values = {**_address(address), "name": name, "group": group, "now": self._now}
        rows(self._connection, self._groups["bind_chat"], values)

    def hear_of(self, address: ChatAddress, name: str, at: Milliseconds) -> bool:
        """Know of a chat; False when it was known."""
        return bool(rows(self._connection, self._sql["hear_of"], {**_address(address), "name": name, "at": at}))

    def is_open(self, chat: int) -> bool:
        """Whether its agent has anything before it still."""
        return bool(rows(self._connection, self._sql["open_here"], {"chat": chat}))

    def pass_over(self, chat: int) -> None:
        """Nothing in the chat is put before its agent any more."""
        rows(self._connection, self._sql["pass_over"], {"chat": chat})

    def set_session(self, folder: GroupFolder, session: str) -> bool:
        """Let a group that has no conversation go on with this one; False when it has one."""
        group = rows(self._connection, self._groups["find"], {"folder": folder})[0][0]
        if rows(self._connection, self._groups["session"], {"group": group}):
            return False
        values = {"group": group, "session": session, "entry": None, "now": self._now}
        rows(self._connection, self._groups["set_session"], values)
        return True


class Pages:
    """The messages of one chat of one group, taken in one by one."""

    def __init__(self, connection: apsw.Connection, address: ChatAddress) -> None:
        self._connection = connection
        self._address = address
        self._sql = load_queries("importing")
        self.chat, folder = rows(connection, self._sql["chat_here"], _address(address))[0]
        self._group = rows(connection, load_queries("groups")["find"], {"folder": folder})[0][0]

    def incoming(self, name: str, sender: tuple[str, str], text: str, at: Milliseconds, quote: Quote | None) -> bool:
        """A message of a person, ``sender`` by id and name; False when it is there already."""
        quoted = {"sender": storable(quote.sender), "text": storable(quote.text)} if quote else None
        values = {
            "chat": self.chat,
            "external_id": name,
            "sender": sender[0],
            "name": sender[1],
            "text": text,
            "quote": json.dumps(quoted) if quoted else None,
            "at": at,
        }
        for (row,) in rows(self._connection, self._sql["add_incoming"], values):
            indexed = {"message": row, "text": text, "group": self._group}
            rows(self._connection, load_queries("inbox")["index_text"], indexed)
            return True
        return False

    def outgoing(self, name: str, text: str, at: Milliseconds) -> bool:
        """A reply that was sent; False when it is there already."""
        whole = json.dumps([self._address.channel, self._address.chat, name])
        digest = sha256(whole.encode()).hexdigest()[:32]
        values = {"chat": self.chat, "client_id": f"v1-{digest}", "text": text, "external_id": name, "at": at}
        for (row,) in rows(self._connection, self._sql["add_outgoing"], values):
            indexed = {"reply": row, "text": text, "chat": self.chat}
            rows(self._connection, load_queries("outbox")["index_text"], indexed)
            return True
        return False


class TaskBook:
    """Tasks and their runs that are taken in."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._sql = load_queries("task_importing")

    def known(self, folder: GroupFolder, created_at: Milliseconds) -> tuple[int, ...]:
        """The tasks of a group that were made at this moment: whatever became of them since, they are the same."""
        found = rows(self._connection, self._sql["known_tasks"], {"folder": folder, "created_at": created_at})
        return tuple(row[0] for row in found)

    def add(self, new: NewTask, state: TaskState, created_at: Milliseconds, next_at: Milliseconds | None) -> int:
        """A task; its row."""
        return int(add_task(self._connection, new, state, created_at, next_at).id)

    def add_run(
        self, task: int, at: Milliseconds, ended: Milliseconds, state: RunState, words: tuple[str, str]
    ) -> bool:
        """A run that is over, with its result and its error; False when it is there already."""
        values = {
            "task": task,
            "at": at,
            "finished_at": ended,
            "state": state,
            "result": words[0],
            "error": words[1],
        }
        return bool(rows(self._connection, self._sql["add_run"], values))


def _address(address: ChatAddress) -> dict[str, str]:
    return {"channel": address.channel, "address": address.chat}
