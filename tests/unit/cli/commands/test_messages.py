import pytest

from nanoclaw.cli.exits import Exit
from nanoclaw.cli.spans import parse_since
from tests.fakes.clocks import HeldWallClock
from tests.fakes.control_thread import ServerThread
from tests.unit.cli.conftest import Run


def test_the_history_is_printed_oldest_first(run: Run, daemon: ServerThread) -> None:
    run("send", "one\ntwo")
    lines = run("messages", "list").out.splitlines()
    assert "main < owner: one" in lines[0]
    assert lines[1] == "    two"
    assert "main > Andy: You said: one" in lines[2]


def test_limit_group_and_since_narrow_it(run: Run, daemon: ServerThread) -> None:
    run("send", "one")
    assert len(run("messages", "list", "--limit", "1", "--json").json["messages"]) == 1
    assert run("messages", "list", "--group", "other", "--json").json["messages"] == []
    assert run("messages", "list", "--since", "2030-01-01", "--json").json["messages"] == []


def test_it_can_be_read_while_the_daemon_is_stopped(run: Run) -> None:
    assert run("messages", "list").out == "No messages.\n"


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2h", "2026-11-22T08:00:00.000Z"),
        ("3d", "2026-11-19T10:00:00.000Z"),
        ("2026-11-22T10:00:00+02:00", "2026-11-22T08:00:00.000Z"),
    ],
)
def test_times_and_spans_are_understood(text: str, iso: str) -> None:
    assert parse_since(text, HeldWallClock()) == iso


@pytest.mark.parametrize("argv", [["--since", "soon"], ["--since", "999999w"], ["--limit", "0"], ["--limit", "1001"]])
def test_nonsense_is_a_usage_error(run: Run, argv: list[str]) -> None:
    assert run("messages", "list", *argv).status == Exit.USAGE
