import os
import socket
import subprocess
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from nanoclaw.model.groups import Group, GroupFolder, GroupId
from nanoclaw.operations.doctor.checks import paths, trigger_clashes, triggers
from nanoclaw.operations.doctor.checks.configuration import CONFIGURATION
from nanoclaw.operations.doctor.checks.folders import FOLDERS
from nanoclaw.operations.doctor.checks.groups import GROUPS
from nanoclaw.operations.doctor.checks.ipc import IPC
from nanoclaw.operations.doctor.checks.mounts import MOUNTS
from nanoclaw.operations.doctor.checks.paths import PATHS
from nanoclaw.operations.doctor.checks.tasks import TASKS
from nanoclaw.operations.doctor.checks.trigger_clashes import TRIGGER_CLASHES
from nanoclaw.operations.doctor.checks.triggers import TRIGGERS
from nanoclaw.operations.doctor.contract import Severity
from nanoclaw.operations.doctor.run import Repair, examine, repair
from nanoclaw.settings.home import Home
from nanoclaw.settings.sockets import bindable_path
from tests.fakes.small_disk import small_disk
from tests.unit.operations.doctor.conftest import Make, group, is_ok, look, mend, only, run, task

OK, WARNING, ERROR, SKIPPED = Severity.OK, Severity.WARNING, Severity.ERROR, Severity.SKIPPED


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("[assistant\n", "not valid TOML"),
        ("[assistant]\nname = 3\n", "line 2"),
        ("[assistant]\nfavourite = 1\n", "no such setting"),
        ('[assistant]\ntime_zone = "Mars/Olympus"\n', "IANA"),
        ('[gateway]\nallow = ["https://example.org"]\n', "not a host"),
    ],
)
def test_a_configuration_that_is_wrong_is_an_error_that_says_where(ground: Make, config: str, said: str) -> None:
    finding = only(CONFIGURATION, ground(config=config))
    assert (finding.severity, said in finding.what.en) == (ERROR, True)


def test_no_configuration_and_a_right_one_are_fine(ground: Make) -> None:
    assert is_ok(CONFIGURATION, ground())
    assert is_ok(CONFIGURATION, ground(config='[gateway]\nallow = ["example.org"]\n'))


def test_missing_folders_are_made_by_the_fix_and_once(ground: Make, home: Home) -> None:
    assert is_ok(FOLDERS, ground())
    home.backups.rmdir()
    (home.root / "store" / "auth").rmdir()
    assert only(FOLDERS, ground()).severity is ERROR
    home.root.chmod(0o755)
    closed, *made = mend(FOLDERS, ground())
    assert closed == f"{home.root}: mode 755 → 700"
    assert len(made) == 2
    assert is_ok(FOLDERS, ground())
    assert mend(FOLDERS, ground()) == []


def test_a_read_only_file_system_is_called_that_and_not_a_matter_of_owners(ground: Make, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4) as disk:
        home = Home(disk / "home")
        home.create()
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        for check in (FOLDERS, IPC):
            finding = only(check, ground(home=home))
            assert (finding.severity, "read-only" in finding.what.en) == (ERROR, True)
            assert finding.fix is None


def test_a_missing_home_is_a_warning_and_the_fix_makes_it(ground: Make, tmp_path: Path) -> None:
    made = ground(home=Home(tmp_path / "new"))
    assert only(FOLDERS, made).severity is WARNING
    mend(FOLDERS, made)
    assert is_ok(FOLDERS, made)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


def test_folders_of_somebody_elses_home_are_not_made_as_ours(ground: Make, home: Home) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root, to give a home away")
    home.backups.rmdir()
    os.chown(home.root, 1000, 1000)

    async def tried() -> tuple[Repair, ...]:
        return await repair(await examine(ground(), [FOLDERS]))

    (attempt,) = run(tried())
    assert attempt.problem is not None
    assert "belongs to another user" in attempt.problem.en
    assert not home.backups.exists()


def test_a_file_where_a_folder_should_be_is_an_error_without_a_fix(ground: Make, home: Home) -> None:
    home.backups.rmdir()
    home.backups.write_text("")
    finding = only(FOLDERS, ground())
    assert (finding.severity, finding.fix) == (ERROR, None)


def test_paths_must_be_absolute_and_short_enough_for_sockets(ground: Make) -> None:
    assert is_ok(PATHS, ground())
    here, program = Path("/usr/bin/python3"), Path("/opt/nanoclaw/__init__.py")
    assert paths.judge(Home(Path("nanoclaw-home")), here, program, "linux")[0].severity is ERROR
    assert paths.judge(Home(Path("/srv/nc")), Path("python3"), program, "linux")[0].severity is ERROR
    long = Home(Path("/srv/" + "x" * 80))
    assert paths.judge(long, here, program, "darwin")[0].severity is ERROR
    assert paths.judge(long, here, program, "linux")[0].severity is OK


def test_a_socket_that_nobody_listens_on_is_removed_and_a_living_one_stays(ground: Make, home: Home) -> None:
    folder = home.ipc / "family" / "gateway"
    folder.mkdir(mode=0o700, parents=True)
    with socket.socket(socket.AF_UNIX) as dead, socket.socket(socket.AF_UNIX) as living:
        for one, path in ((dead, folder / "model.sock"), (living, home.control_socket)):
            with bindable_path(path) as name:
                one.bind(name)
            one.listen()
        assert is_ok(IPC, ground())
        dead.close()
        assert only(IPC, ground()).severity is WARNING
        assert mend(IPC, ground()) == [f"removed {folder / 'model.sock'}"]
        assert is_ok(IPC, ground())
        assert mend(IPC, ground()) == []
        assert home.control_socket.exists()


def test_a_missing_ipc_folder_is_an_error_that_the_fix_mends(ground: Make, home: Home) -> None:
    home.ipc.rmdir()
    assert only(IPC, ground()).severity is ERROR
    mend(IPC, ground())
    assert is_ok(IPC, ground())


def test_groups_without_a_main_one_or_with_a_folder_that_is_none_are_errors(ground: Make, home: Home) -> None:
    group(home, "family")
    assert only(GROUPS, ground()).severity is ERROR
    group(home, "main")
    assert is_ok(GROUPS, ground())
    with closing(apsw.Connection(str(home.database))) as connection:
        connection.execute("UPDATE groups SET folder = '../up' WHERE folder = 'family'")
    finding = only(GROUPS, ground())
    assert (finding.severity, "'../up'" in finding.what.en) == (ERROR, True)


@pytest.mark.parametrize("options", ["{", "[1]", '{"no_such": "1"}'])
def test_options_that_somebody_broke_are_told_once(ground: Make, home: Home, options: str) -> None:
    group(home, "main")
    with closing(apsw.Connection(str(home.database))) as connection:
        connection.execute("UPDATE groups SET options = ?", (options,))
    assert only(GROUPS, ground()).severity is ERROR
    assert only(TRIGGERS, ground()).severity is SKIPPED


def test_ordinary_triggers_pass_all_their_examples(ground: Make, home: Home) -> None:
    for number, trigger in enumerate(("@Andy", "@C.L.A.U.D.E", "Hal!", "小助手")):
        group(home, f"group{number}", trigger=trigger)
    group(home, "main", trigger="hi")
    assert is_ok(TRIGGERS, ground())


@pytest.mark.parametrize(
    ("trigger", "severity"),
    [
        ("", ERROR),
        ("x" * 61, ERROR),
        ("@An\ndy", ERROR),
        (" @Andy", ERROR),
        ("ok", WARNING),
        ("你好", WARNING),
        ("/new", WARNING),
        ("a", WARNING),
    ],
)
def test_a_trigger_that_cannot_work_or_wakes_too_often_is_found(
    ground: Make, home: Home, trigger: str, severity: Severity
) -> None:
    group(home, "family", trigger=trigger)
    assert look(TRIGGERS, ground())[0].severity is severity


def test_a_default_trigger_that_cannot_work_is_found_without_any_group(ground: Make, home: Home) -> None:
    group(home, "main")
    finding = only(TRIGGERS, ground(config='[assistant]\ntrigger = "hello"\n'))
    assert (finding.severity, "(new)" in finding.what.en) == (WARNING, True)


def test_the_examples_of_a_trigger_are_judged_by_the_real_rule() -> None:
    wakes_at_all = Group(
        id=GroupId(1), folder=GroupFolder("x"), name="", trigger="@Andy", requires_trigger=False, is_main=False
    )
    assert triggers.judge(wakes_at_all)[0].severity is ERROR


def test_a_trigger_that_begins_with_anothers_is_a_clash_and_the_same_one_is_none(ground: Make, home: Home) -> None:
    group(home, "family", trigger="@Andy")
    group(home, "work", trigger="@andy")
    assert is_ok(TRIGGER_CLASHES, ground())
    group(home, "club", trigger="@Andy Bot")
    found = look(TRIGGER_CLASHES, ground())
    assert {finding.severity for finding in found} == {WARNING}
    assert all("of club begins with" in finding.what.en for finding in found)


def test_a_longer_word_is_no_clash() -> None:
    one, other = (
        Group(id=GroupId(1), folder=GroupFolder("g"), name="", trigger=text, requires_trigger=True, is_main=False)
        for text in ("@Andy", "@Andyextra")
    )
    assert trigger_clashes.clashes([one, other]) == []


def test_tasks_in_order_are_fine(ground: Make, home: Home) -> None:
    group(home, "family")
    task(home, "family", "30 8 * * 1-5")
    assert is_ok(TASKS, ground())


@pytest.mark.parametrize(
    ("folder", "value", "more", "severity", "said"),
    [
        ("family", "61 8 * * *", {}, ERROR, "not a cron expression: Bad minute. Such as"),
        ("family", "0 0 30 2 *", {}, ERROR, "0 0 30 2"),
        ("gone", "0 8 * * *", {}, ERROR, "no group gone"),
        ("family", "0 8 * * *", {"chat": "elsewhere"}, ERROR, "not the group's"),
        ("family", "0 8 * * *", {"next_at": 0}, ERROR, "no next time"),
        ("family", "0 8 * * *", {"next_at": 1_600_000_000_000}, WARNING, "days ago"),
    ],
)
def test_a_task_that_cannot_run_is_named(
    ground: Make, home: Home, folder: str, value: str, more: dict[str, int], severity: Severity, said: str
) -> None:
    group(home, "family")
    task(home, folder, value, **more)  # type: ignore[arg-type]
    finding = only(TASKS, ground())
    assert (finding.severity, said in finding.what.en) == (severity, True)
    assert "#1 morning" in finding.what.zh


def test_before_the_first_start_there_are_no_tasks_to_judge(ground: Make) -> None:
    assert only(TASKS, ground()).severity is SKIPPED


def test_mounts_that_are_allowed_are_fine_and_others_are_named(ground: Make, home: Home, tmp_path: Path) -> None:
    notes, allowlist = tmp_path / "notes", tmp_path / "mount-allowlist.json"
    notes.mkdir()
    group(home, "family", mounts=f"{notes}=notes:ro")
    assert only(MOUNTS, ground(mount_allowlist=allowlist)).severity is ERROR
    allowlist.write_text(f'{{"allowedRoots": [{{"path": "{notes}"}}]}}')
    allowlist.chmod(0o600)
    tmp_path.chmod(0o700)
    assert is_ok(MOUNTS, ground(mount_allowlist=allowlist))
    notes.rmdir()
    finding = only(MOUNTS, ground(mount_allowlist=allowlist))
    assert (finding.severity, "is not there" in finding.what.en) == (ERROR, True)


def test_an_allowlist_that_others_can_write_is_an_error_before_any_group_asks(ground: Make, tmp_path: Path) -> None:
    allowlist = tmp_path / "mount-allowlist.json"
    assert is_ok(MOUNTS, ground(mount_allowlist=allowlist))
    allowlist.write_text("{}")
    allowlist.chmod(0o666)
    assert only(MOUNTS, ground(mount_allowlist=allowlist)).severity is ERROR
