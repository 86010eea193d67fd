"""The argv and the property list; launchd itself is not here. It was never run on macOS."""

import os
import plistlib
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from nanoclaw.operations.service.choose import choose_keeper, find_installed
from nanoclaw.operations.service.contract import Scope, ServiceState
from nanoclaw.operations.service.errors import ForeignServiceError, NoServiceManagerError, ServiceError
from nanoclaw.operations.service.launchd import Launchd
from nanoclaw.operations.service.property_list import home_of, program_of, property_list
from tests.unit.operations.service.conftest import Bench

PRINTED = """com.nanoclaw = {
\tactive count = 1
\tpath = /Users/alice/Library/LaunchAgents/com.nanoclaw.plist
\tstate = running
\tprogram = /bin/sh
\truns = 3
\tpid = 42
\tlast exit code = 70: EX_SOFTWARE
}
"""


@pytest.fixture
def mac(bench: Bench) -> Bench:
    bench.platform = "darwin"
    bench.uid = 501
    return bench


def keeper(mac: Bench) -> Launchd:
    return Launchd(machine=mac.machine, home=mac.home, account=mac.machine.account)


def test_the_list_says_what_launchd_must_know(mac: Bench) -> None:
    job = plistlib.loads(property_list(mac.plan()).encode())
    assert job["Label"] == "com.nanoclaw"
    assert job["ProgramArguments"] == ["/bin/sh", "-m", "nanoclaw", "--home", str(mac.home), "run"]
    assert job["RunAtLoad"] is True
    assert job["KeepAlive"] == {"SuccessfulExit": False}
    assert job["ProcessType"] == "Interactive"
    assert job["ThrottleInterval"] == 10
    assert job["ExitTimeOut"] == 50
    assert job["Umask"] == 0o077
    assert job["EnvironmentVariables"] == {"PATH": "/usr/bin:/bin", "NANOCLAW_SUPERVISED": "1"}
    assert job["StandardOutPath"] == job["StandardErrorPath"] == str(mac.home / "logs/service.out")
    for key in ("WorkingDirectory", "StandardOutPath"):
        assert Path(job[key]).is_absolute()


def test_paths_of_any_kind_come_back_as_they_were(mac: Bench) -> None:
    home = Path('/Users/al ice/50% <claw> & "é" 日本')
    text = property_list(replace(mac.plan(), home=home))
    assert home_of(text) == home
    assert program_of(text) == Path("/bin/sh")
    assert plistlib.loads(text.encode())["ProgramArguments"][4] == str(home)


@pytest.mark.parametrize("text", ["", "no list", "<plist>", '<?xml version="1.0"?><plist><array/></plist>'])
def test_what_is_no_list_of_ours_is_foreign(text: str) -> None:
    assert home_of(text) is None
    assert program_of(text) is None


def test_installing_and_starting_load_the_job_into_the_session(mac: Bench) -> None:
    mac.fail("print", "Could not find service\n")
    done = keeper(mac).install(mac.plan())
    assert done.path == mac.folder / "alice/Library/LaunchAgents/com.nanoclaw.plist"
    assert done.path.stat().st_mode & 0o777 == 0o600
    keeper(mac).start()
    assert mac.calls() == [
        "launchctl print gui/501/com.nanoclaw",
        "launchctl enable gui/501/com.nanoclaw",
        "launchctl print gui/501/com.nanoclaw",
        f"launchctl bootstrap gui/501 {done.path}",
    ]


def test_installing_again_changes_nothing(mac: Bench) -> None:
    mac.fail("print", "Could not find service\n")
    keeper(mac).install(mac.plan())
    assert not keeper(mac).install(mac.plan()).changed


def test_a_loaded_job_is_started_by_kickstart(mac: Bench) -> None:
    mac.answer("print", PRINTED)
    keeper(mac).start()
    assert mac.calls()[-1] == "launchctl kickstart gui/501/com.nanoclaw"


def test_a_stop_unloads_and_waits_until_the_job_is_gone(mac: Bench) -> None:
    script = mac.folder / "bin/launchctl"
    text = script.read_text()
    script.write_text(
        text.replace("exit 0", 'if [ "$1" = bootout ]; then echo gone > "$RECORD/fail-print"; fi\nexit 0')
    )
    keeper(mac).stop()
    assert mac.calls() == [
        "launchctl print gui/501/com.nanoclaw",
        "launchctl bootout gui/501/com.nanoclaw",
        "launchctl print gui/501/com.nanoclaw",
    ]


def test_removing_takes_the_list_away_and_twice_is_nothing(mac: Bench) -> None:
    mac.fail("print", "Could not find service\n")
    keeper(mac).install(mac.plan())
    assert keeper(mac).uninstall()
    assert not keeper(mac).path.exists()
    assert not keeper(mac).uninstall()


def test_the_report_reads_what_launchctl_prints(mac: Bench) -> None:
    assert keeper(mac).report().state is ServiceState.NOT_INSTALLED
    mac.fail("print", "Could not find service\n")
    keeper(mac).install(mac.plan())
    assert keeper(mac).report().state is ServiceState.STOPPED
    (mac.folder / "fail-print").unlink()
    mac.answer("print", PRINTED)
    report = keeper(mac).report()
    assert (report.state, report.pid, report.restarts) == (ServiceState.RUNNING, 42, 2)
    assert report.last_exit == "status 70: EX_SOFTWARE"


def test_a_program_that_is_gone_is_named(mac: Bench) -> None:
    mac.fail("print", "Could not find service\n")
    keeper(mac).install(mac.plan("/gone/python"))
    [problem] = keeper(mac).report().problems
    assert "/gone/python, which is not there" in problem
    [other] = keeper(mac).report(mac.plan("/gone/python", "-x")).problems
    assert other == problem


def test_anybody_elses_job_stays(mac: Bench) -> None:
    path = keeper(mac).path
    path.parent.mkdir(parents=True)
    path.write_bytes(plistlib.dumps({"Label": "com.nanoclaw"}))
    with pytest.raises(ForeignServiceError):
        keeper(mac).install(mac.plan())
    assert mac.calls() == []


def test_what_launchctl_refuses_is_said(mac: Bench) -> None:
    mac.fail("bootstrap", "Bootstrap failed: 125: Domain does not support specified action\n")
    mac.fail("print", "no\n")
    with pytest.raises(ServiceError, match="125"):
        keeper(mac).start()
    mac.fail("version", "no\n")
    with pytest.raises(NoServiceManagerError):
        keeper(mac).require()


def test_on_macos_launchd_is_chosen(mac: Bench) -> None:
    mac.fail("print", "no\n")
    assert choose_keeper(mac.machine, mac.home, Scope.USER).manager == "launchd"
    keeper(mac).install(mac.plan())
    assert find_installed(mac.machine, mac.home).manager == "launchd"
    assert keeper(mac).journal(5, follow=True) == ()


def test_apples_own_checker_has_nothing_to_say(mac: Bench, tmp_path: Path) -> None:
    plutil = "/usr/bin/plutil"
    if not os.access(plutil, os.X_OK):
        pytest.skip("needs plutil, which is a part of macOS")
    (tmp_path / "job.plist").write_text(property_list(mac.plan()))
    assert subprocess.run([plutil, "-lint", str(tmp_path / "job.plist")], check=False, timeout=20).returncode == 0
