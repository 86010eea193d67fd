"""``nanoclaw tasks`` on real files: with somebody who serves them, and without."""

import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nanoclaw.cli.context import Context
from nanoclaw.cli.exits import Exit
from nanoclaw.cli.main import main
from nanoclaw.settings.home import Home
from nanoclaw.store.connection import open_connection
from tests.fakes.clocks import HeldWallClock
from tests.fakes.control_thread import serving_files
from tests.unit.cli.conftest import Ran

ADD = ("add", "--group", "family", "--prompt", "Water the plants")


@dataclass
class Desk:
    """A home and the command on it."""

    home: Home

    def run(self, *argv: str, verb: str = "tasks") -> Ran:
        out, err = io.StringIO(), io.StringIO()
        context = Context(home=self.home, stdin=io.StringIO(), stdout=out, stderr=err, clock=HeldWallClock())
        status = main((verb, *argv), context)
        assert "Traceback" not in err.getvalue()
        return Ran(status=status, out=out.getvalue(), err=err.getvalue())

    def json(self, *argv: str) -> Any:
        ran = self.run(*argv, "--json")
        assert ran.status == 0, ran.err
        return json.loads(ran.out)

    def change(self, statement: str) -> None:
        """As a later version, or a hand, may have left the file."""
        connection = open_connection(self.home.task_database)
        connection.execute(statement)
        connection.close()


@pytest.fixture(autouse=True)
def same_umask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.fixture(params=["stopped", "running"])
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Desk]:
    home = Home(tmp_path / "home")
    home.create()
    home.config.write_text('[assistant]\ntime_zone = "Europe/Zurich"\n')
    desk = Desk(home)
    assert desk.run("add", "Family", "--folder", "family", verb="groups").status == 0
    if request.param == "running":
        with serving_files(home):
            yield desk
    else:
        yield desk


def test_a_task_is_added_with_its_next_five_times_shown_in_local_time(desk: Desk) -> None:
    ran = desk.run(*ADD, "--cron", "30 8 * * *", "--name", "Plants", "--missed", "window:2h", "--context", "isolated")
    assert ran.status == 0, ran.err
    assert ran.out.count(" 08:30:00+0") == 5
    shown = desk.json("show", "1")
    assert (shown["name"], shown["missed"], shown["context_mode"]) == ("Plants", "window:2h", "isolated")
    assert [moment[11:16] for moment in shown["next"]] == ["08:30"] * 5


def test_times_on_both_sides_of_a_clock_change_are_shown_with_their_own_offsets(desk: Desk) -> None:
    made = desk.json(*ADD, "--cron", "30 2 26-31 3,10 *")
    offsets = {(moment[5:7], moment[19:]) for moment in made["next"]}
    assert offsets <= {("03", "+01:00"), ("03", "+02:00"), ("10", "+02:00"), ("10", "+01:00")}
    once = desk.json(*ADD, "--once", "2090-07-01T12:00")
    assert once["next"] == ["2090-07-01T12:00:00+02:00"]


def test_every_verb_does_what_it_says(desk: Desk) -> None:
    assert desk.run("list").out == "No tasks.\n"
    desk.json(*ADD, "--interval", "3600000")
    assert "interval 3600000" in desk.run("list", "--group", "family").out
    assert desk.run("pause", "1").out == "Paused.\n"
    assert desk.json("show", "1")["next"] == []
    assert desk.run("resume", "1").out == "It goes on.\n"
    assert (
        "Changed." in desk.run("update", "1", "--prompt", "Water them", "--cron", "0 9 * * 1", "--missed", "skip").out
    )
    changed = desk.json("show", "1")
    assert (changed["prompt"], changed["schedule_value"], changed["missed"]) == ("Water them", "0 9 * * 1", "skip")
    assert "It runs now" in desk.run("run", "1").out
    (run,) = desk.json("runs", "1")["runs"]
    assert (run["state"], run["by_hand"]) == ("due", True)
    assert (run["due"][10:11], run["due"][19:]) in {("T", "+01:00"), ("T", "+02:00")}
    assert run["due"].replace("T", " ") in desk.run("runs", "1").out
    assert "due by hand" in desk.run("runs", "1", "--limit", "1").out
    assert desk.run("cancel", "1").out == "Cancelled; its history stays.\n"
    assert desk.json("list") == {"tasks": [], "more": 0}
    assert desk.json("show", "1")["state"] == "cancelled"
    for verb in (("pause", "1"), ("resume", "1"), ("run", "1"), ("update", "1", "--prompt", "x")):
        ran = desk.run(*verb)
        assert (ran.status, ran.err) == (1, "error: Task 1 is over\nhint: Make a new one.\n")


def test_a_change_of_nothing_is_a_wrong_use(desk: Desk) -> None:
    desk.json(*ADD, "--interval", "3600000")
    ran = desk.run("update", "1")
    assert (ran.status, ran.out) == (2, "")
    assert "nothing is named" in ran.err


def test_a_script_is_read_from_a_file_and_can_be_taken_away(desk: Desk, tmp_path: Path) -> None:
    script = tmp_path / "check.sh"
    script.write_text("""echo '{"wakeAgent": false}'\n""")
    assert desk.json(*ADD, "--interval", "60000", "--script", str(script))["script"] == script.read_text()
    assert "1 lines" in desk.run("show", "1").out
    assert desk.json("update", "1", "--script", "")["script"] == ""


@pytest.mark.parametrize(
    ("when", "says"),
    [
        (("--cron", "whenever"), "five fields"),
        (("--cron", ""), "five fields"),
        (("--interval", ""), "from 1000 to"),
        (("--interval", "60000", "--prompt", ""), "needs a prompt"),
        (("--cron", "* * * * * *"), "five fields"),
        (("--cron", "61 * * * *"), "Bad minute"),
        (("--cron", "0 0 30 2 *"), "Bad day-of-month"),
        (("--once", "2001-01-01T00:00"), "has passed"),
        (("--once", "tomorrow"), "Such as 2026-12-24T18:00"),
        (("--once", "9999-12-31T23:59"), "Such as 2026-12-24T18:00"),
        (("--interval", "0"), "from 1000 to"),
        (("--interval=-5",), "from 1000 to"),
        (("--interval", "9" * 30), "from 1000 to"),
        (("--interval", "60000", "--missed", "never"), "skip, once, or window:2h"),
        (("--interval", "60000", "--chat", "local:elsewhere"), "It has local:family"),
        (("--interval", "60000", "--group", "nobody"), "`nanoclaw groups list` shows them"),
        (("--interval", "60000", "--group", "../etc"), "`nanoclaw groups list` shows them"),
        (("--interval", "60000", "--prompt", " "), "needs a prompt"),
        (("--interval", "60000", "--prompt", "p" * 100_001), "at most 100000 characters"),
        (("--interval", "60000", "--name", "n" * 101), "at most 100 characters"),
    ],
)
def test_what_cannot_be_run_is_refused_in_a_line_with_what_can(desk: Desk, when: tuple[str, ...], says: str) -> None:
    ran = desk.run(*ADD, *when)
    assert ran.status == 1
    assert says in ran.err
    assert len(ran.err.splitlines()) <= 2
    assert desk.json("list") == {"tasks": [], "more": 0}


def test_a_script_that_cannot_be_one_is_refused(desk: Desk, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    contents = {
        "big": b"a" * 100_001,
        "huge": b"\xc3\xa4" * 300_000,
        "binary": b"\xff\xfe",
        "nul": b"a\0",
        "empty": b"\n",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    for name, says in (
        ("missing", "Name a text file"),
        (".", "Name a text file"),
        ("fifo", "Name a text file"),
        ("binary", "Name a text file"),
        ("big", "100,000 characters"),
        ("huge", "100,000 characters"),
        ("nul", "no text"),
        ("empty", "empty"),
    ):
        ran = desk.run(*ADD, "--interval", "60000", "--script", str(tmp_path / name))
        assert ran.status == 1
        assert says in ran.err


@pytest.mark.parametrize("number", ["x", "-1", "1.5", "9" * 30, "٣"])
def test_what_is_no_number_of_a_task_is_a_wrong_use(desk: Desk, number: str) -> None:
    ran = desk.run("show", "--", number)
    assert ran.status == 2
    assert "is not the number of a task" in ran.err


def test_a_task_that_is_not_there_is_said_to_be_so(desk: Desk) -> None:
    verbs = *((verb,) for verb in ("show", "pause", "resume", "cancel", "run", "runs")), ("update", "--prompt", "x")
    for verb in verbs:
        assert desk.run(*verb, "99").err == "error: There is no task 99\nhint: `nanoclaw tasks list` shows them.\n"


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ("UPDATE tasks SET value = '61 * * * *'", "Bad minute"),
        ("UPDATE tasks SET value = '* * * * * *'", "five fields"),
        ("UPDATE tasks SET kind = 'interval'", "not an interval"),
        ("UPDATE tasks SET missed = 'maybe'", "skip, once, or window:2h"),
        ("UPDATE tasks SET prompt = ''", "needs a prompt"),
        ("UPDATE tasks SET folder = 'gone'", "no group 'gone' any more"),
        ("UPDATE tasks SET chat = 'gone'", "local:gone is not a chat of family any more"),
    ],
)
def test_check_finds_stored_tasks_that_cannot_be_run(desk: Desk, broken: str, says: str) -> None:
    desk.json(*ADD, "--cron", "0 9 * * *")
    assert desk.run("check").out == "1 checked, 0 cannot be run.\n"
    desk.json(*ADD, "--cron", "0 10 * * *")
    desk.change(f"{broken} WHERE id = 1")
    ran = desk.run("check")
    assert ran.status == Exit.FAILED
    assert ran.out.startswith("task 1 (")
    assert says in ran.out
    assert ran.out.endswith("2 checked, 1 cannot be run.\n")
    assert desk.run("list").status == 0
    document = json.loads(desk.run("check", "--json").out)
    assert [bool(task["problem"]) for task in sorted(document["tasks"], key=lambda task: task["id"])] == [True, False]


def test_check_finds_a_group_that_is_gone(desk: Desk) -> None:
    desk.json(*ADD, "--cron", "0 9 * * *")
    assert desk.run("remove", "family", verb="groups").status == 0
    ran = desk.run("check")
    assert ran.status == Exit.FAILED
    assert "task 1 (family): There is no group 'family' any more." in ran.out


def test_a_zone_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    home.config.write_text('[assistant]\ntime_zone = "Mars/Olympus"\n')
    ran = Desk(home).run("list")
    assert ran.status == 1
    assert "not an IANA time zone, such as Europe/Zurich" in ran.err
