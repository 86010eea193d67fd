"""One daemon a home."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from nanoclaw.daemon.lock import HomeInUseError, hold
from nanoclaw.settings.home import HomeError
from tests.fakes.small_disk import fill, small_disk

HOLDER = """
import sys
from pathlib import Path
from nanoclaw.daemon.lock import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder / "daemon.lock"


def test_a_second_holder_is_refused_and_told_who_has_it(path: Path) -> None:
    with hold(path), pytest.raises(HomeInUseError, match=f"process {os.getpid()}") as caught, hold(path):
        pass
    assert str(path.parent.parent) in str(caught.value)
    assert "nanoclaw stop" in caught.value.hint


def test_on_a_full_disk_one_has_it_and_nobody_else_gets_it(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 1) as disk:
        (disk / "data").mkdir()
        fill(disk, leave=0)
        with hold(disk / "data" / "daemon.lock"), pytest.raises(HomeInUseError), hold(disk / "data" / "daemon.lock"):
            pass


def test_it_is_free_again_after_the_block_however_that_ends(path: Path) -> None:
    with pytest.raises(ValueError, match="on purpose"), hold(path):
        raise ValueError("on purpose")
    with hold(path):
        assert path.read_text() == f"{os.getpid()}\n"


def test_the_file_is_private(path: Path) -> None:
    with hold(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_stands_in_a_stale_file_does_not_matter(path: Path) -> None:
    path.write_bytes(b"\xff" * 100)
    with hold(path):
        assert path.read_text() == f"{os.getpid()}\n"


def test_a_process_that_was_killed_lets_go(path: Path, scrubbed_environment: dict[str, str]) -> None:
    environment = scrubbed_environment | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(HomeInUseError, match=f"process {holder.pid}"), hold(path):
            pass
        holder.kill()
        holder.wait(10)
    with hold(path):
        pass


def test_a_lock_that_cannot_be_written_is_told_as_such(path: Path) -> None:
    path.mkdir()
    with pytest.raises(HomeError, match="Cannot write"), hold(path):
        pass
