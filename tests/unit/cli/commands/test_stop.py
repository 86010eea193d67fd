import pytest

from nanoclaw.cli.commands.stop import StillRunningError, wait_until_gone
from nanoclaw.cli.context import Context
from nanoclaw.settings.home import Home
from tests.fakes.control_thread import ServerThread
from tests.unit.cli.conftest import Run


def test_stopping_waits_until_the_daemon_is_gone(run: Run, daemon: ServerThread, home: Home) -> None:
    ran = run("stop")
    assert (ran.status, ran.out) == (0, "Stopped.\n")
    assert not home.control_socket.exists()


def test_stopping_nothing_is_quiet(run: Run) -> None:
    assert run("stop", "--json").json == {"changed": False}


def test_a_daemon_that_stays_is_an_error(daemon: ServerThread, home: Home) -> None:
    with pytest.raises(StillRunningError):
        wait_until_gone(Context(home=home), None, 0.2)
