"""A person at a terminal: the real program on a pseudo-terminal."""

import contextlib
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator

import pytest

from nanoclaw.settings.home import Home
from tests.fakes.control_thread import ServerThread

PROMPT = ">"
"""Its space is drawn by moving the cursor."""


class Terminal:
    """A pseudo-terminal with a program on it."""

    def __init__(self, process: "subprocess.Popen[bytes]", descriptor: int) -> None:
        self.process = process
        self._descriptor = descriptor
        self.seen = ""

    def type(self, text: str) -> None:
        os.write(self._descriptor, text.encode())

    def wait_for(self, words: str, seconds: float = 20) -> None:
        """Read until the words appear after everything that was waited for before."""
        end = time.monotonic() + seconds
        while words not in self._plain():
            assert time.monotonic() < end, f"{words!r} never appeared in {self._plain()!r}"
            self._read()
        self.seen = self._plain().split(words, 1)[1]

    def leave(self) -> int:
        end = time.monotonic() + 20
        while self.process.poll() is None and time.monotonic() < end:
            self._read()
        return self.process.wait(1)

    def _read(self) -> None:
        if select.select([self._descriptor], [], [], 0.1)[0]:
            with contextlib.suppress(OSError):  # EIO: the program is gone
                self.seen += os.read(self._descriptor, 65536).decode(errors="replace")

    def _plain(self) -> str:
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", self.seen)


@pytest.fixture
def terminal(home: Home, daemon: ServerThread, scrubbed: dict[str, str]) -> Iterator[Terminal]:
    home.create()
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (30, 100))
    process = subprocess.Popen(
        [sys.executable, "-m", "nanoclaw", "--home", str(home.root), "chat"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=scrubbed,
        start_new_session=True,
        preexec_fn=take_the_terminal,  # noqa: PLW1509 - nothing else runs in the child yet
    )
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        os.close(ours)


def take_the_terminal() -> None:
    # Opening a terminal makes it the controlling one of a new session, so that Ctrl-C becomes a signal.
    os.close(os.open(os.ttyname(0), os.O_RDWR))


def test_a_line_is_answered_and_ctrl_d_leaves(terminal: Terminal, daemon: ServerThread, home: Home) -> None:
    terminal.wait_for(PROMPT)
    terminal.type("tool please\r")
    terminal.wait_for("· Bash")
    terminal.wait_for("You said: tool please")
    terminal.wait_for(PROMPT)
    assert daemon.service.expected == ["main"]
    terminal.type("\x04")
    assert terminal.leave() == 0
    history = home.root / "data" / "chat_history"
    assert "tool please" in history.read_text()
    assert history.stat().st_mode & 0o777 == 0o600


def test_ctrl_c_stops_the_turn_and_not_the_program(terminal: Terminal, daemon: ServerThread) -> None:
    terminal.wait_for(PROMPT)
    terminal.type("slow work\r")
    terminal.wait_for("working…")
    terminal.type("\x03")
    terminal.wait_for("Stopped.")
    terminal.wait_for(PROMPT)
    terminal.type("hi\r")
    terminal.wait_for("You said: hi")
    terminal.type("/quit\r")
    assert terminal.leave() == 0


def test_ctrl_c_at_an_empty_prompt_says_how_to_leave_and_then_leaves(terminal: Terminal) -> None:
    terminal.wait_for(PROMPT)
    terminal.type("abc\x03")
    time.sleep(0.3)
    terminal.type("\x03")
    terminal.wait_for("Ctrl-D or /quit leaves")
    terminal.type("\x03")
    assert terminal.leave() == 0


def test_what_others_write_appears_above_the_prompt(terminal: Terminal, daemon: ServerThread) -> None:
    terminal.wait_for(PROMPT)
    daemon.call(daemon.service.say("main", "Bob", "hello from afar"))
    terminal.wait_for("Bob: hello from afar")
    terminal.wait_for("You said: hello from afar")
    terminal.wait_for(PROMPT)
    terminal.type("\x04")
    assert terminal.leave() == 0


def test_alt_enter_begins_a_new_line(terminal: Terminal, daemon: ServerThread) -> None:
    terminal.wait_for(PROMPT)
    terminal.type("one\x1b\rtwo\r")
    terminal.wait_for("You said: one")
    assert daemon.service.sent[0].text == "one\ntwo"
    terminal.type("/help\r")
    terminal.wait_for("Alt-Enter")
    terminal.type("/stop\r")
    terminal.wait_for("nothing to stop")
