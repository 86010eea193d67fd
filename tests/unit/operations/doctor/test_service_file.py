import plistlib
import sys
from dataclasses import replace

import pytest

from nanoclaw.operations.doctor.checks.service import SERVICE
from nanoclaw.operations.doctor.checks.service_restart import SERVICE_RESTART, restarts
from nanoclaw.operations.doctor.checks.start_failures import START_FAILURES
from nanoclaw.operations.doctor.contract import Severity
from nanoclaw.operations.service.breaker import StartBreaker
from nanoclaw.operations.service.choose import choose_keeper, draw_plan
from nanoclaw.operations.service.contract import Scope, ServiceKeeper
from nanoclaw.settings.home import Home
from nanoclaw.settings.load import engine_environment
from tests.unit.operations.doctor.conftest import Make, is_ok, known, look, mend, only
from tests.unit.operations.service.conftest import Bench, bench

__all__ = ["bench"]
OK, WARNING, ERROR, SKIPPED = Severity.OK, Severity.WARNING, Severity.ERROR, Severity.SKIPPED
SHOWN = (
    "LoadState=loaded\nActiveState=active\nSubState=running\nMainPID=7\nNRestarts={restarts}\nUnitFileState={state}\n"
)


def _install(bench: Bench, home: Home) -> ServiceKeeper:
    bench.answer("show", SHOWN.format(restarts=0, state="enabled"))
    keeper = choose_keeper(bench.machine, home.root, Scope.USER)
    program = (sys.executable, "-P", "-m", "nanoclaw")
    keeper.install(draw_plan(home, program, bench.machine.account, Scope.USER, engine_environment()))
    return keeper


def _linger(bench: Bench) -> None:
    (bench.folder / "root/var/lib/systemd/linger/alice").write_text("")


def test_without_a_service_there_is_a_warning_and_nothing_is_installed_by_a_fix(
    ground: Make, bench: Bench, home: Home
) -> None:
    made = ground(machine=known(bench.machine))
    assert only(SERVICE, made).severity is WARNING
    assert only(SERVICE_RESTART, made).severity is SKIPPED
    assert mend(SERVICE, made) == []
    assert not any(bench.machine.user_units.glob("*"))


def test_a_service_that_is_up_to_date_enabled_and_lingers_is_fine(ground: Make, bench: Bench, home: Home) -> None:
    _install(bench, home)
    _linger(bench)
    made = ground(machine=known(bench.machine))
    assert is_ok(SERVICE, made)
    assert is_ok(SERVICE_RESTART, made)


def test_a_unit_that_was_changed_is_written_anew_by_the_fix_once(ground: Make, bench: Bench, home: Home) -> None:
    keeper = _install(bench, home)
    _linger(bench)
    made = ground(machine=known(bench.machine))
    before = keeper.path.read_text()
    keeper.path.write_text(before.replace("Restart=always", "Restart=no"))
    assert only(SERVICE, made).severity is WARNING
    assert only(SERVICE_RESTART, made).severity is ERROR
    assert len(mend(SERVICE, made)) == 1
    assert keeper.path.read_text() == before
    assert is_ok(SERVICE, made)
    assert is_ok(SERVICE_RESTART, made)
    assert mend(SERVICE, made) == []


def test_a_service_that_does_not_start_by_itself_is_a_warning(ground: Make, bench: Bench, home: Home) -> None:
    _install(bench, home)
    bench.answer("show", SHOWN.format(restarts=0, state="disabled"))
    finding = only(SERVICE, ground(machine=known(bench.machine)))
    assert (finding.severity, "does not start" in finding.what.en) == (WARNING, True)


def test_a_service_that_failed_is_an_error(ground: Make, bench: Bench, home: Home) -> None:
    _install(bench, home)
    bench.answer("show", "ActiveState=failed\nUnitFileState=enabled\nResult=exit-code\nExecMainStatus=78\n")
    finding = only(SERVICE, ground(machine=known(bench.machine)))
    assert (finding.severity, "status 78" in finding.what.en) == (ERROR, True)


def test_without_an_answer_of_the_manager_that_is_said(ground: Make, bench: Bench, home: Home) -> None:
    _install(bench, home)
    bench.fail("show", "Failed to connect to bus")
    finding = only(SERVICE, ground(machine=known(bench.machine)))
    assert (finding.severity, "does not answer" in finding.what.en) == (WARNING, True)


def test_a_file_of_the_same_name_that_is_not_ours_is_an_error(ground: Make, bench: Bench, home: Home) -> None:
    keeper = choose_keeper(bench.machine, home.root, Scope.USER)
    keeper.path.parent.mkdir(parents=True)
    keeper.path.write_text("[Service]\nExecStart=/bin/true\n")
    assert only(SERVICE, ground(machine=known(bench.machine))).severity is ERROR


def test_a_unit_of_a_home_that_was_moved_away_is_named(ground: Make, bench: Bench, home: Home) -> None:
    _install(bench, home)
    made = ground(machine=known(bench.machine))
    moved = Home(home.root.rename(home.root.with_name("moved")))
    finding = only(SERVICE, replace(made, home=moved))
    assert (finding.severity, "which is gone" in finding.what.en) == (WARNING, True)


def test_no_lingering_and_restarts_are_warnings(ground: Make, bench: Bench, home: Home) -> None:
    _install(bench, home)
    bench.answer("show", SHOWN.format(restarts=3, state="enabled"))
    found = look(SERVICE_RESTART, ground(machine=known(bench.machine)))
    assert [one.severity for one in found] == [WARNING, WARNING]
    assert "lingering" in found[0].what.en
    assert "3 times" in found[1].what.en


@pytest.mark.parametrize(
    ("text", "again"),
    [
        ("[Service]\nRestart=always\n", True),
        ("[Service]\nRestart=on-failure\n", True),
        ("[Service]\nRestart=no\n", False),
        ("[Service]\n", False),
        (plistlib.dumps({"KeepAlive": True}).decode(), True),
        (plistlib.dumps({"RunAtLoad": True}).decode(), False),
        ("<?xml broken", False),
    ],
)
def test_what_asks_for_a_restart(text: str, again: bool) -> None:  # noqa: FBT001 - a column of the table
    assert restarts(text) is again


def test_failed_starts_in_a_row_are_an_error(ground: Make, home: Home) -> None:
    made = ground()
    assert is_ok(START_FAILURES, made)
    breaker = StartBreaker(home, made.clock)
    breaker.begin()
    breaker.approach()
    assert only(START_FAILURES, made).severity is WARNING
    for _ in range(3):
        breaker.approach()
        breaker.begin()
    breaker.approach()
    assert only(START_FAILURES, made).severity is ERROR
    breaker.reset()
    assert is_ok(START_FAILURES, made)


def test_a_broken_configuration_does_not_hide_the_service(ground: Make, bench: Bench, home: Home) -> None:
    _install(bench, home)
    made = replace(ground(config="[assistant"), machine=known(bench.machine))
    assert is_ok(SERVICE, made)
