"""Reads the database of NanoClaw v1, the TypeScript program, in any of the shapes that it had.

Its columns came one by one, so each is asked for only where it is there. Nothing in it is trusted: SQLite lets a column
hold anything, and much of it was written by agents and strangers.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import apsw

from nanoclaw.model.chats import Quote
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.errors import NanoclawError
from nanoclaw.store.errors import explained
from nanoclaw.store.files import require_whole

_NEEDED = {"chats": {"jid"}, "messages": {"id", "chat_jid", "content", "timestamp"}}
_NOT_A_CHAT = "__group_sync__"


class NotV1Error(NanoclawError):
    """This is no database of NanoClaw v1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class V1Group:
    """A registered chat. ``requires_trigger`` is None where nobody said."""

    jid: str
    name: str
    folder: str
    trigger: str
    requires_trigger: bool | None = None
    is_main: bool = False
    mounts: bool = False
    """It had more folders, or limits of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class V1Chat:
    """A chat that v1 had heard of. ``at`` is None where its time cannot be read."""

    jid: str
    name: str
    channel: str
    at: Milliseconds | None


@dataclass(frozen=True, slots=True, kw_only=True)
class V1Message:
    """A message, either direction. ``at`` is None where its time cannot be read."""

    jid: str
    id: str
    sender: str
    sender_name: str
    text: str
    at: Milliseconds | None
    from_me: bool
    from_assistant: bool
    quote: Quote | None


@dataclass(frozen=True, slots=True, kw_only=True)
class V1Task:
    """A scheduled task, its words as they stand there."""

    id: str
    folder: str
    jid: str
    prompt: str
    script: str
    kind: str
    value: str
    context: str
    status: str
    created_at: Milliseconds | None


@dataclass(frozen=True, slots=True, kw_only=True)
class V1Run:
    """One run of a task."""

    task: str
    at: Milliseconds | None
    milliseconds: int
    succeeded: bool
    result: str
    error: str


class V1Database:
    """One open database. Make it with :func:`open_v1`; each call may raise StoreError."""

    def __init__(self, path: Path, connection: apsw.Connection) -> None:
        self._path = path
        self._connection = connection

    def groups(self) -> tuple[V1Group, ...]:
        """Registered chats; none where they stood in a file at that time."""
        found = self._rows("registered_groups")
        knows_main = "is_main" in self._columns("registered_groups")
        return tuple(
            V1Group(
                jid=_text(row.get("jid")),
                name=_text(row.get("name")),
                folder=_text(row.get("folder")),
                trigger=_text(row.get("trigger_pattern")),
                requires_trigger=_flag(row.get("requires_trigger")),
                is_main=bool(_flag(row.get("is_main"))) if knows_main else row.get("folder") == "main",
                mounts=bool(_text(row.get("container_config"))),
            )
            for row in found
        )

    def chats(self) -> tuple[V1Chat, ...]:
        """All chats."""
        return tuple(
            V1Chat(
                jid=_text(row.get("jid")),
                name=_text(row.get("name")),
                channel=_text(row.get("channel")),
                at=moment(row.get("last_message_time")),
            )
            for row in self._rows("chats")
            if row.get("jid") != _NOT_A_CHAT
        )

    def messages(self) -> Iterator[V1Message]:
        """All messages with a text, oldest first."""
        for row in self._rows("messages", "ORDER BY timestamp, rowid"):
            if not (text := _text(row.get("content"))):
                continue
            quoted = _text(row.get("reply_to_message_content"))
            yield V1Message(
                jid=_text(row.get("chat_jid")),
                id=_text(row.get("id")),
                sender=_text(row.get("sender")),
                sender_name=_text(row.get("sender_name")),
                text=text,
                at=moment(row.get("timestamp")),
                from_me=bool(_flag(row.get("is_from_me"))),
                from_assistant=bool(_flag(row.get("is_bot_message"))),
                quote=Quote(sender=_text(row.get("reply_to_sender_name")), text=quoted) if quoted else None,
            )

    def tasks(self) -> tuple[V1Task, ...]:
        """All tasks, oldest first."""
        return tuple(
            V1Task(
                id=_text(row.get("id")),
                folder=_text(row.get("group_folder")),
                jid=_text(row.get("chat_jid")),
                prompt=_text(row.get("prompt")),
                script=_text(row.get("script")),
                kind=_text(row.get("schedule_type")),
                value=_text(row.get("schedule_value")),
                # Before it was a column, every task ran by itself.
                context=_text(row.get("context_mode")) or "isolated",
                status=_text(row.get("status")) or "active",
                created_at=moment(row.get("created_at")),
            )
            for row in self._rows("scheduled_tasks", "ORDER BY created_at, id")
        )

    def runs(self) -> Iterator[V1Run]:
        """All runs of tasks, oldest first."""
        for row in self._rows("task_run_logs", "ORDER BY run_at, id"):
            duration = row.get("duration_ms")
            yield V1Run(
                task=_text(row.get("task_id")),
                at=moment(row.get("run_at")),
                milliseconds=duration if isinstance(duration, int) and 0 <= duration < 2**40 else 0,
                succeeded=row.get("status") == "success",
                result=_text(row.get("result")),
                error=_text(row.get("error")),
            )

    def sessions(self) -> dict[str, str]:
        """The conversation of each folder."""
        return {_text(row.get("group_folder")): _text(row.get("session_id")) for row in self._rows("sessions")}

    def answered_until(self) -> dict[str, Milliseconds]:
        """Until when the messages of each chat had been given to its agent."""
        for row in self._rows("router_state"):
            if row.get("key") == "last_agent_timestamp":
                return answered_times(_text(row.get("value")))
        return {}

    def _columns(self, table: str) -> set[str]:
        with explained(self._path):
            return {str(row[1]) for row in self._connection.execute(f"PRAGMA table_info({table})")}

    def _rows(self, table: str, order: str = "") -> Iterator[Mapping[str, Any]]:
        """The rows of a table of theirs, by column; none where it is not there."""
        names = tuple(sorted(self._columns(table)))
        if not names:
            return
        columns = ", ".join(f'"{name.replace(chr(34), chr(34) * 2)}"' for name in names)
        with explained(self._path):
            for row in self._connection.execute(f"SELECT {columns} FROM {table} {order}"):  # noqa: S608 - our own words
                yield dict(zip(names, row, strict=True))

    def check(self) -> None:
        """It is whole, and of v1.

        Raises:
            DatabaseCorruptError: it is damaged.
            NotV1Error: it is something else.
        """
        with explained(self._path):
            hint = "Mend it first, such as with the `.recover` of the sqlite3 shell. Nothing was changed."
            require_whole(self._connection, self._path, hint)
        for table, needed in _NEEDED.items():
            if missing := sorted(needed - self._columns(table)):
                raise NotV1Error(
                    f"{self._path} is not a database of NanoClaw v1: {table} has no {', '.join(missing)}",
                    hint="Forks and later versions of the program have other tables. Nothing was changed.",
                )


@contextmanager
def open_v1(path: Path, named: Path) -> Iterator[V1Database]:
    """Open a copy of a database of v1, which may be written to: what was in its log is folded in.

    ``named`` is the original, for errors.

    Raises:
        StoreError: it is damaged, or no database.
        NotV1Error: it is something else.
    """
    with explained(named):
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        with explained(named):
            for pragma in ("trusted_schema = OFF", "cell_size_check = ON"):
                connection.execute(f"PRAGMA {pragma}")
            # A view or a trigger of theirs would run with our rights.
            connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
            connection.config(apsw.SQLITE_DBCONFIG_ENABLE_VIEW, 0)
            connection.config(apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0)
        database = V1Database(named, connection)
        database.check()
        yield database
    finally:
        connection.close()


def answered_times(text: str) -> dict[str, Milliseconds]:
    """What v1 kept as JSON: chats and times."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    times = {str(jid): moment(at) for jid, at in found.items()} if isinstance(found, dict) else {}
    return {jid: at for jid, at in times.items() if at is not None}


def moment(value: object) -> Milliseconds | None:
    """A time as v1 wrote it: ISO 8601, in UTC where nothing else is said. None where it is none."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value.strip())
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        at = int(found.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
    return Milliseconds(at) if at >= 0 else None


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)


def _flag(value: object) -> bool | None:
    return None if value is None else value not in {0, "0", "", "false"}
