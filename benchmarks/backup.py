"""Backups of a home of one gigabyte: the first, an hour later, the way back; and what a writer notices.

Against ``cp -a`` and ``tar`` of the same home in the same run, neither of which gives a consistent database.
"""

import asyncio
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import apsw

from benchmarks.backup_kills import open_kills
from benchmarks.figures import Figure, ratio, sample
from benchmarks.installation import environment_for
from nanoclaw.settings.home import Home
from nanoclaw.store.connection import open_connection

_MIB = 2**20
_DATABASE_MIB = 700
_FILES = 3_000
_FILE_BYTES = 100_000
_CHANGED = 0.05
_INCREMENTAL_SECONDS = 10
_STALL_MS = 100
_SECONDS = 900


@dataclass(slots=True)
class Stalls:
    """How long each commit of a writer took, in milliseconds."""

    times: list[float] = field(default_factory=list)

    @property
    def longest(self) -> float:
        return max(self.times)


@dataclass(slots=True)
class BigHome:
    """A home with a large database and many files, part of which can be changed."""

    home: Home
    environment: dict[str, str]
    chance: random.Random
    words: list[str] = field(default_factory=list)

    def fill(self) -> None:
        self.home.create()
        self.home.config.write_text("[channels]\n")
        self.words = [f"{self.chance.randrange(16**5):x}" for _ in range(5_000)]
        connection = self._connection()
        connection.execute("CREATE TABLE messages (id INTEGER PRIMARY KEY, chat INT, at INT, text TEXT)")
        connection.execute("CREATE INDEX by_chat ON messages (chat, at)")
        connection.close()
        self._grow(_DATABASE_MIB)
        for number in range(_FILES):
            self._write(number)

    def change(self) -> None:
        """As an hour would: messages come, and some files are written anew."""
        self._grow(int(_DATABASE_MIB * _CHANGED))
        for number in self.chance.sample(range(_FILES), int(_FILES * _CHANGED)):
            self._write(number)

    def size(self) -> int:
        return sum(path.stat().st_size for top in ("store", "groups") for path in self._files(top))

    def backup(self, *arguments: str) -> tuple[float, dict[str, object]]:
        command = [sys.executable, "-m", "nanoclaw", "--home", str(self.home.root), "--json", "backup", *arguments]
        began = time.perf_counter()
        done = subprocess.run(
            command, env=self.environment, stdout=subprocess.PIPE, check=True, text=True, timeout=_SECONDS
        )
        return time.perf_counter() - began, json.loads(done.stdout)

    def writing_while(self, work: Callable[[], object]) -> Stalls:
        """Commit one row after the other, each on disk, until ``work`` is done."""
        stalls, stop = Stalls(), threading.Event()

        def write() -> None:
            connection = open_connection(self.home.database)
            while not stop.is_set():
                began = time.perf_counter()
                connection.execute("BEGIN IMMEDIATE")
                connection.execute(
                    "INSERT INTO messages (chat, at, text) VALUES (1, 1, 'a message of an ordinary size')"
                )
                connection.execute("COMMIT")
                stalls.times.append((time.perf_counter() - began) * 1000)
                time.sleep(0.005)
            connection.close()

        writer = threading.Thread(target=write, name="writer")
        writer.start()
        try:
            work()
        finally:
            stop.set()
            writer.join()
        return stalls

    def _connection(self) -> apsw.Connection:
        connection = apsw.Connection(str(self.home.database))
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    def _grow(self, mib: int) -> None:
        connection = self._connection()
        text = " ".join
        for _ in range(mib):
            rows = ((self.chance.randrange(40), n, text(self.chance.choices(self.words, k=90))) for n in range(1_600))
            with connection:
                connection.executemany("INSERT INTO messages (chat, at, text) VALUES (?, ?, ?)", rows)
        connection.close()

    def _write(self, number: int) -> None:
        path = self.home.groups / f"g{number % 20}" / f"{number}.bin"
        path.parent.mkdir(exist_ok=True)
        words = " ".join(self.chance.choices(self.words, k=_FILE_BYTES // 12)).encode()
        path.write_bytes(words + self.chance.randbytes(_FILE_BYTES - len(words)))

    def _files(self, top: str) -> list[Path]:
        return [path for path in (self.home.root / top).rglob("*") if path.is_file()]


async def backup(rounds: int) -> list[Figure]:
    """Everything, in a folder of its own."""
    return await asyncio.to_thread(_measure, rounds)


async def backup_kills(count: int, seed: int) -> list[Figure]:
    """Kills of backup, restore and prune in turn."""

    def trials() -> list[Figure]:
        folder = Path(tempfile.mkdtemp(prefix="nanoclaw-backup-kills-"))
        try:
            bench = open_kills(folder, environment_for(folder, "http://127.0.0.1:9"), seed)
            done = [bench.trial(("create", "restore", "prune")[number % 3]) for number in range(count)]
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        for bad in (one for one in done if one.problems):
            print(f"  {bad}")
        killed, wrong = sum(one.killed for one in done), sum(bool(one.problems) for one in done)
        what = f"of {count} commands, {killed} killed: something lost or broken"
        return [Figure(benchmark="backup-kills", what=what, measured=str(wrong), target="0", met=wrong == 0)]

    return await asyncio.to_thread(trials)


def _measure(rounds: int) -> list[Figure]:
    folder = Path(tempfile.mkdtemp(prefix="nanoclaw-backup-"))
    os.umask(0o077)
    big = BigHome(Home(folder / "home"), environment_for(folder, "http://127.0.0.1:9"), random.Random(1))  # noqa: S311 - contents, not secrets
    try:
        big.fill()
        return _figures(big, folder, rounds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(slots=True)
class _Hours:
    """What was measured, hour by hour."""

    ours: list[float] = field(default_factory=list)
    added: list[float] = field(default_factory=list)
    copied: list[float] = field(default_factory=list)
    tarred: list[float] = field(default_factory=list)
    stalls: list[float] = field(default_factory=list)
    quiet: list[float] = field(default_factory=list)

    def measure(self, big: BigHome, folder: Path) -> None:
        """One hour: ours and the controls turn about."""
        big.change()
        seconds, made = big.backup("create", "--kind", "hourly")
        self.ours.append(seconds)
        self.added.append(int(str(made["written_bytes"])) / _MIB)
        root = big.home.root
        self.copied.append(_control(folder / "copy", "cp", "-a", root / "store", root / "groups", folder / "copy"))
        archive = folder / "archive" / "home.tar"
        self.tarred.append(_control(folder / "archive", "tar", "-C", root, "-cf", archive, "store", "groups"))
        big.change()
        # An hour's changes are on disk long before the next backup: they are not what the writer shall wait for.
        subprocess.run(["sync", "-f", str(folder)], check=True, timeout=_SECONDS)
        self.quiet.append(big.writing_while(partial(time.sleep, seconds)).longest)
        self.stalls.append(big.writing_while(lambda: big.backup("create", "--kind", "hourly", "--gently")).longest)


def _figures(big: BigHome, folder: Path, rounds: int) -> list[Figure]:
    size = big.size()
    first, made = big.backup("create", "--kind", "weekly")
    took = int(str(made["written_bytes"]))
    hours = _Hours()
    for _ in range(rounds):
        hours.measure(big, folder)
    for _ in range(2):  # what changed within two seconds of a backup is read again by the next
        big.backup("create", "--kind", "hourly")
        time.sleep(2.5)
    idle, _ = big.backup("create", "--kind", "hourly")
    checked, _ = big.backup("verify")
    restored, _ = big.backup("restore", "--to", str(folder / "out"))
    return [
        _figure(f"first backup of {size / _MIB:,.0f} MiB, s", f"{first:.1f} ({took / _MIB:,.0f} MiB of disk)"),
        *_hourly(hours),
        _figure("nothing changed, s", f"{idle:.2f}"),
        _figure("verify, s", f"{checked:.1f}"),
        _figure("restore into an empty folder, s", f"{restored:.1f}"),
    ]


def _hourly(hours: _Hours) -> list[Figure]:
    ours, cp, tar = sample(hours.ours), sample(hours.copied), sample(hours.tarred)
    return [
        Figure(
            benchmark="backup",
            what="an hour later, 5 % changed, s",
            measured=f"{ours} (ratio to cp {ratio(ours, cp):.2f}, to tar {ratio(ours, tar):.2f})",
            target=f"<= {_INCREMENTAL_SECONDS}",
            met=max(hours.ours) <= _INCREMENTAL_SECONDS,
        ),
        _figure("what that hour added, MiB", str(sample(hours.added))),
        _figure("cp -a of all of it, s", str(cp)),
        _figure("tar of all of it, s", str(tar)),
        Figure(
            benchmark="backup",
            what="longest commit of a writer meanwhile, ms",
            measured=f"{sample(hours.stalls)} (without a backup {sample(hours.quiet)})",
            target=f"<= {_STALL_MS}",
            met=max(hours.stalls) <= _STALL_MS,
        ),
    ]


def _control(target: Path, *command: str | Path) -> float:
    """What a plain copy takes, on disk as ours is."""
    target.mkdir()
    began = time.perf_counter()
    subprocess.run([str(part) for part in command], check=True, timeout=_SECONDS)
    subprocess.run(["sync", "-f", str(target)], check=True, timeout=_SECONDS)
    seconds = time.perf_counter() - began
    shutil.rmtree(target)
    return seconds


def _figure(what: str, measured: str) -> Figure:
    return Figure(benchmark="backup", what=what, measured=measured)
