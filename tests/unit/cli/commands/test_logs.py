"""``nanoclaw logs``."""

import json

import pytest

from nanoclaw.settings.home import Home
from tests.unit.cli.conftest import Run

LINES = (
    {"time": "2026-11-22T09:00:00.000Z", "level": "info", "where": "daemon.main", "event": "ready", "version": "1"},
    {
        "time": "2026-11-22T09:30:00.000Z",
        "level": "warning",
        "where": "agents",
        "event": "agent broke",
        "group": "family",
    },
    {
        "time": "2026-11-22T09:59:00.000Z",
        "level": "error",
        "where": "store",
        "event": "no \x1b[2Jroom",
        "group": "main",
    },
)


@pytest.fixture(autouse=True)
def log(home: Home) -> None:
    home.log.parent.mkdir(parents=True)
    home.log.with_name("nanoclaw.log.1").write_text(json.dumps(LINES[0]) + "\n")
    home.log.write_text("".join(json.dumps(line) + "\n" for line in LINES[1:]))


def test_the_newest_lines_are_shown_with_nothing_that_steers_the_terminal(run: Run) -> None:
    ran = run("logs", "-n", "2")
    first, second = ran.out.splitlines()
    assert "warning  agents agent broke group=family" in first
    assert "error" in second
    assert "\x1b" not in second
    assert "room" in second


def test_lines_are_chosen_and_come_whole_as_json(run: Run) -> None:
    assert [line["event"] for line in run("--json", "logs").json["lines"]] == ["ready", "agent broke", "no \x1b[2Jroom"]
    assert run("--json", "logs", "--group", "family").json["lines"] == [LINES[1]]
    assert run("--json", "logs", "--level", "error").json["lines"] == [LINES[2]]
    assert run("--json", "logs", "--grep", "BROKE").json["lines"] == [LINES[1]]
    assert run("--json", "logs", "--since", "2026-11-22T09:30Z", "--until", "2026-11-22T09:59Z").json["lines"] == [
        LINES[1]
    ]
    assert run("logs", "--group", "nobody").out == "Nothing in the log.\n"


def test_lines_are_counted(run: Run) -> None:
    assert run("--json", "logs", "--count-by", "level").json == {
        "by": "level",
        "counts": {"error": 1, "warning": 1, "info": 1},
    }
    shown = run("logs", "--count-by", "group").out.splitlines()
    assert shown[0].split() == ["GROUP", "LINES"]
    assert shown[-1].split() == ["total", "3"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-n", "0"), "must be 1 to"),
        (("-n", "x"), "invalid int"),
        (("--since", "yesterday"), "argument --since"),
        (("--until", "1y"), "argument --until"),
        (("--level", "loud"), "invalid choice"),
        (("-f", "--count-by", "hour"), "not allowed"),
    ],
)
def test_wrong_arguments_are_refused(run: Run, arguments: tuple[str, ...], said: str) -> None:
    ran = run("logs", *arguments)
    assert ran.status == 2
    assert said in ran.err


def test_a_wrong_pattern_is_explained(run: Run) -> None:
    ran = run("logs", "--grep", "(")
    assert ran.status == 1
    assert "regular expression" in ran.err
    assert "hint:" in ran.err


def test_without_a_log_there_is_nothing_to_show(run: Run, home: Home) -> None:
    for part in home.log.parent.iterdir():
        part.unlink()
    assert run("logs").out == "Nothing in the log.\n"
