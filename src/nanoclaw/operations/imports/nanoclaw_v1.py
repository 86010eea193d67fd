"""Takes over a folder of NanoClaw v1, or tells what would be taken over. Taken over twice it is there once."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from nanoclaw.channels.local.channel import LOCAL
from nanoclaw.model.chats import ChatAddress
from nanoclaw.model.clock import Clock, Milliseconds
from nanoclaw.model.groups import MAIN_FOLDER
from nanoclaw.operations.backup.clearing import remove_tree
from nanoclaw.operations.databases.names import NamedDatabase, databases
from nanoclaw.operations.imports.files import Copying, Parts, copy_tree
from nanoclaw.operations.imports.groups import Move, address_of, groups_from_file, plan_moves
from nanoclaw.operations.imports.messages import count_unanswered, take_messages
from nanoclaw.operations.imports.report import GroupOutcome, Report
from nanoclaw.operations.imports.source import Source, open_source
from nanoclaw.operations.imports.tasks import take_runs, take_tasks
from nanoclaw.settings.home import Home
from nanoclaw.store.groups import NewGroup
from nanoclaw.store.importing import History, Pages, TaskBook, taking_in
from nanoclaw.store.snapshot import copy_database
from nanoclaw.store.v1 import V1Chat, V1Database, V1Group, answered_times, moment, open_v1

_GLOBAL = "global"
_PROJECT = "-workspace-group"
"""What Claude calls the folder ``/workspace/group``, in which agents work there as here."""


_SESSION = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taker:
    """Into which home, by which clock and zone. ``trigger`` is for groups whose own cannot be used."""

    home: Home
    clock: Clock
    zone: ZoneInfo
    trigger: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What there is to take over, and where to."""

    source: Source
    old: V1Database | None
    """None: only the files of a version that kept its groups in them."""
    home: Path
    paths: Mapping[str, Path]
    """The databases that are written to: the home's, or copies in a dry run."""


def import_v1(taker: Taker, root: Path, *, dry_run: bool) -> Report:
    """Take everything over that can be. The real one needs the home's lock; a dry run needs nothing.

    Raises:
        ImportSourceError, NotV1Error: it is no such folder, or cannot be read.
        ImportConflictError: what is here already stands in the way.
        StoreError: a database is locked, damaged, or of another version. Neither database keeps half of it.
    """
    report = Report(dry_run=dry_run, source=str(root))
    with open_source(root) as source, _workplace(taker.home, dry_run=dry_run) as place, ExitStack() as stack:
        old = None
        if source.has_database():
            old = stack.enter_context(open_v1(source.copy_database(place), source.database))
        found = _Found(
            source=source,
            old=old,
            home=taker.home.root if taker.home.root.exists() else place,
            paths={one.name: _target(one, place, dry_run=dry_run) for one in databases(taker.home)},
        )
        moves = _take_history(taker, found, report)
        if old is not None:
            _take_tasks(taker, found, old, moves, report)
    return report


@contextmanager
def _workplace(home: Home, *, dry_run: bool) -> Iterator[Path]:
    """A private folder; on the home's own disk unless nothing is to be written there."""
    if dry_run:
        with TemporaryDirectory(prefix="nanoclaw-import-") as folder:
            yield Path(folder)
        return
    place = home.root / "data" / "importing"
    remove_tree(place)
    place.mkdir(mode=0o700, parents=True)
    try:
        yield place
    finally:
        remove_tree(place)


def _target(which: NamedDatabase, place: Path, *, dry_run: bool) -> Path:
    if not dry_run:
        return which.path
    copy = place / which.path.name
    if which.path.exists():
        copy_database(which.path, copy)
    return copy


def _take_history(taker: Taker, found: _Found, report: Report) -> tuple[Move, ...]:
    """Groups, chats, messages, files and conversations: the files are there when the rows are kept."""
    now = taker.clock.now()
    with taking_in(found.paths["messages"], "migrations", keep=not report.dry_run) as connection:
        history = History(connection, now)
        chats = {chat.jid: chat for chat in found.old.chats()} if found.old else {}
        moves = plan_moves(_groups(found), chats, history, taker.trigger, report)
        _register(moves, chats, history, now, report)
        if found.old is not None:
            pages = lambda move: Pages(connection, move.address)  # noqa: E731 - closes over the transaction
            last = take_messages(found.old.messages(), moves, pages, history, report)
            if many := count_unanswered(last, _answered(found, found.old)):
                report.notes.append(
                    f"In {many} chats v1 had not answered the last message; it is not answered here either"
                )
        _copy_files(found, moves, report)
        _take_sessions(found, moves, history, report)
    return moves


def _groups(found: _Found) -> tuple[V1Group, ...]:
    """Those of the database; where they stood in a file, v1 took them from there at its next start."""
    in_database = found.old.groups() if found.old else ()
    known = {group.jid for group in in_database}
    in_file = groups_from_file(found.source.read_json("registered_groups.json"))
    return (*in_database, *(group for group in in_file if group.jid not in known))


def _answered(found: _Found, old: V1Database) -> Mapping[str, Milliseconds]:
    raw = found.source.read_json("router_state.json").get("last_agent_timestamp")
    times = {str(jid): moment(at) for jid, at in raw.items()} if isinstance(raw, dict) else answered_times(str(raw))
    return {**{jid: at for jid, at in times.items() if at is not None}, **old.answered_until()}


def _register(
    moves: tuple[Move, ...], chats: Mapping[str, V1Chat], history: History, now: Milliseconds, report: Report
) -> None:
    for jid, chat in chats.items():
        address = address_of(jid, chat.channel)
        if address is None:
            report.leave_out("chats", "they are of no network that has channels here", jid)
        elif history.hear_of(address, chat.name if chat.name != jid else "", chat.at or now):
            report.count("chats")
    registered = {group.folder for group in history.groups()}
    for move in moves:
        done = "there already" if move.known else "chat added" if move.folder in registered else "added"
        if done == "added":
            registered.add(move.folder)
            # The owner's group also has the terminal: with a main group there, the daemon makes no other.
            local = ChatAddress(channel=LOCAL, chat=MAIN_FOLDER)
            history.register(
                NewGroup(
                    folder=move.folder,
                    name=move.name,
                    trigger=move.trigger,
                    requires_trigger=move.requires_trigger,
                    is_main=move.is_main,
                    address=local if move.is_main else move.address,
                )
            )
        if not move.known:
            history.bind(move.folder, move.address, move.name)
        chat_name = f"{move.address.channel}:{move.address.chat}"
        report.groups.append(
            GroupOutcome(folder=move.folder, source=move.source, name=move.name, chat=chat_name, done=done)
        )


def _copy_files(found: _Found, moves: tuple[Move, ...], report: Report) -> None:
    folders = {move.source: move.folder for move in moves}
    for there, here in {_GLOBAL: _GLOBAL, **folders}.items():
        copying = Copying(source=("groups", there), target=("groups", here), wanted=_is_not_a_log, counted="files")
        copy_tree(found.source.reach, found.home, copying, report)
    with suppress(OSError):
        for name in sorted(os.listdir(found.source.reach.folder(("groups",)))):  # noqa: PTH208 - a descriptor
            if name not in folders and name != _GLOBAL:
                report.leave_out("folders", "no chat that was taken over had them", f"groups/{name}")


def _take_sessions(found: _Found, moves: tuple[Move, ...], history: History, report: Report) -> None:
    raw = found.source.read_json("sessions.json")
    known = {**raw, **(found.old.sessions() if found.old else {})}
    for there, here in {move.source: move.folder for move in moves}.items():
        copying = Copying(
            source=("data", "sessions", there, ".claude"),
            target=("data", "sessions", here),
            wanted=_is_a_conversation,
            counted="transcripts",
        )
        copied = copy_tree(found.source.reach, found.home, copying, report)
        session = known.get(there)
        if not isinstance(session, str) or not _SESSION.fullmatch(session):
            continue
        if f"projects/{_PROJECT}/{session}.jsonl" not in copied:
            report.leave_out("conversations", "their transcript is not there: a new one begins", there)
        elif history.set_session(here, session):
            report.sessions.append(here)
        else:
            report.leave_out("conversations", "their group has one here", there)


def _is_not_a_log(path: Parts) -> bool:
    """v1 kept what its containers printed in the group's folder."""
    return path != ("logs",)


def _is_a_conversation(path: Parts) -> bool:
    """Transcripts and what Claude noted down for itself; not its settings, hooks and skills."""
    return path[:2] == ("projects", _PROJECT)[: len(path)]


def _take_tasks(taker: Taker, found: _Found, old: V1Database, moves: tuple[Move, ...], report: Report) -> None:
    which = next(one for one in databases(taker.home) if one.name == "tasks")
    with taking_in(found.paths["tasks"], which.migrations, keep=not report.dry_run) as connection:
        book = TaskBook(connection)
        places = take_tasks(old.tasks(), moves, book, (taker.clock.now(), taker.zone), report)
        take_runs(old.runs(), places, book, report)
