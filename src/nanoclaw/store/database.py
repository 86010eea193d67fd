"""One writer thread with group commit, one reader thread: the event loop never waits for the disk.

A write is a function of a connection. Those that queue up while the disk is busy share one transaction, each inside a
savepoint of its own, so that one's failure is no other's; all are acknowledged together once the commit is on disk.
"""

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import apsw

from nanoclaw.events.measures import Measure, Observe, unobserved
from nanoclaw.store.connection import open_connection
from nanoclaw.store.errors import WAYS_BACK, StoreError, explained
from nanoclaw.store.files import require_whole
from nanoclaw.store.migrate import migrate, refuse_older

logger = logging.getLogger(__name__)

T = TypeVar("T")
_BATCH = 256
_QUICK_CHECK_BYTES = 32 * 1024 * 1024


@dataclass(slots=True)
class _Job:
    work: Callable[[apsw.Connection], Any]
    future: asyncio.Future[Any]
    asked_at: float
    result: Any = None
    error: BaseException | None = None


class Database:
    """The open database of one home. Make it with :meth:`open`, in the event loop that will use it."""

    def __init__(
        self, path: Path, writer: apsw.Connection, reader: apsw.Connection, observe: Observe = unobserved
    ) -> None:
        self.path = path
        self._observe = observe
        self._writer = writer
        self._reader = reader
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._readers = ThreadPoolExecutor(1, thread_name_prefix="store-reader")
        self._thread = threading.Thread(target=self._write_forever, name="store-writer", daemon=True)
        self._closed = False
        self._thread.start()

    @classmethod
    async def open(cls, path: Path, migrations: str = "migrations", observe: Observe = unobserved) -> "Database":
        """Open and check the database; one that is not there is made, by the migrations in a folder of this package.

        ``observe`` is told how long reads, writes and waits took.

        Raises:
            OlderSchemaError: it has an older schema. It is never changed in place: a copy is, by an upgrade.
            StoreError: it is locked, damaged, too new, or cannot be written.
        """
        writer, reader = await asyncio.to_thread(_open_both, path, migrations)
        return cls(path, writer, reader, observe)

    async def write(self, work: Callable[[apsw.Connection], T]) -> T:
        """Run ``work`` in a transaction on the writer thread; returns its result once that is on disk.

        ``work`` must not keep the connection. If the caller is cancelled the work still happens.

        Raises:
            StoreError: nothing of it was kept. Whatever ``work`` raises is raised here, likewise undone.
        """
        if self._closed:
            raise StoreError(f"{self.path} is closed")
        job = _Job(work, self._loop.create_future(), time.perf_counter())
        self._jobs.put(job)
        result: T = await asyncio.shield(job.future)
        return result

    async def read(self, work: Callable[[apsw.Connection], T]) -> T:
        """Run ``work`` on the reader thread; it sees every write that was acknowledged before.

        Raises:
            StoreError: it could not be read.
        """
        if self._closed:
            raise StoreError(f"{self.path} is closed")

        def explained_work() -> T:
            began = time.perf_counter()
            try:
                with explained(self.path):
                    return work(self._reader)
            finally:
                self._observe(Measure.QUERY, time.perf_counter() - began, self.path.stem)

        return await self._loop.run_in_executor(self._readers, explained_work)

    async def close(self) -> None:
        """Finish the queued writes, fold the log into the file and let go of it."""
        if self._closed:
            return
        self._closed = True
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)
        await asyncio.to_thread(self._readers.shutdown)
        self._reader.close()
        self._writer.close()

    def _write_forever(self) -> None:
        while (first := self._jobs.get()) is not None:
            batch = [first]
            stop = False
            while len(batch) < _BATCH:
                try:
                    job = self._jobs.get_nowait()
                except queue.Empty:
                    break
                if job is None:
                    stop = True
                    break
                batch.append(job)
            self._commit(batch)
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(_acknowledge, batch)
            if stop:
                return

    def _commit(self, batch: list[_Job]) -> None:
        began = time.perf_counter()
        for job in batch:
            self._observe(Measure.QUEUE_WAIT, began - job.asked_at, self.path.stem)
        try:
            with explained(self.path):
                try:
                    self._writer.execute("BEGIN IMMEDIATE")
                finally:
                    self._observe(Measure.LOCK_WAIT, time.perf_counter() - began, self.path.stem)
                try:
                    for job in batch:
                        self._run(job)
                    self._writer.execute("COMMIT")
                finally:
                    if self._writer.in_transaction:
                        self._writer.execute("ROLLBACK")
        except StoreError as error:
            for job in batch:
                job.error = error
        self._observe(Measure.COMMIT, time.perf_counter() - began, self.path.stem)

    def _run(self, job: _Job) -> None:
        self._writer.execute("SAVEPOINT job")
        try:
            job.result = job.work(self._writer)
        except (apsw.FullError, apsw.IOError, apsw.CorruptError):
            # SQLite may have rolled back the whole transaction by itself: the batch fails as one.
            raise
        except Exception as error:  # noqa: BLE001 - the error belongs to the caller who waits, not to this thread
            self._writer.execute("ROLLBACK TO job")
            job.error = _as_ours(error, self.path)
        self._writer.execute("RELEASE job")


def _as_ours(error: Exception, path: Path) -> Exception:
    if not isinstance(error, apsw.Error):
        return error
    try:
        with explained(path):
            raise error
    except StoreError as ours:
        return ours


def _acknowledge(batch: list[_Job]) -> None:
    for job in batch:
        if job.future.done():
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)


def _open_both(path: Path, migrations: str) -> tuple[apsw.Connection, apsw.Connection]:
    writer = open_connection(path)
    try:
        refuse_older(writer, path, migrations)
        if not migrate(writer, path, migrations) and path.stat().st_size <= _QUICK_CHECK_BYTES:
            _check(writer, path)
        return writer, open_connection(path, read_only=True)
    except BaseException:
        writer.close()
        raise


def _check(connection: apsw.Connection, path: Path) -> None:
    with explained(path):
        require_whole(connection, path, WAYS_BACK)
