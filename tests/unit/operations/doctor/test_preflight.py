import os
import socket
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from nanoclaw.model.clock import Milliseconds, SystemClock
from nanoclaw.model.errors import NanoclawError
from nanoclaw.operations.doctor.checks import clock, credential, dependencies, python_version, time_zone
from nanoclaw.operations.doctor.checks.claude_program import CLAUDE_PROGRAM, judge
from nanoclaw.operations.doctor.checks.clock import CLOCK
from nanoclaw.operations.doctor.checks.configuration import CONFIGURATION
from nanoclaw.operations.doctor.checks.credential import CREDENTIAL
from nanoclaw.operations.doctor.checks.dependencies import DEPENDENCIES
from nanoclaw.operations.doctor.checks.engine import ENGINE
from nanoclaw.operations.doctor.checks.proxy import PROXY
from nanoclaw.operations.doctor.checks.python_version import PYTHON_VERSION
from nanoclaw.operations.doctor.checks.time_zone import TIME_ZONE
from nanoclaw.operations.doctor.contract import Severity
from nanoclaw.operations.doctor.ground import Engine, Fact
from nanoclaw.sandboxes.contract import EngineUnavailableError, SandboxKind, SandboxReport
from nanoclaw.sandboxes.engine import EngineClient, Outcome
from nanoclaw.settings.home import Home
from nanoclaw.store.survey import Roll
from nanoclaw.stub_model.script import Script
from nanoclaw.stub_model.server import StubModel
from tests.fakes.clocks import HeldWallClock, ShiftedClock
from tests.unit.operations.doctor.conftest import Make, group, is_ok, known, only, run

KEY = "ANTHROPIC_API_KEY=sk-ant-check-0123456789abcdef\n"
OK, WARNING, ERROR, SKIPPED = Severity.OK, Severity.WARNING, Severity.ERROR, Severity.SKIPPED


def test_this_python_is_fine_and_an_old_one_is_not(ground: Make) -> None:
    assert is_ok(PYTHON_VERSION, ground())
    assert python_version.judge((3, 10)).severity is ERROR


def test_packages_of_another_version_or_missing_ones_are_named() -> None:
    lock = "aiohttp==3.14.5 \\\n    --hash=sha256:00\ncolorama==0.4.6 ; sys_platform == 'win32' \\\n    --hash=x\n"
    assert dependencies.judge(lock, {"aiohttp": "3.14.5", "colorama": None}).severity is OK
    other = dependencies.judge(lock, {"aiohttp": "3.13.0", "colorama": None})
    assert (other.severity, "aiohttp 3.13.0 (lock: 3.14.5)" in other.what.en) == (ERROR, True)
    missing = dependencies.judge(lock, {"aiohttp": None, "colorama": None})
    assert "1 missing" in missing.what.en


def test_a_package_that_is_locked_for_several_pythons_is_one_of_them() -> None:
    lock = (
        "soup==2.10 ; python_full_version < '3.11.5' \\\n    --hash=x\nsoup==4.1.3 ; python_full_version >= '3.11.5'\n"
    )
    fine = dependencies.judge(lock, {"soup": "4.1.3"})
    assert (fine.severity, fine.what.en) == (OK, "1 packages as in the lock")
    other = dependencies.judge(lock, {"soup": "4.0"})
    assert "soup 4.0 (lock: 2.10 or 4.1.3)" in other.what.en


def test_the_packages_here_are_compared_with_the_real_lock(ground: Make) -> None:
    finding = only(DEPENDENCIES, ground())
    assert "packages" in finding.what.en or "of another version" in finding.what.en


def test_the_claude_program_runs_here_and_one_that_fails_is_an_error(ground: Make, tmp_path: Path) -> None:
    assert is_ok(CLAUDE_PROGRAM, ground())
    broken = tmp_path / "claude"
    broken.write_text("#!/bin/sh\necho 'cannot open shared object' >&2\nexit 127\n")
    broken.chmod(stat.S_IRWXU)
    outcome = run(EngineClient(str(broken), {"PATH": os.defpath}).call("--version"))
    finding = judge(outcome, str(broken))
    assert (finding.severity, "cannot open shared object" in finding.what.en) == (ERROR, True)
    assert judge(Outcome(code=0, text="2.1.330", error=""), "claude").severity is OK


def test_an_engine_that_answers_is_named_and_none_at_all_is_an_error(ground: Make) -> None:
    report = SandboxReport(kind=SandboxKind.DOCKER, usable=True, version="28.1")
    assert only(ENGINE, ground(engine=known(Engine(sandbox=None, report=report)))).what.en == "docker 28.1"
    missing = Engine(sandbox=None, problem=EngineUnavailableError("No sandbox can be used", hint="Install Docker"))
    finding = only(ENGINE, ground(engine=known(missing)))
    assert (finding.severity, "No sandbox" in finding.what.en) == (ERROR, True)


def test_an_engine_that_is_configured_but_not_there_is_an_error(ground: Make, tmp_path: Path) -> None:
    made = ground(config='[sandbox]\nkind = "apple-container"\n')
    assert only(ENGINE, made).severity is ERROR


def test_a_missing_key_is_an_error_and_one_in_the_file_is_named_not_shown(ground: Make) -> None:
    assert only(CREDENTIAL, ground()).severity is ERROR
    finding = only(CREDENTIAL, ground(env=KEY))
    assert (finding.severity, "ANTHROPIC_API_KEY in .env" in finding.what.en) == (OK, True)
    assert "0123456789" not in finding.what.en


def test_a_live_look_asks_the_service_and_says_what_it_answered(ground: Make) -> None:
    async def served() -> None:
        stub = StubModel(Script(), SystemClock())
        url = await stub.start()
        try:
            made = ground(env=f"{KEY}ANTHROPIC_BASE_URL={url}\n", live=True)
            (finding,) = await CREDENTIAL.look(made)
            assert (finding.severity, "taken by the service" in finding.what.en) == (OK, True)
        finally:
            await stub.close()

    run(served())


def test_a_key_that_the_service_refuses_is_an_error_and_an_odd_answer_says_nothing() -> None:
    assert credential.judge(401, "ANTHROPIC_API_KEY in .env").severity is ERROR
    assert credential.judge(404, "ANTHROPIC_API_KEY in .env").severity is SKIPPED


def test_a_service_that_nobody_reaches_is_a_warning(ground: Make) -> None:
    made = ground(env=f"{KEY}ANTHROPIC_BASE_URL=http://127.0.0.1:9\n", live=True)
    assert only(CREDENTIAL, made).severity is WARNING


def test_a_proxy_that_is_none_or_that_nobody_serves_is_found(ground: Make) -> None:
    assert is_ok(PROXY, ground())
    assert only(PROXY, ground(env="HTTPS_PROXY=socks5://127.0.0.1:1080\n")).severity is ERROR
    dead = ground(env="HTTPS_PROXY=http://user:secret@127.0.0.1:9\n", live=True)
    finding = only(PROXY, dead)
    assert (finding.severity, "secret" in finding.what.en) == (ERROR, False)
    assert only(PROXY, replace(dead, live=False)).severity is OK


def test_a_key_file_that_cannot_be_read_is_no_matter_of_the_proxy(ground: Make, home: Home) -> None:
    home.env_file.write_bytes(b"ANTHROPIC_API_KEY=\xff\xfe")
    made = ground()
    assert [only(check, made).severity for check in (PROXY, CREDENTIAL, CONFIGURATION)] == [SKIPPED, SKIPPED, ERROR]
    assert "not UTF-8" in only(CONFIGURATION, made).what.en


def test_a_proxy_that_somebody_serves_is_fine(ground: Make) -> None:
    with socket.socket() as served:
        served.bind(("127.0.0.1", 0))
        served.listen()
        made = ground(env=f"HTTPS_PROXY=http://127.0.0.1:{served.getsockname()[1]}\n", live=True)
        assert "answers" in only(PROXY, made).what.en
        assert is_ok(PROXY, made)


@pytest.mark.parametrize("now", [Milliseconds(0), Milliseconds(4_102_444_800_000 * 3), Milliseconds(-1)])
def test_a_clock_that_cannot_be_right_is_an_error(now: Milliseconds) -> None:
    assert clock.judge(now, Milliseconds(1_795_341_600_000), synchronised=True).severity is ERROR


def test_a_clock_set_back_is_found_by_the_check_itself(ground: Make) -> None:
    assert only(CLOCK, ground(clock=HeldWallClock(1_000_000_000_000))).severity is ERROR


def test_a_clock_behind_the_newest_message_is_a_warning(ground: Make, home: Home) -> None:
    group(home, "family")
    finding = only(CLOCK, ground(clock=ShiftedClock(-5 * 3600)))
    assert (finding.severity, "4 hours ahead" in finding.what.en or "5 hours ahead" in finding.what.en) == (
        WARNING,
        True,
    )
    assert "ahead" not in only(CLOCK, ground()).what.en


def test_the_clock_is_judged_also_where_no_message_can_be_read(ground: Make) -> None:
    async def closed() -> Roll:
        raise PermissionError(13, "Permission denied")

    assert " UTC" in only(CLOCK, ground(roll=Fact(closed))).what.en


def test_a_clock_that_nothing_keeps_right_is_a_warning_and_an_unknown_one_is_skipped() -> None:
    now = Milliseconds(1_795_341_600_000)
    assert clock.judge(now, now, synchronised=False).severity is WARNING
    assert clock.judge(now, now, synchronised=None).severity is SKIPPED
    assert clock.judge(now, now, synchronised=True).severity is OK


def test_no_zone_anywhere_is_a_warning_and_a_configured_one_is_fine(ground: Make) -> None:
    assert time_zone.judge("", "UTC", "UTC").severity is WARNING
    assert only(TIME_ZONE, ground(config='[assistant]\ntime_zone = "Asia/Shanghai"\n')).what.en.startswith("Asia/S")


def test_without_a_readable_configuration_the_zone_is_not_known(ground: Make) -> None:
    made = ground(config='[assistant]\ntime_zone = "Mars/Olympus"\n')
    assert isinstance(made.settings_problem, NanoclawError)
    assert only(TIME_ZONE, made).severity is SKIPPED
