"""``nanoclaw uninstall``: what it asks, says and leaves."""

import io

import pytest

from nanoclaw.cli.context import Context
from nanoclaw.cli.main import main
from nanoclaw.daemon.lock import hold
from nanoclaw.settings.home import Home
from tests.fakes.clocks import HeldWallClock
from tests.unit.cli.conftest import Run


class Terminal(io.StringIO):
    """A person types there."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def full(home: Home) -> Home:
    home.create()
    home.config.write_text('[sandbox]\nkind = "bubblewrap"\n')
    (home.ipc / "control.sock.old").touch()
    return home


def _typed(home: Home, text: str) -> tuple[int, str]:
    said = io.StringIO()
    context = Context(home=home, stdin=Terminal(text), stdout=io.StringIO(), stderr=said, clock=HeldWallClock())
    return main(["uninstall", "--data"], context), said.getvalue()


def test_without_data_everything_of_the_owners_stays(run: Run, full: Home) -> None:
    ran = run("uninstall")
    assert ran.status == 0
    assert f"Removed: sockets {full.ipc}" in ran.out
    assert "`nanoclaw uninstall --data` removes it." in ran.out
    assert full.config.exists()
    again = run("uninstall")
    assert again.status == 0
    assert again.out.startswith("There was nothing to remove.\n")


def test_the_data_goes_for_whoever_types_the_homes_name(full: Home) -> None:
    status, said = _typed(full, "something else\n")
    assert status == 1
    assert "That is not its name" in said
    assert full.config.exists()
    status, said = _typed(full, f"{full.root.name}\n")
    assert status == 0
    assert "the backups in it" in said or "backups in it" in said
    assert not full.root.exists()


def test_a_script_must_say_that_it_means_it(run: Run, full: Home) -> None:
    refused = run("uninstall", "--data")
    assert refused.status == 1
    assert "--yes" in refused.err
    assert full.config.exists()
    assert run("uninstall", "--yes").status == 2
    done = run("--json", "uninstall", "--data", "--yes")
    assert done.status == 0
    assert done.json["changed"]
    assert {"what": "data", "name": str(full.root)} in done.json["removed"]
    assert not full.root.exists()
    again = run("--json", "uninstall", "--data", "--yes")
    assert again.status == 0
    assert not again.json["changed"]
    assert not full.root.exists()


def test_who_has_the_home_and_does_not_answer_is_not_run_over(run: Run, full: Home) -> None:
    with hold(full.lock):
        ran = run("uninstall", "--data", "--yes")
    assert ran.status == 1
    assert "in use by process" in ran.err
    assert full.config.exists()
