"""``nanoclaw usage``."""

import pytest

from tests.fakes.control_thread import ServerThread
from tests.unit.cli.conftest import Run


def test_lines_and_a_total_are_a_table(run: Run, daemon: ServerThread) -> None:
    ran = run("usage")
    assert ran.status == 0
    heads, line, total = ran.out.splitlines()
    assert heads.split() == ["DAY", "CALLS", "INPUT", "OUTPUT", "CACHE", "READ", "CACHE", "WRITTEN", "USD"]
    assert line.split() == ["2026-11-22", "3", "1,200", "340", "0", "0", "0.0123"]
    assert total.split()[0] == "total"


@pytest.mark.parametrize("by", ["day", "group", "task", "model", "turn"])
def test_json_is_the_documented_shape_with_and_without_a_daemon(
    run: Run, by: str, request: pytest.FixtureRequest
) -> None:
    stopped = run("usage", "--by", by, "--since", "7d", "--json")
    request.getfixturevalue("daemon")
    running = run("usage", "--by", by, "--since", "2026-11-15T00:00:00Z", "--json")
    assert (stopped.status, running.status) == (0, 0)
    assert stopped.json == running.json
    assert stopped.json["by"] == by


def test_turns_are_shown_with_their_group_and_model(run: Run, daemon: ServerThread) -> None:
    heads, line, _ = run("usage", "--by", "turn").out.splitlines()
    assert heads.endswith("GROUP, MODEL")
    assert line.rstrip().endswith("0.0123  main, claude-sonnet-4-5")


@pytest.mark.parametrize("wrong", [("--by", "planet"), ("--since", "yesterday-ish")])
def test_what_it_does_not_know_it_refuses(run: Run, wrong: tuple[str, str]) -> None:
    ran = run("usage", *wrong)
    assert ran.status == 2
    assert wrong[0] in ran.err or wrong[1] in ran.err
