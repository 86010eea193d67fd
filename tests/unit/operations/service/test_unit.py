import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanoclaw.operations.service.contract import Account, Confinement, Scope, ServicePlan
from nanoclaw.operations.service.errors import UnfitServiceError
from nanoclaw.operations.service.unit import home_of, program_of, unit_text

PLAN = ServicePlan(
    home=Path("/srv/nanoclaw"),
    program=("/usr/bin/python3", "-P", "-m", "nanoclaw"),
    account=Account(name="games", uid=5, home=Path("/usr/games")),
    environment={"PATH": "/usr/bin:/bin"},
)
SYSTEM = replace(PLAN, scope=Scope.SYSTEM)
WEIRD = "/srv/my 50% \"claw\" $HOME {x} é日本 ~ #;\\n 'q'"

analyze = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")


def checked(plan: ServicePlan, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What systemd-analyze says of the unit. verify also wants each program and folder to be there."""
    path = folder / "nanoclaw.service"
    path.write_text(unit_text(plan))
    command = ["systemd-analyze", *arguments, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@analyze
@pytest.mark.parametrize("home", ["/srv/nanoclaw", WEIRD])
@pytest.mark.parametrize("scope", list(Scope))
@pytest.mark.parametrize("confinement", list(Confinement))
def test_systemd_finds_no_fault(tmp_path: Path, home: str, scope: Scope, confinement: Confinement) -> None:
    plan = replace(PLAN, home=Path(home), scope=scope, confinement=confinement, program=("/bin/sh", "-P"))
    # Verified as a unit of the machine also where it is an account's: its manager need not run for that.
    ran = checked(plan, tmp_path, "verify", "--recursive-errors=one", "--man=no")
    assert (ran.returncode, ran.stderr) == (0, "")


@analyze
def test_a_misspelt_key_would_be_found(tmp_path: Path) -> None:
    path = tmp_path / "nanoclaw.service"
    path.write_text(unit_text(PLAN).replace("WatchdogSec", "WatchDogSec").replace("/usr/bin/python3", "/bin/sh"))
    command = ["systemd-analyze", "verify", "--recursive-errors=one", "--man=no", str(path)]
    assert subprocess.run(command, capture_output=True, check=False, timeout=60).returncode != 0


@analyze
@pytest.mark.parametrize(("confinement", "most"), [(Confinement.ENGINE, 20), (Confinement.NAMESPACES, 30)])
def test_the_machines_unit_is_closed_off(tmp_path: Path, confinement: Confinement, most: int) -> None:
    plan = replace(SYSTEM, confinement=confinement)
    ran = checked(plan, tmp_path, "security", "--offline=yes", f"--threshold={most}", "--no-pager")
    assert ran.returncode == 0, ran.stdout
    strict = checked(plan, tmp_path, "security", "--offline=yes", "--threshold=5", "--no-pager")
    assert strict.returncode != 0, "the threshold is looked at"


def test_the_daemon_is_watched_and_always_started_again_but_where_that_is_no_use() -> None:
    lines = unit_text(PLAN).splitlines()
    for line in (
        "Type=notify",
        "WatchdogSec=90",
        "Restart=always",
        "RestartPreventExitStatus=2 6 78",
        "SuccessExitStatus=6",
        "StartLimitBurst=10",
        "KillMode=mixed",
        "TimeoutStopSec=50",
        "WantedBy=default.target",
    ):
        assert line in lines


def test_a_stop_may_take_as_long_as_the_settings_allow() -> None:
    assert "TimeoutStopSec=631" in unit_text(replace(PLAN, stop_seconds=600.5))


def test_an_accounts_own_unit_asks_for_nothing_that_its_manager_could_not_do() -> None:
    text = unit_text(PLAN)
    assert "User=" not in text
    assert "Protect" not in text
    assert "NoNewPrivileges" not in text


def test_the_machines_unit_can_write_only_its_home() -> None:
    lines = unit_text(SYSTEM).splitlines()
    assert [line for line in lines if line.startswith("ReadWritePaths")] == [
        'ReadWritePaths="/srv/nanoclaw"',
        'ReadWritePaths="-/usr/games/.docker"',
    ]
    assert {"User=games", "ProtectSystem=strict", "ProtectHome=read-only", "PrivateTmp=yes"} <= set(lines)


def test_the_machines_unit_may_write_where_backups_are_copied_to() -> None:
    lines = unit_text(replace(SYSTEM, copies=(Path("/mnt/my nas"),))).splitlines()
    assert 'ReadWritePaths="-/mnt/my nas"' in lines


def test_a_unit_in_which_bubblewrap_works_covers_no_part_of_proc() -> None:
    keys = ("ProtectKernelTunables=", "ProtectKernelLogs=", "ProtectHostname=", "ProcSubset=")
    assert not [key for key in keys if key in unit_text(replace(SYSTEM, confinement=Confinement.NAMESPACES))]
    assert "ProtectKernelTunables=yes" in unit_text(replace(SYSTEM, confinement=Confinement.ENGINE))


def test_a_home_in_a_temporary_folder_is_not_hidden_from_its_own_daemon() -> None:
    assert "PrivateTmp" not in unit_text(replace(SYSTEM, home=Path("/var/tmp/nanoclaw")))
    assert "PrivateTmp" not in unit_text(replace(SYSTEM, program=("/tmp/env/bin/python",)))


def test_credentials_are_named_by_their_file_only() -> None:
    text = unit_text(replace(PLAN, env_file=Path("/etc/nano claw 1%.env")))
    assert "LoadCredential=nanoclaw.env:/etc/nano claw 1%%.env" in text.splitlines()
    assert "LoadCredential" not in unit_text(PLAN)


@pytest.mark.parametrize(
    "path", ["/srv/a\nb", "/srv/a\tb", "/srv/a\x7f", "/srv/a\u2028b", "/srv/end\\", "/srv/end ", "/srv/\udcff"]
)
def test_a_path_that_no_unit_can_hold_is_refused(path: str) -> None:
    with pytest.raises(UnfitServiceError) as caught:
        unit_text(replace(PLAN, home=Path(path)))
    assert caught.value.hint
    assert str(caught.value).isprintable()


def test_a_unit_tells_whose_it_is() -> None:
    text = unit_text(replace(PLAN, home=Path(WEIRD)))
    assert home_of(text) == Path(WEIRD)
    assert program_of(text) == Path("/usr/bin/python3")
    for foreign in ("", "[Service]\nExecStart=/bin/true", "# nanoclaw-home: {", "# nanoclaw-home: 7"):
        assert home_of(foreign) is None


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=60))
def test_no_path_adds_a_line_or_a_specifier(name: str) -> None:
    try:
        text = unit_text(replace(SYSTEM, home=Path("/srv") / name.replace("/", "_")))
    except UnfitServiceError:
        return
    assert len(text.splitlines()) == len(unit_text(SYSTEM).splitlines())
    for line in text.splitlines()[3:]:
        assert "%" not in line.replace("%%", "")
