import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pydantic import SecretStr

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.checks import keys_in_processes
from nanoclaw.operations.doctor.checks.channel_modes import CHANNEL_MODES
from nanoclaw.operations.doctor.checks.configuration_modes import CONFIGURATION_MODES
from nanoclaw.operations.doctor.checks.database_modes import DATABASE_MODES
from nanoclaw.operations.doctor.checks.home_modes import HOME_MODES
from nanoclaw.operations.doctor.checks.keys_in_groups import KEYS_IN_GROUPS
from nanoclaw.operations.doctor.checks.keys_in_logs import KEYS_IN_LOGS
from nanoclaw.operations.doctor.checks.keys_in_processes import KEYS_IN_PROCESSES
from nanoclaw.operations.doctor.checks.keys_in_version_control import KEYS_IN_VERSION_CONTROL
from nanoclaw.operations.doctor.checks.log_modes import LOG_MODES
from nanoclaw.operations.doctor.checks.ownership import OWNERSHIP
from nanoclaw.operations.doctor.contract import Severity
from nanoclaw.operations.doctor.secrets import KeyFinder
from nanoclaw.settings.home import Home
from nanoclaw.settings.schema import Credential, Upstream
from tests.unit.operations.doctor.conftest import Make, is_ok, look, mend, only

VALUE = f"a-key-of-some-other-service-{10**11}"  # stands whole nowhere in this repository
KEY = f"ANTHROPIC_API_KEY={VALUE}\n"
LOOSE = [
    (HOME_MODES, "data/ipc"),
    (HOME_MODES, "data/chat_history"),
    (HOME_MODES, "groups/family"),
    (HOME_MODES, "."),
    (CONFIGURATION_MODES, ".env"),
    (CONFIGURATION_MODES, "config.toml"),
    (DATABASE_MODES, "store"),
    (DATABASE_MODES, "store/messages.db-wal"),
    (DATABASE_MODES, "store/tasks.db"),
    (CHANNEL_MODES, "store/auth/web/token"),
    (LOG_MODES, "logs/nanoclaw.log.3"),
    (LOG_MODES, "logs"),
]


@pytest.mark.parametrize(("check", "name"), LOOSE, ids=lambda value: value if isinstance(value, str) else value.id)
def test_a_place_that_others_can_reach_is_found_closed_once_and_keeps_its_content(
    check: Check, name: str, ground: Make, home: Home
) -> None:
    path = home.root / name
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text("what is in it") if "." in name or name.endswith(("history", "token")) else path.mkdir()
    path.chmod(0o755 if path.is_dir() else 0o644)
    assert [finding.severity for finding in look(check, ground())] == [Severity.ERROR]
    done = mend(check, ground())
    assert len(done) == 1
    assert str(path) in done[0]
    assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600)
    assert path.is_dir() or path.read_text() == "what is in it"
    assert is_ok(check, ground())
    assert mend(check, ground()) == []


def test_what_agents_make_in_their_own_folders_is_theirs(ground: Make, home: Home) -> None:
    own = home.root / "groups" / "family"
    own.mkdir(mode=0o700)
    (own / "page.html").write_text("<p>")
    (own / "page.html").chmod(0o644)
    assert is_ok(HOME_MODES, ground())


def test_links_are_neither_followed_nor_changed(ground: Make, home: Home, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("mine")
    elsewhere.chmod(0o644)
    (home.root / "data" / "link").symlink_to(elsewhere)
    assert is_ok(HOME_MODES, ground())
    assert elsewhere.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("check", [HOME_MODES, CONFIGURATION_MODES, DATABASE_MODES, CHANNEL_MODES, LOG_MODES])
def test_a_fresh_home_is_closed(check: Check, ground: Make) -> None:
    assert is_ok(check, ground(config="", env=KEY))


def test_a_key_in_the_arguments_of_a_process_is_found_and_not_shown() -> None:
    ours = KeyFinder(Upstream(credential=Credential(api_key=SecretStr(VALUE))))
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", f"--key={VALUE}"])
    try:
        deadline = time.monotonic() + 5
        while not (found := _of(child, ours)) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert found
        assert VALUE not in found[0]
    finally:
        child.kill()
        child.wait()
    assert _of(child, ours) == []


def _of(child: subprocess.Popen[bytes], finder: KeyFinder) -> list[str]:
    """Of what is found on this machine, where others may do what they must not, the child."""
    return [line for line in keys_in_processes.find(Path("/proc"), finder)[1] if f"({child.pid})" in line]


def test_a_process_that_put_its_arguments_into_its_name_shows_no_key(ground: Make, tmp_path: Path) -> None:
    for number, line in enumerate((f"prog --key={VALUE}", f"/bin/{VALUE}", f"/bin/prog\0{VALUE}")):
        (tmp_path / "proc" / str(number)).mkdir(parents=True)
        (tmp_path / "proc" / str(number) / "cmdline").write_bytes(line.encode())
    what = only(KEYS_IN_PROCESSES, ground(env=KEY, processes=tmp_path / "proc")).what.en
    assert "prog (0), prog (2)" in what
    assert "? (1)" in what
    assert VALUE[:12] not in what


@pytest.mark.parametrize(("line", "severity"), [(b"claude\0-p", Severity.OK), (VALUE.encode(), Severity.ERROR)])
def test_what_the_list_of_processes_tells(ground: Make, tmp_path: Path, line: bytes, severity: Severity) -> None:
    (tmp_path / "proc" / "42").mkdir(parents=True)
    (tmp_path / "proc" / "42" / "cmdline").write_bytes(line)
    assert only(KEYS_IN_PROCESSES, ground(env=KEY, processes=tmp_path / "proc")).severity is severity


def test_where_there_is_no_list_of_processes_that_is_said(ground: Make, tmp_path: Path) -> None:
    assert only(KEYS_IN_PROCESSES, ground(processes=tmp_path / "none")).severity is Severity.SKIPPED


@pytest.mark.parametrize("text", [VALUE, "sk-ant-api03-0123456789abcdefgh"])
def test_a_key_in_a_log_is_found_also_across_the_pieces_it_is_read_in(ground: Make, home: Home, text: str) -> None:
    made = ground(env=KEY)
    (home.root / "logs" / "nanoclaw.log").write_text('{"event": "ready"}\n')
    assert is_ok(KEYS_IN_LOGS, made)
    (home.root / "logs" / "nanoclaw.log.1").write_text("x" * (1024 * 1024 - 9) + text + "y" * 10)
    finding = only(KEYS_IN_LOGS, made)
    assert (finding.severity, "nanoclaw.log.1" in finding.what.en) == (Severity.ERROR, True)


def test_a_key_in_an_agents_memory_is_found_and_a_trap_is_not_walked_into(ground: Make, home: Home) -> None:
    made = ground(env=KEY)
    own = home.root / "groups" / "family"
    own.mkdir(mode=0o700)
    (own / "CLAUDE.md").symlink_to(home.env_file)
    assert is_ok(KEYS_IN_GROUPS, made)
    (own / "CLAUDE.md").unlink()
    (own / "CLAUDE.md").write_text(f"My key is {VALUE}.")
    finding = only(KEYS_IN_GROUPS, made)
    assert (finding.severity, "family/CLAUDE.md" in finding.what.en) == (Severity.ERROR, True)


def _git(folder: Path, *arguments: str) -> None:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, env=environment)


def test_a_home_in_a_work_tree_is_a_warning_and_a_tracked_key_file_an_error(
    ground: Make, home: Home, tmp_path: Path
) -> None:
    made = ground(env=KEY)
    assert not [
        one for one in look(KEYS_IN_VERSION_CONTROL, made) if one.severity in {Severity.WARNING, Severity.ERROR}
    ]
    _git(tmp_path, "init", "-q")
    assert look(KEYS_IN_VERSION_CONTROL, made)[0].severity is Severity.WARNING
    _git(tmp_path, "add", "-f", "home/.env")
    worst = look(KEYS_IN_VERSION_CONTROL, made)[0]
    assert (worst.severity, ".env" in worst.what.en) == (Severity.ERROR, True)


def test_a_home_that_git_was_told_to_ignore_is_in_order(ground: Make, home: Home, tmp_path: Path) -> None:
    _git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_text("home/\n")
    found = look(KEYS_IN_VERSION_CONTROL, ground(env=KEY))
    assert any("ignores the home" in one.what.en for one in found)
    assert Severity.WARNING not in [one.severity for one in found]
    _git(tmp_path, "add", "-f", "home/.env")
    assert look(KEYS_IN_VERSION_CONTROL, ground())[0].severity is Severity.ERROR


def test_a_whole_key_of_anybody_counts_as_real_and_an_example_does_not() -> None:
    finder = KeyFinder(None)
    assert finder.is_real(b"key = sk-ant-api03-" + b"a1_-" * 21)
    assert not finder.is_real(b"key = sk-ant-api03-0123456789abcdefgh")


def test_a_git_that_is_missing_or_refuses_proves_nothing(ground: Make, home: Home, tmp_path: Path) -> None:
    _git(tmp_path, "init", "-q")
    without = ground(env=KEY, environment={"PATH": str(tmp_path / "nothing-in-it")})
    found = look(KEYS_IN_VERSION_CONTROL, without)
    assert found[0].severity is Severity.WARNING
    assert Severity.SKIPPED in [one.severity for one in found]
    assert Severity.OK not in [one.severity for one in found]


def test_files_of_another_owner_are_found_but_not_those_of_agents(ground: Make, home: Home) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root, to give a file away")
    assert is_ok(OWNERSHIP, ground())
    own = home.root / "groups" / "family"
    own.mkdir(mode=0o700)
    os.chown(own, 1000, 1000)
    assert is_ok(OWNERSHIP, ground())
    home.log.write_text("")
    os.chown(home.log, 1000, 1000)
    finding = only(OWNERSHIP, ground())
    assert (finding.severity, "logs/nanoclaw.log" in finding.what.en) == (Severity.ERROR, True)
