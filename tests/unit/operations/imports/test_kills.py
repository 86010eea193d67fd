"""Imports that are killed keep all of a database or nothing, and the next one goes on."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nanoclaw.settings.home import Home
from tests.fakes.nanoclaw_v1 import FAMILY, V1Folder, furnish, make_v1
from tests.unit.operations.imports.conftest import Here

_MESSAGES = 20_000
_KILLS = 6


@pytest.mark.timeout(120)
def test_a_killed_import_keeps_all_or_nothing(here: Here, tmp_path: Path, scrubbed_environment: dict[str, str]) -> None:
    source = furnish(make_v1(tmp_path / "v1", later=True))
    source.run(
        "INSERT INTO messages (id, chat_jid, sender, sender_name, content, timestamp) VALUES (?, ?, 'x', 'X', ?, ?)",
        ((f"k{number}", FAMILY, f"tea {number}", "2026-02-01T10:00:00.000Z") for number in range(_MESSAGES)),
    )
    environment = scrubbed_environment | {"PYTHONPATH": str(Path(__file__).parents[4] / "src")}
    begin = time.monotonic()
    assert _start(Here(Home(tmp_path / "timed")), source, environment).wait() == 0
    takes = time.monotonic() - begin
    chance, whole, kept = random.Random(5), _MESSAGES + 3, 0  # noqa: S311 - moments, no secrets
    for number in range(_KILLS):
        process = _start(here, source, environment)
        # Each a part further into it, the first before anything was written.
        time.sleep(takes * (number + chance.random()) / _KILLS)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        if not here.home.database.exists() or here.ask("SELECT count(*) FROM sqlite_schema") == [(0,)]:
            continue
        found = here.ask("SELECT count(*) FROM messages")
        assert found in ([(0,)], [(whole,)])
        assert here.ask("PRAGMA integrity_check") == [("ok",)]
        kept += found == [(whole,)]
    assert kept < _KILLS
    assert _start(here, source, environment).wait(60) == 0
    assert here.ask("SELECT count(*) FROM messages") == [(whole,)]
    assert here.ask("SELECT count(*) FROM tasks", tasks=True) == [(3,)]
    assert (here.home.groups / "family/CLAUDE.md").exists()
    assert not (here.home.root / "data/importing").exists()


def _start(here: Here, source: V1Folder, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "nanoclaw", "--home", str(here.home.root), "import", "nanoclaw", str(source.root)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
