"""Kill -9 at random moments in a backup, a thinning out and a restore; what must hold afterwards."""

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import apsw

from nanoclaw.model.clock import SystemClock
from nanoclaw.operations.backup.errors import BackupError
from nanoclaw.operations.backup.repository import Repository
from nanoclaw.operations.backup.swap import finish
from nanoclaw.operations.backup.vault import FolderVault
from nanoclaw.operations.backup.verify import verify
from nanoclaw.settings.home import Home

_ROWS = 40_000
_FILES = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One kill."""

    verb: str
    seconds: float
    killed: bool
    """False: the command had ended before."""
    problems: tuple[str, ...]


@dataclass(slots=True)
class BackupKills:
    """One home whose commands are killed, over and over."""

    home: Home
    environment: Mapping[str, str]
    chance: random.Random
    longest: dict[str, float] = field(default_factory=dict)
    version: int = 0

    def prepare(self) -> None:
        """Make the home and its first backups, and find out how long commands take."""
        self.home.create()
        self.home.config.write_text("[backup]\nleave_free_mib = 0\n")
        connection = apsw.Connection(str(self.home.database))
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
        connection.execute("CREATE TABLE rows (version, text)")
        with connection:
            connection.executemany("INSERT INTO rows VALUES (0, ?)", ((f"text {n} " * 9,) for n in range(_ROWS)))
        connection.close()
        self._command("create")
        for verb in ("create", "restore", "prune"):
            self._change()
            self._change()
            began = time.monotonic()
            self._command(verb)
            self.longest[verb] = time.monotonic() - began

    def trial(self, verb: str) -> Trial:
        """Change the home, begin a command, kill it, and look."""
        self._change()
        if verb == "prune":
            self._command("create", "--kind", "change")
            self._command("create", "--kind", "hourly")
        else:
            self._command("create", "--kind", "hourly")
            if verb == "create":
                self._change()
        before, now = self._names(), self.version
        seconds = self.chance.uniform(0.25, self.longest[verb] * 0.8)
        process = subprocess.Popen(self._argv(verb), env=dict(self.environment), stdout=subprocess.DEVNULL)
        try:
            process.wait(seconds)
            killed = False
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            killed = True
        problems = list(self._problems(verb, before, now))
        return Trial(verb=verb, seconds=seconds, killed=killed, problems=tuple(problems))

    def _problems(self, verb: str, before: list[str], now: int) -> list[str]:
        found = []
        repository = self._repository()
        sound = verify(repository, repair=False)
        found += [f"{one.snapshot}: {one.what}" for one in sound.problems]
        if verb == "create" and (lost := set(before) - set(self._names())):
            found.append(f"lost {lost}")
        if verb == "prune" and before and before[-1] not in self._names():
            found.append("lost the newest")
        finish(self.home)
        versions = self._versions()
        if len(versions) != 1 or (verb != "restore" and versions != {now}):
            found.append(f"the home has parts of {versions}, and was {now}")
        self.version = max(versions)
        self._command("create", "--kind", "hourly")
        if any((self.home.backups / "incoming").iterdir()) or (self.home.backups / "staging").exists():
            found.append("something was left lying")
        out = self.home.root.parent / "out"
        shutil.rmtree(out, ignore_errors=True)
        self._command("restore", "--to", str(out))
        if self._versions(Home(out)) != versions:
            found.append("the newest backup does not hold what the home held")
        return found

    def _change(self) -> None:
        """Everything says the same new number."""
        self.version += 1
        for number in range(_FILES):
            path = self.home.groups / f"g{number % 9}" / f"{number}.txt"
            path.parent.mkdir(exist_ok=True)
            path.write_text(f"{self.version}\n{number} " * 200)
        connection = apsw.Connection(str(self.home.database))
        connection.execute("UPDATE rows SET version = ?", (self.version,))
        connection.close()

    def _versions(self, home: Home | None = None) -> set[int]:
        """The numbers that the parts of a home say; one, if it is of one piece."""
        home = home or self.home
        files = {int(path.read_text().partition("\n")[0]) for path in home.groups.rglob("*.txt")}
        connection = apsw.Connection(str(home.database))
        if connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
            raise BackupError("the database is damaged")
        rows = {int(str(row[0])) for row in connection.execute("SELECT DISTINCT version FROM rows").fetchall()}
        connection.close()
        return files | rows

    def _names(self) -> list[str]:
        return [str(name) for name in self._repository().names()]

    def _repository(self) -> Repository:
        return Repository(FolderVault(self.home.backups, leave_free=0), None, SystemClock())

    def _argv(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "nanoclaw", "--home", str(self.home.root), "backup", *arguments]

    def _command(self, *arguments: str) -> None:
        subprocess.run(
            self._argv(*arguments), env=dict(self.environment), stdout=subprocess.DEVNULL, check=True, timeout=120
        )


def open_kills(folder: Path, environment: Mapping[str, str], seed: int) -> BackupKills:
    """A home in an empty folder, ready for trials."""
    os.umask(0o077)
    made = BackupKills(Home(folder / "home"), environment, random.Random(seed))  # noqa: S311 - moments, not secrets
    made.prepare()
    return made
