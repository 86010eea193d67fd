"""What of a home can go."""

import re
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from nanoclaw.operations.backup.swap import is_pending, workshop
from nanoclaw.operations.cleaning.findings import Find, Kind
from nanoclaw.operations.cleaning.looking import Look, Parts
from nanoclaw.operations.doctor.listening import is_stale
from nanoclaw.operations.logs.reading import rotated
from nanoclaw.settings.home import Home
from nanoclaw.settings.schema import Settings
from nanoclaw.settings.whole_files import PARTIAL
from nanoclaw.store.survey import Wanted

_DAY = 86_400.0
_TEMPORARY_DAYS = 1
_UPLOAD_DAYS = 7
_SETTLED_SECONDS = 60.0
"""A socket is there a moment before anybody listens on it."""
_PARTIAL = re.compile(r"\.[0-9a-f]{32}\.part|.+\.partial")
_NOT_IN_ITS_PLACE = re.compile(rf"\..+\.[0-9a-f]{{8}}{re.escape(PARTIAL)}", re.DOTALL)
_PASSING = re.compile(r"(gateway-)?script-[0-9a-f]+")
_CRASH = re.compile(r"crash-[0-9TZ]+-\d+\.txt")
_KEPT_BY_US = re.compile(r"\d{4}-\d\d-\d\d-.+", re.DOTALL)
_OF_A_SESSION = re.compile(
    r"(.*[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}.*|agent-[0-9a-f]+\.jsonl|snapshot-.+\.sh)", re.DOTALL
)
_OF_SESSIONS = ("todos", "debug", "file-history", "session-env", "shell-snapshots", "tasks")
"""Folders of the ``claude`` program whose entries belong to one conversation each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What is known. ``wanted`` is None where the database cannot say what is still needed: then that all stays.

    ``now`` is a POSIX time. ``alone``: no daemon runs, and none can start meanwhile.
    """

    home: Home
    settings: Settings
    wanted: Wanted | None
    now: float
    alone: bool

    def before(self, days: float) -> float:
        """The moment so many days ago; with 0, one before everything: nothing expires."""
        return self.now - days * _DAY if days > 0 else float("-inf")


def seek(ground: Ground) -> Iterator[Find]:
    """Everything that can go. Looks only; takes as long as folders are large."""
    for search in (_sockets, _passing, _temporary, _uploads, _logs, _crashes, _transcripts, _attachments, _outgoing):
        yield from search(ground)
    yield from _half_replaced(ground)
    yield from _replaced(ground)
    yield from _restoring(ground)


def _looked(root: Path, search: Callable[[Look], Iterator[Find]]) -> Iterator[Find]:
    """What a search finds below a folder; nothing where the folder is not there."""
    try:
        look = Look(root)
    except OSError:
        return
    with closing(look):
        yield from search(look)


def _files(look: Look, parts: Parts, kind: Kind, before: float, names: re.Pattern[str] | None = None) -> Iterator[Find]:
    """Plain files right in a folder that have not changed since."""
    for name, found in look.entries(parts):
        if stat.S_ISREG(found.st_mode) and found.st_mtime < before and (names is None or names.fullmatch(name)):
            yield look.file(kind, (*parts, name), found)


def _sockets(ground: Ground) -> Iterator[Find]:
    """Sockets on which nobody listens any more: those of living agents and of the daemon answer."""
    before = ground.now - _SETTLED_SECONDS

    def search(look: Look) -> Iterator[Find]:
        for parts in (*((),), *((one,) for one in look.folders(())), *_two_deep(look)):
            for name, found in look.entries(parts):
                place = look.root.joinpath(*parts, name)
                if stat.S_ISSOCK(found.st_mode) and found.st_mtime < before and is_stale(place):
                    yield look.file(Kind.SOCKET, (*parts, name), found)

    yield from _looked(ground.home.ipc, search)


def _two_deep(look: Look) -> Iterator[Parts]:
    for group in look.folders(()):
        for name in look.folders((group,)):
            yield group, name


def _passing(ground: Ground) -> Iterator[Find]:
    """Folders for scripts of tasks that a killed daemon left."""
    before = ground.before(_TEMPORARY_DAYS)

    def search(look: Look) -> Iterator[Find]:
        for group in look.folders(()):
            for parent in ((group,), (group, "launch")):
                for name, found in look.entries(parent):
                    if stat.S_ISDIR(found.st_mode) and _PASSING.fullmatch(name) and found.st_mtime < before:
                        tree = look.tree(Kind.TEMPORARY, (*parent, name), found, before)
                        yield from (tree,) if tree else ()

    yield from _looked(ground.home.ipc, search)


def _temporary(ground: Ground) -> Iterator[Find]:
    """Files that were written and never put in their place, and contexts of builds that were killed."""
    before = ground.before(_TEMPORARY_DAYS)

    def groups(look: Look) -> Iterator[Find]:
        for group in look.folders(()):
            for folder in ((group,), (group, "inbox"), (group, "conversations")):
                yield from _files(look, folder, Kind.TEMPORARY, before, _PARTIAL)

    def images(look: Look) -> Iterator[Find]:
        for folder in ((), ("etc",), ("bubblewrap",)):
            yield from _files(look, folder, Kind.TEMPORARY, before, _PARTIAL)
        for name, found in look.entries(()):
            if name.endswith("-context") and stat.S_ISDIR(found.st_mode):
                tree = look.tree(Kind.TEMPORARY, (name,), found, before) if found.st_mtime < before else None
                yield from (tree,) if tree else ()

    yield from _looked(ground.home.groups, groups)
    yield from _looked(ground.home.image_cache, images)


def _half_replaced(ground: Ground) -> Iterator[Find]:
    """What a kill left of files that were to take the place of another."""
    before = ground.before(_TEMPORARY_DAYS)

    def search(look: Look) -> Iterator[Find]:
        channels = (("store", "auth", name) for name in look.folders(("store", "auth")))
        for folder in ((), ("data",), ("logs",), ("backups", "state"), *channels):
            yield from _files(look, folder, Kind.TEMPORARY, before, _NOT_IN_ITS_PLACE)

    yield from _looked(ground.home.root, search)


def _uploads(ground: Ground) -> Iterator[Find]:
    """Files that came by a channel and whose message never did."""

    def search(look: Look) -> Iterator[Find]:
        for channel in look.folders(()):
            yield from _files(look, (channel, "incoming"), Kind.TEMPORARY, ground.before(_UPLOAD_DAYS))

    yield from _looked(ground.home.database.parent / "auth", search)


def _logs(ground: Ground) -> Iterator[Find]:
    """Rotated files, which the log itself clears only when it rotates the next time."""
    old = {path.name for log in (ground.home.log, ground.home.audit_log) for path in rotated(log) if path != log}
    before = ground.before(ground.settings.log.keep_days)

    def search(look: Look) -> Iterator[Find]:
        yield from (find for find in _files(look, (), Kind.LOG, before) if find.parts[-1] in old)

    yield from _looked(ground.home.log.parent, search)


def _crashes(ground: Ground) -> Iterator[Find]:
    before = ground.before(ground.settings.clean.crash_days)
    yield from _looked(ground.home.log.parent, lambda look: _files(look, (), Kind.CRASH, before, _CRASH))


def _transcripts(ground: Ground) -> Iterator[Find]:
    """Conversations that are over: never one that a group goes on with."""
    if ground.wanted is None:
        return
    before = ground.before(ground.settings.clean.transcript_days)
    current = ground.wanted.sessions

    def search(look: Look) -> Iterator[Find]:
        for group in look.folders(()):
            projects = [(group, "projects", name) for name in look.folders((group, "projects"))]
            for parts in (*projects, *((group, name) for name in _OF_SESSIONS)):
                yield from _old_in(look, parts, before, current)

    yield from _looked(ground.home.root / "data" / "sessions", search)


def _old_in(look: Look, parts: Parts, before: float, current: frozenset[str]) -> Iterator[Find]:
    for name, found in look.entries(parts):
        if found.st_mtime >= before or not _OF_A_SESSION.fullmatch(name) or any(one in name for one in current):
            continue
        if stat.S_ISREG(found.st_mode):
            yield look.file(Kind.TRANSCRIPT, (*parts, name), found)
        elif stat.S_ISDIR(found.st_mode):
            tree = look.tree(Kind.TRANSCRIPT, (*parts, name), found, before)
            yield from (tree,) if tree else ()


def _attachments(ground: Ground) -> Iterator[Find]:
    """What came with messages that were answered. What an agent put there itself has no date in front, and stays."""
    if ground.wanted is None:
        return
    before = ground.before(ground.settings.clean.attachment_days)
    needed = ground.wanted.to_read

    def search(look: Look) -> Iterator[Find]:
        for group in look.folders(()):
            for find in _files(look, (group, "inbox"), Kind.ATTACHMENT, before, _KEPT_BY_US):
                if (group, f"inbox/{find.parts[-1]}") not in needed:
                    yield find

    yield from _looked(ground.home.groups, search)


def _outgoing(ground: Ground) -> Iterator[Find]:
    """Copies of files that were sent; those of replies that still wait stay."""
    if ground.wanted is None:
        return
    needed = {Path(file).name for file in ground.wanted.to_send}
    before = ground.before(ground.settings.clean.outgoing_days)

    def search(look: Look) -> Iterator[Find]:
        yield from (find for find in _files(look, (), Kind.OUTGOING, before) if find.parts[-1] not in needed)

    yield from _looked(ground.home.outgoing, search)


def _replaced(ground: Ground) -> Iterator[Find]:
    """What restores and rollbacks put aside."""
    before = ground.before(ground.settings.clean.replaced_days)
    yield from _looked(ground.home.root / "replaced", lambda look: _old_trees(look, before, Kind.REPLACED))


def _old_trees(look: Look, before: float, kind: Kind) -> Iterator[Find]:
    """Folders by the time that they were made: what is in them is as old as it was before."""
    for name, found in look.entries(()):
        if stat.S_ISDIR(found.st_mode) and found.st_mtime < before:
            tree = look.tree(kind, (name,), found, float("inf"))
            yield from (tree,) if tree else ()


def _restoring(ground: Ground) -> Iterator[Find]:
    """Files of a restore that was killed before it changed anything. One that did is finished by the next start."""
    place = workshop(ground.home)
    if not ground.alone or is_pending(ground.home):
        return
    before = ground.before(_TEMPORARY_DAYS)

    def search(look: Look) -> Iterator[Find]:
        for name, found in look.entries(()):
            if name == place.name and stat.S_ISDIR(found.st_mode) and found.st_mtime < before:
                tree = look.tree(Kind.TEMPORARY, (name,), found, float("inf"))
                yield from (tree,) if tree else ()

    yield from _looked(place.parent, search)
