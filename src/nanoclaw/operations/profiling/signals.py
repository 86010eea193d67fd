"""Profiles by signal, for when nothing else answers: QUIT for stacks, USR1 for memory, USR2 for the processor.

What a handler does is put one word into a queue, which is safe wherever it interrupts; a thread that waits there does
the rest. QUIT is answered by ``faulthandler`` first, which needs neither the event loop nor the interpreter's lock.
"""

import faulthandler
import logging
import os
import queue
import shutil
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from nanoclaw.control.service import ConflictError
from nanoclaw.model.clock import Clock
from nanoclaw.operations.profiling.heap import profile_heap
from nanoclaw.operations.profiling.processor import profile_processor
from nanoclaw.operations.profiling.profiler import Profiler
from nanoclaw.operations.profiling.stacks import tasks, written
from nanoclaw.operations.profiling.words import heap_text, processor_text
from nanoclaw.settings.whole_files import append_whole, replace_file

logger = logging.getLogger(__name__)

_SECONDS = 10.0
_TOP = 40
_KEPT = 10
_STACKS_BYTES = 1024 * 1024
_WORDS = {signal.SIGQUIT: "stacks", signal.SIGUSR1: "memory", signal.SIGUSR2: "cpu"}


class SignalledProfiles:
    """Writes files into ``folder``: ``stacks.txt``, and the newest so many of ``profile-*``."""

    def __init__(self, folder: Path, profiler: Profiler, clock: Clock, *, seconds: float = _SECONDS) -> None:
        self._folder = folder
        self._profiler = profiler
        self._clock = clock
        self._seconds = seconds
        self._asked: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._stop = threading.Event()

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Answer the signals for the length of the block. To be entered in the main thread."""
        path = self._folder / "stacks.txt"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        before = {number: signal.signal(number, self._signalled) for number in _WORDS}
        # Chained: first it, whatever else hangs; then our own handler, as soon as the interpreter comes to it.
        faulthandler.register(signal.SIGQUIT, file=descriptor, all_threads=True, chain=True)
        worker = threading.Thread(target=self._serve, args=(descriptor,), name="signalled-profiles", daemon=True)
        worker.start()
        try:
            yield
        finally:
            self._stop.set()
            self._asked.put("")
            worker.join(5)
            faulthandler.unregister(signal.SIGQUIT)
            for number, handler in before.items():
                signal.signal(number, handler)
            os.close(descriptor)

    def _signalled(self, number: int, _frame: object) -> None:
        self._asked.put(_WORDS[signal.Signals(number)])

    def _serve(self, stacks: int) -> None:
        while word := self._asked.get():
            try:
                self._answer(word, stacks)
            except ConflictError:
                logger.warning("a profile is being made already", extra={"profile": word})
            except Exception:
                # The boundary of what a signal asks for: a profile that fails, say on a full disk, harms nothing else.
                logger.exception("a profile failed", extra={"profile": word})

    def _answer(self, word: str, stacks: int) -> None:
        if word == "stacks":
            self._write_tasks(stacks)
            return
        with self._profiler.alone():
            if word == "memory":
                self._keep(word, {"txt": heap_text(profile_heap(self._seconds, _TOP, self._stop))})
                return
            profile = profile_processor(self._seconds, self._stop, self._profiler.loop)
            self._keep(word, {"txt": processor_text(profile), "collapsed": profile.collapsed()})

    def _write_tasks(self, descriptor: int) -> None:
        """Behind the threads that are in the file by now. What is full is kept aside, once."""
        text = f"at {self._now():%Y-%m-%dT%H:%M:%SZ}\n\n{written('task', tasks(self._profiler.loop))}\n"
        append_whole(descriptor, text.encode("utf-8", "backslashreplace"))
        path = self._folder / "stacks.txt"
        if os.fstat(descriptor).st_size > _STACKS_BYTES:
            shutil.copyfile(path, self._folder / "stacks.1.txt")
            os.truncate(descriptor, 0)
        logger.info("stacks written", extra={"file": path.name})

    def _keep(self, word: str, contents: Mapping[str, str]) -> None:
        name = f"profile-{word}-{self._now():%Y%m%dT%H%M%SZ}"
        for ending, text in contents.items():
            path = self._folder / f"{name}.{ending}"
            replace_file(path, text.encode("utf-8", "backslashreplace"))
        logger.info("profile written", extra={"file": f"{name}.txt"})
        for ending in contents:
            for old in sorted(self._folder.glob(f"profile-{word}-*.{ending}"))[:-_KEPT]:
                old.unlink(missing_ok=True)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now() / 1000, UTC)
