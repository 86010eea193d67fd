"""Read every chunk of every snapshot again, and say which are not what was written."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

from nanoclaw.operations.backup.errors import BackupDamagedError, NewerBackupError
from nanoclaw.operations.backup.progress import Progress, Step, ignore
from nanoclaw.operations.backup.repository import CHUNKS, Repository
from nanoclaw.operations.backup.seals import CHUNK_BYTES, Seal
from nanoclaw.operations.backup.snapshot import Snapshot, SnapshotName
from nanoclaw.operations.backup.vault import Use

_AT_ONCE = 64
_FILES_TOLD = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong with one snapshot."""

    snapshot: SnapshotName
    what: str
    files: tuple[str, ...] = ()
    """The first of those that cannot be restored whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was read."""

    snapshots: int
    chunks: int
    size: int
    problems: tuple[Problem, ...]
    set_aside: int


@dataclass(slots=True)
class _Work:
    sound: set[str] = field(default_factory=set)
    bad: set[str] = field(default_factory=set)
    size: int = 0


def verify(
    repository: Repository, names: Sequence[SnapshotName] | None = None, *, repair: bool, progress: Progress = ignore
) -> Verified:
    """Check all snapshots, or some. Each chunk is read once, however many need it.

    With ``repair`` a damaged chunk is set aside, so that the next backup of the same content writes it anew.

    Raises:
        BackupKeyError: they are encrypted, and the secret is missing or another; that is no damage.
        BackupBusyError: backups are being thinned out.
    """
    work, problems = _Work(), []
    with repository.using(Use.READ):
        looked_at = repository.names() if names is None else list(names)
        for number, name in enumerate(looked_at, start=1):
            try:
                snapshot, seal = repository.read(name)
            except (BackupDamagedError, NewerBackupError) as error:
                problems.append(Problem(snapshot=name, what=str(error)))
                continue
            _check(repository, snapshot, seal, work, _counted(progress, number, len(looked_at)))
            if hit := snapshot.chunks & work.bad:
                files = [entry.path for entry in snapshot.entries if hit.intersection(entry.chunks)]
                what = f"{len(hit):,} chunks are missing or damaged; {len(files):,} files need them"
                problems.append(Problem(snapshot=name, what=what, files=tuple(files[:_FILES_TOLD])))
    if repair and work.bad:
        with repository.using(Use.ADD):
            for chunk in work.bad:
                repository.vault.set_aside(CHUNKS, chunk)
    return Verified(
        snapshots=len(looked_at),
        chunks=len(work.sound) + len(work.bad),
        size=work.size,
        problems=tuple(problems),
        set_aside=len(work.bad) if repair else 0,
    )


def _check(repository: Repository, snapshot: Snapshot, seal: Seal, work: _Work, progress: Progress) -> None:
    left = snapshot.chunks - work.sound - work.bad
    total, waiting, done = len(left), iter(left), 0
    with ThreadPoolExecutor(2, thread_name_prefix="verify") as pool:
        while group := list(islice(waiting, _AT_ONCE)):
            for chunk, size in pool.map(lambda one: (one, _size(repository, one, seal)), group):
                (work.bad if size is None else work.sound).add(chunk)
                work.size += size or 0
            done += len(group)
            progress(Step(what=str(snapshot.name), done=done * CHUNK_BYTES, total=total * CHUNK_BYTES))


def _size(repository: Repository, chunk: str, seal: Seal) -> int | None:
    """None: missing or damaged, both times that it was read."""
    for _ in range(2):
        try:
            return len(repository.chunk(chunk, seal))
        except BackupDamagedError:
            continue
    return None


def _counted(progress: Progress, number: int, of: int) -> Progress:
    return lambda step: progress(Step(what=f"{number}/{of} {step.what}", done=step.done, total=step.total))
