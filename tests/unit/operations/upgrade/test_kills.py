"""Processes that upgrade a large database are killed at random moments; the next one goes on."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nanoclaw.operations.backup.swap import is_pending
from nanoclaw.operations.upgrade.perform import rollback, snapshots, upgrade
from nanoclaw.settings.home import Home
from tests.fakes.clocks import HeldClock
from tests.unit.operations.upgrade.conftest import NEWEST, ask, make_old_home, schemas

_MESSAGES = 40_000
_KILLS = 8


@pytest.mark.timeout(180)
def test_a_migration_killed_at_any_moment_leaves_the_old_database_or_the_new_one(
    tmp_path: Path, scrubbed_environment: dict[str, str], clock: HeldClock
) -> None:
    first = make_old_home(tmp_path / "first", _MESSAGES)
    whole = _seconds(_copy(first, tmp_path / "timed"), scrubbed_environment)
    chance, old_left, finished = random.Random(7), 0, 0  # noqa: S311 - moments, no secrets
    home = _copy(first, tmp_path / "killed")
    original = home.database.read_bytes()
    for number in range(_KILLS):
        # Each a part further into it, so that some end while it copies, migrates, checks and renames.
        process = _start(home, scrubbed_environment)
        time.sleep(whole * (number + chance.random()) / _KILLS)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        if home.database.exists() and schemas(home) == (1, 1) and not is_pending(home):
            assert home.database.read_bytes() == original
            assert ask(home.database, "PRAGMA integrity_check") == "ok"
            old_left += 1
        else:
            # Broken off while it changed places, or done: the next one finds it so.
            upgrade(home, clock)
            assert schemas(home) == NEWEST
            finished += 1
            rollback(home, clock)
    assert old_left
    upgrade(home, clock)
    assert schemas(home) == NEWEST
    assert ask(home.database, "SELECT count(*) FROM messages_text('cake')") == _MESSAGES
    assert (snapshots(home)[-1] / "messages.db").read_bytes() == original
    assert not (home.root / "data" / "restoring").exists()


@pytest.mark.timeout(120)
def test_one_killed_between_two_renames_is_finished_by_the_next(tmp_path: Path, clock: HeldClock) -> None:
    home = make_old_home(tmp_path / "home")
    upgrade(home, clock)
    # As it is after the first database has changed places and before the second has.
    journal = home.root / "data" / "restore.json"
    shop = home.root / "data" / "restoring"
    shop.mkdir()
    new = home.task_database.rename(shop / "tasks.db")
    kept = snapshots(home)[-1]
    (kept / "tasks.db").rename(home.task_database)
    journal.write_text(
        '{"format": 1, "swaps": ['
        f'{{"target": "store/messages.db", "new": "data/restoring/messages.db", "saved": "{kept}/messages.db"}},'
        f'{{"target": "store/tasks.db", "new": "data/restoring/tasks.db", "saved": "{kept}/tasks.db"}}]}}'
    )
    assert schemas(home) == (NEWEST[0], 1)
    assert upgrade(home, clock) is None
    assert schemas(home) == NEWEST
    assert not new.exists()
    assert ask(kept / "tasks.db", "PRAGMA user_version") == 1


def _start(home: Home, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    source = Path(__file__).parents[4] / "src"
    command = [sys.executable, "-m", "nanoclaw", "--home", str(home.root), "upgrade"]
    return subprocess.Popen(
        command,
        env=environment | {"PYTHONPATH": str(source)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _seconds(home: Home, environment: dict[str, str]) -> float:
    begin = time.monotonic()
    assert _start(home, environment).wait() == 0
    assert schemas(home) == NEWEST
    return time.monotonic() - begin


def _copy(home: Home, to: Path) -> Home:
    shutil.copytree(home.root, to)
    return Home(to)
