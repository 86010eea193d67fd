"""The command where no service manager is: what it says, and what it leaves alone. The rest is an integration test."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from nanoclaw.cli.exits import Exit
from nanoclaw.operations.service.breaker import StartBreaker, breaker_file
from nanoclaw.operations.service.statuses import NO_RESTART, DaemonExit
from nanoclaw.settings.home import Home
from tests.fakes.clocks import HeldWallClock
from tests.unit.cli.conftest import Ran, Run

booted = pytest.mark.skipif(Path("/run/systemd/system").exists(), reason="systemd looks after this machine")


@pytest.fixture
def failed_starts(home: Home) -> Callable[[int], None]:
    def fail(times: int) -> None:
        home.create()
        for _ in range(times):
            StartBreaker(home, HeldWallClock()).approach()
            StartBreaker(home, HeldWallClock()).begin()

    return fail


def test_the_daemons_exit_statuses_are_the_commands(run: Run) -> None:
    assert {status.value for status in DaemonExit} <= set(map(int, Exit))
    for name in ("USAGE", "STAY_DOWN", "NEEDS_A_PERSON"):
        assert Exit[name].value == DaemonExit[name].value
        assert DaemonExit[name] in NO_RESTART
    assert Exit.ERROR.value == DaemonExit.FAILED.value


def test_the_unit_can_be_looked_at_without_changing_anything(run: Run, home: Home) -> None:
    ran = run("service", "install", "--show")
    assert ran.status == 0
    assert "Type=notify" in ran.out
    assert f'"--home" "{home.root}" "run"' in ran.out
    shown = run("service", "install", "--show", "--json").json
    assert shown["text"].strip() == ran.out.strip()
    assert not home.root.exists()
    assert not Path(shown["path"]).exists()


@booted
def test_without_a_manager_installing_says_what_to_do_instead(run: Run, home: Home) -> None:
    ran = run("service", "install")
    assert ran.status == Exit.ERROR
    assert "systemd does not look after this machine" in ran.err
    assert "NANOCLAW_SUPERVISED=1" in ran.err
    assert not home.root.exists()


@pytest.mark.parametrize("verb", ["start", "stop", "restart", "logs"])
def test_what_is_not_installed_cannot_be_changed(run: Run, verb: str) -> None:
    ran = run("service", verb)
    assert ran.status == Exit.ERROR
    assert "There is no service for" in ran.err
    assert "service install" in ran.err


def test_removing_what_is_not_there_is_quiet(run: Run) -> None:
    assert run("service", "uninstall", "--json").json == {"changed": False}


def test_the_status_works_without_a_service_a_home_or_a_daemon(run: Run) -> None:
    ran = run("service", "status", "--json")
    assert ran.status == Exit.DAEMON_DOWN
    assert ran.json["state"] == "not installed"
    assert ran.json["breaker"] == {"failures": 0, "wait_seconds": 0, "next_start": None}
    assert set(ran.json) == {
        *("manager", "scope", "name", "path", "installed", "state", "detail", "pid", "restarts", "enabled"),
        *("last_exit", "problems", "breaker"),
    }


def test_failed_starts_and_the_next_one_are_shown_by_both_statuses(
    run: Run, home: Home, failed_starts: Callable[[int], None]
) -> None:
    failed_starts(3)
    StartBreaker(home, HeldWallClock()).approach()
    shown = run("service", "status", "--json").json["breaker"]
    assert (shown["failures"], shown["wait_seconds"]) == (3, 30)
    assert shown["next_start"].endswith("Z")
    for ran in (run("service", "status"), run("status")):
        assert "3 starts in a row failed; the next begins at" in ran.out + ran.err


def test_a_next_start_beyond_all_calendars_is_not_shown(run: Run, home: Home) -> None:
    home.create()
    breaker_file(home).write_text(json.dumps({"failures": 3, "open": False, "next_at": 10**20}))
    assert run("service", "status", "--json").json["breaker"]["next_start"] is None


@pytest.mark.parametrize("lines", ["0", "-1", "10001"])
def test_a_number_of_lines_that_cannot_be_is_refused(run: Run, lines: str) -> None:
    assert run("service", "logs", "-n", lines).status == Exit.USAGE


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a home that is root's")
def test_a_system_service_for_root_is_refused(run: Run, home: Home) -> None:
    home.create()
    ran = run("service", "install", "--system")
    assert ran.status == Exit.ERROR
    assert "does not run as root" in ran.err


def test_a_broken_configuration_is_no_service(run: Run, home: Home) -> None:
    home.create()
    home.config.write_text("[agents]\nat_once = 0\n")
    ran: Ran = run("service", "install")
    assert ran.status == Exit.ERROR
    assert "agents.at_once" in ran.err
