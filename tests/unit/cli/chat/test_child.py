"""What a person sees while a daemon of their own gets ready."""

import io
import sys
from pathlib import Path

import pytest

from nanoclaw.cli.chat.child import DaemonStartError, is_running, own_daemon
from nanoclaw.cli.context import Context
from nanoclaw.settings.home import Home

FAKE_DAEMON = (sys.executable, "-m", "tests.fakes.daemon")


def test_the_daemon_lives_as_long_as_the_block(home: Home, scrubbed: dict[str, str]) -> None:
    context = Context(home=home, daemon_command=FAKE_DAEMON)
    with own_daemon(context, "main", scrubbed):
        assert context.client.status()["running"]
    assert not is_running(context)
    assert (home.log.parent / "daemon.out").stat().st_mode & 0o777 == 0o600


def test_progress_is_shown_until_agents_can_start(tmp_path: Path, scrubbed: dict[str, str]) -> None:
    said = io.StringIO()
    context = Context(home=Home(tmp_path / "building"), daemon_command=FAKE_DAEMON, stderr=said)
    with own_daemon(context, "main", scrubbed):
        assert context.client.status()["sandbox"]["ready"]
    assert said.getvalue() == "  step 1\n  step 2\n"


def test_a_daemon_that_cannot_start_says_why(tmp_path: Path, scrubbed: dict[str, str]) -> None:
    context = Context(home=Home(tmp_path / "broken"), daemon_command=FAKE_DAEMON)
    with pytest.raises(DaemonStartError, match="the lock is held"), own_daemon(context, "main", scrubbed):
        pass
