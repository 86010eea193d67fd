"""What commands write by the way, on a disk that takes nothing more."""

import shlex
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest

from nanoclaw.channels.contract import ChannelError
from nanoclaw.channels.telegram.credential import parse_token, write_token
from nanoclaw.cli.chat.prompt import ChatHistory
from nanoclaw.cli.complaints import record_crash
from nanoclaw.cli.context import Context
from nanoclaw.cli.exits import Exit
from nanoclaw.cli.main import main
from nanoclaw.settings.home import Home
from tests.fakes.control_thread import ServerThread
from tests.fakes.small_disk import fill, small_disk
from tests.unit.cli.conftest import Run

FULL = "No space left on device"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", 3) as place:
        yield place


def test_an_answer_that_has_no_room_where_it_goes_is_an_error_and_no_crash(
    home: Home, scrubbed_environment: dict[str, str]
) -> None:
    command = [sys.executable, "-m", "nanoclaw", "--home", str(home.root), "--version"]
    with Path("/dev/full").open("w") as nowhere:
        done = subprocess.run(
            command, stdout=nowhere, stderr=subprocess.PIPE, text=True, env=scrubbed_environment, check=False
        )
    assert (done.returncode, done.stderr) == (
        Exit.ERROR,
        f"error: Cannot write: {FULL}\nhint: Free space on that disk: `nanoclaw clean` may find some.\n",
    )
    assert not home.log.parent.exists()


def test_a_sandbox_that_cannot_be_prepared_says_what_is_full(disk: Path, run: Run) -> None:
    home = Home(disk / "home")
    home.create()
    home.config.write_text('[sandbox]\nkind = "bubblewrap"\n')
    filler = fill(disk, leave=0)
    build = ("--home", str(home.root), "image", "build")
    ran = run(*build)
    assert ran.status == Exit.ERROR
    assert ran.err == (
        f"error: What agents need cannot be written: {FULL}\n"
        "hint: Free space on the disk of the home, or mend its mode or owner.\n"
    )
    filler.unlink()
    assert run(*build).status == Exit.OK


WRITERS = (
    "groups add Family",
    "channels disable web",
    "people list",
    "tasks list",
    "db dump --output {disk}/dump.sql",
    "db vacuum",
    "db recover --output {disk}/recovered",
    "db query --write 'CREATE TABLE x(y)'",
    "backup create",
    "backup prune",
    "backup drill",
    "containers prune",
    "clean",
    "upgrade",
    "figures",
    "logs",
    "image build",
    "doctor --fix --section storage",
    "run",
)
"""Commands that write, or may have to."""


def test_no_command_fails_on_a_full_disk_without_saying_why(disk: Path) -> None:
    home = Home(disk / "home")
    home.create()
    home.config.write_text('[sandbox]\nkind = "bubblewrap"\n')
    said = {}
    for number, line in enumerate(("groups add Main", *WRITERS)):
        context = Context(home=home, stdin=StringIO(), stdout=StringIO(), stderr=StringIO())
        status = main(shlex.split(line.format(disk=disk)), context)
        said[line] = (status, str(context.stderr.getvalue()))  # type: ignore[attr-defined]
        if number == 0:
            before = {path for path in disk.rglob("*") if path.is_file() and path.stat().st_size}
            filler = fill(disk, leave=0)
    assert {line: told for line, told in said.items() if told[0] not in {0, 1, 2} or "unexpectedly" in told[1]} == {}
    assert all(
        "hint:" in told for line, (status, told) in said.items() if status == 1 and not line.startswith("doctor")
    )
    after = {path for path in disk.rglob("*") if path.is_file() and path.stat().st_size}
    assert {path.name for path in after - before - {filler}} <= {"messages.db-shm", "tasks.db-shm"}


def test_a_crash_is_told_without_its_details(disk: Path) -> None:
    context = Context(home=Home(disk / "home"), environment={}, stderr=StringIO())
    context.home.create()
    fill(disk, leave=0)
    told = record_crash(context, ValueError("x" * 10_000))
    assert told.startswith("the details could not be written to ")
    assert told.endswith(FULL)


def test_a_profile_that_does_not_fit_is_said(disk: Path, run: Run, daemon: ServerThread) -> None:
    fill(disk, leave=0)
    ran = run("profile", "cpu", "--output", str(disk / "stacks"))
    assert ran.status == Exit.ERROR
    assert FULL in ran.err
    assert "hint:" in ran.err


def test_what_was_written_in_a_chat_is_remembered_for_the_chat(disk: Path) -> None:
    history = ChatHistory(str(disk / "history"))
    history.append_string("before")
    filler = fill(disk, leave=0)
    history.append_string("x" * 10_000)
    assert len(history.get_strings()) == 2
    filler.unlink()
    history.append_string("after")
    assert "after" in list(ChatHistory(str(disk / "history")).load_history_strings())


def test_a_new_token_that_does_not_fit_leaves_the_old_one(disk: Path) -> None:
    old, new = (parse_token(f"424242:AA{letter * 33}") for letter in "ab")
    assert old
    assert new
    path = disk / "telegram" / "token"
    write_token(path, old)
    fill(disk, leave=0)
    with pytest.raises(ChannelError, match=FULL):
        write_token(path, new)
    assert path.read_text() == f"{old.secret}\n"
    assert [one.name for one in path.parent.iterdir()] == ["token"]
