import os
from pathlib import Path

import pytest

from nanoclaw.operations.service.contract import Account, Scope
from nanoclaw.operations.service.errors import UnfitServiceError
from nanoclaw.operations.service.fitness import check_env_file, check_program, make_home
from nanoclaw.operations.service.machine import find_account, our_account, owner_of, runner, this_machine
from nanoclaw.settings.home import Home
from tests.unit.operations.service.conftest import Bench


def test_a_file_with_credentials_must_be_private(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets.env"
    with pytest.raises(UnfitServiceError, match="No such file"):
        check_env_file(secrets)
    secrets.write_text("ANTHROPIC_API_KEY=x\n")
    for mode in (0o640, 0o604, 0o644):
        secrets.chmod(mode)
        with pytest.raises(UnfitServiceError, match="Others can read") as caught:
            check_env_file(secrets)
        assert "chmod 600" in caught.value.hint
    secrets.chmod(0o600)
    assert check_env_file(secrets) == secrets
    link = tmp_path / "link.env"
    link.symlink_to(secrets)
    for other in (link, tmp_path):
        with pytest.raises(UnfitServiceError):
            check_env_file(other)


def test_a_program_that_does_not_start_is_refused_before_anything_is_installed(bench: Bench) -> None:
    bench.install_scripts(["claw"])
    claw = str(bench.folder / "bin/claw")
    check_program(bench.machine, bench.plan(claw))
    assert bench.calls() == ["claw --help"]
    bench.fail("--help", "Traceback\nModuleNotFoundError: No module named 'nanoclaw'\n")
    with pytest.raises(UnfitServiceError, match="ModuleNotFoundError"):
        check_program(bench.machine, bench.plan(claw))
    with pytest.raises(UnfitServiceError, match="no such program"):
        check_program(bench.machine, bench.plan("/gone/python"))


def test_the_machines_service_tries_its_program_as_its_own_account(bench: Bench) -> None:
    plan = bench.plan("/bin/true", scope=Scope.SYSTEM)
    bench.uid = 0
    check_program(bench.machine, plan)
    assert bench.calls() == ["runuser -u alice -- /bin/true --help"]


def test_root_has_the_account_make_its_own_home_and_takes_over_nobodys(bench: Bench) -> None:
    bench.uid = 0
    account = Account(name="games", uid=5, home=Path("/usr/games"))
    home = Home(bench.folder / "new home")
    make_home(bench.machine, home, account)
    assert bench.calls() == [f"runuser -u games -- mkdir -m 700 -- {home.root}"]
    bench.fail("mkdir", "mkdir: cannot create directory: Permission denied\n")
    with pytest.raises(UnfitServiceError, match="Permission denied") as caught:
        make_home(bench.machine, home, account)
    assert "install -d" in caught.value.hint
    home.root.mkdir()
    with pytest.raises(UnfitServiceError, match=f"belongs to the user id {os.geteuid()}"):
        make_home(bench.machine, home, account)


def test_our_own_home_is_made_as_always(bench: Bench) -> None:
    home = Home(bench.folder / "mine")
    make_home(bench.machine, home, bench.machine.account)
    assert home.root.stat().st_mode & 0o777 == 0o700


def test_commands_end_in_an_outcome_whatever_happens(tmp_path: Path) -> None:
    run = runner({"PATH": os.environ["PATH"]})
    assert run(("sh", "-c", "echo out; echo err >&2; exit 3"), 20).status == 3
    assert run(("sh", "-c", "printf '\\377'"), 20).out == "\ufffd"
    assert run(("no-such-program-anywhere",), 20).status == 127
    assert run(("sleep", "20"), 0.1).status == 124
    plain = tmp_path / "plain"
    plain.write_text("no program")
    assert run((str(plain),), 20).status == 126


def test_commands_see_nothing_of_our_environment_but_what_they_need() -> None:
    machine = this_machine({"PATH": os.environ["PATH"], "HOME": "/nowhere", "ANTHROPIC_API_KEY": "sk-secret"})
    said = machine.call("env").out
    assert "sk-secret" not in said
    assert "HOME=/nowhere" in said.splitlines()


def test_accounts_are_those_of_the_machine(tmp_path: Path) -> None:
    assert owner_of(tmp_path) == our_account()
    assert find_account("root").uid == 0
