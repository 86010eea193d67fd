"""``nanoclaw chat`` from a pipe, with a daemon of its own or one that runs."""

import signal
import subprocess
import sys

from nanoclaw.cli.chat.child import is_running
from nanoclaw.cli.context import Context
from nanoclaw.cli.exits import Exit
from nanoclaw.settings.home import Home
from tests.fakes.control_thread import ServerThread
from tests.unit.cli.conftest import Run

PROGRAM = """
import os, sys
from pathlib import Path
from nanoclaw.cli.context import Context
from nanoclaw.cli.main import main
from nanoclaw.settings.home import Home

daemon = (sys.executable, "-m", "tests.fakes.daemon")
context = Context(home=Home(Path(sys.argv[2])), environment=dict(os.environ), daemon_command=daemon)
sys.exit(main([sys.argv[1]], context))
"""
WITH_FAKE_DAEMON = (sys.executable, "-c", PROGRAM)


def test_each_line_is_a_message_and_waits_for_its_answer(run: Run, daemon: ServerThread) -> None:
    ran = run("chat", stdin="one\n\ntwo\n")
    assert (ran.status, ran.out) == (0, "You said: one\nYou said: two\n")


def test_the_exit_status_is_that_of_the_last_line(run: Run, daemon: ServerThread) -> None:
    assert run("chat", stdin="fail\none\n").status == 0
    assert run("chat", stdin="one\nfail\n").status == Exit.FAILED
    assert run("chat", stdin="one\n/quit\nfail\n").status == 0


def test_without_a_key_and_without_a_person_it_is_an_error(home: Home, scrubbed: dict[str, str]) -> None:
    command = [sys.executable, "-m", "nanoclaw", "--home", str(home.root), "chat"]
    ran = subprocess.run(command, input="hi\n", capture_output=True, text=True, env=scrubbed, timeout=30, check=False)
    assert ran.returncode == Exit.ERROR
    assert "ANTHROPIC_API_KEY" in ran.stderr


def test_the_demo_says_what_it_is_and_uses_a_home_of_its_own(home: Home, scrubbed: dict[str, str]) -> None:
    ran = subprocess.run(
        [*WITH_FAKE_DAEMON, "demo", str(home.root)],
        input="hi\n",
        capture_output=True,
        text=True,
        env={**scrubbed, "CLAUDE_CODE_OAUTH_TOKEN": "not-for-the-demo"},
        timeout=30,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (0, "You said: hi\n")
    assert "no AI is involved" in ran.stderr
    assert home.root.with_name("home-demo").is_dir()
    assert not home.root.exists()


def test_a_signal_to_end_takes_the_daemon_along(home: Home, scrubbed: dict[str, str]) -> None:
    with subprocess.Popen(
        [*WITH_FAKE_DAEMON, "chat", str(home.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**scrubbed, "ANTHROPIC_API_KEY": "placeholder"},
    ) as chat:
        assert chat.stdin is not None
        assert chat.stdout is not None
        chat.stdin.write("hi\n")
        chat.stdin.flush()
        assert chat.stdout.readline() == "You said: hi\n"
        chat.send_signal(signal.SIGTERM)
        assert chat.wait(20) == Exit.INTERRUPTED
    assert not is_running(Context(home=home))
    assert not home.control_socket.exists()
