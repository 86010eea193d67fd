import socket
import threading
from pathlib import Path

import pytest

from nanoclaw.cli.exits import Exit
from nanoclaw.control.shapes import MessageLine
from nanoclaw.settings.home import Home
from tests.fakes.control_thread import ServerThread
from tests.fakes.service import FakeService
from tests.unit.cli.conftest import Run


def test_the_answer_is_printed(run: Run, daemon: ServerThread) -> None:
    ran = run("send", "hi")
    assert (ran.status, ran.out, ran.err) == (0, "You said: hi\n", "")


def test_hostile_answers_cannot_steer_the_terminal(run: Run, daemon: ServerThread) -> None:
    assert run("send", "\x1b[2Jhi").out == "You said: ␛[2Jhi\n"


def test_json_is_the_documented_shape(run: Run, daemon: ServerThread) -> None:
    sent = run("send", "hi", "--json").json
    assert sent["outcome"] == "answered"
    assert sent["replies"] == [{"id": 1, "text": "You said: hi", "state": "sent"}]


def test_group_sender_and_wait_are_handed_on(run: Run, daemon: ServerThread) -> None:
    run("groups", "add", "work", "--no-trigger")
    assert run("send", "--group", "work", "--sender", "Bob", "--wait", "7", "hi").status == 0
    [request] = daemon.service.sent
    assert (request.group, request.sender, request.wait_seconds) == ("work", "Bob", 7)
    assert request.client_id


def test_what_is_said_to_a_command_is_printed(run: Run, daemon: ServerThread) -> None:
    run("groups", "add", "fam")
    line = {"time": "2099-01-01T00:00:00.000Z", "channel": "local", "chat": "fam", "group": "fam", "state": "sent"}
    words = ("/status", "Nobody is at work.\x07", "Another thing.")
    shown = [("in-1", "in"), ("out-7", "out"), ("out-8", "out")]
    for (name, direction), text in zip(shown, words, strict=True):
        daemon.service.add_line(MessageLine(id=name, direction=direction, sender="x", text=text, **line))
    ran = run("send", "--group", "fam", "/status")
    assert (ran.status, ran.out, ran.err) == (Exit.OK, "Nobody is at work.\u2407\n", "")


def test_a_text_that_only_looks_like_a_command_wakes_nobody(run: Run, daemon: ServerThread) -> None:
    run("groups", "add", "fam")
    assert run("send", "--group", "fam", "/etc/hosts").status == Exit.NOT_TRIGGERED


def test_files_are_handed_on_by_their_full_paths(run: Run, daemon: ServerThread, tmp_path: Path) -> None:
    for name in ("a.txt", "b \u00e9.txt"):
        (tmp_path / name).touch()
    ran = run("send", "--file", str(tmp_path / "a.txt"), "--file", str(tmp_path / "b \u00e9.txt"), "Read these")
    assert ran.status == 0
    assert daemon.service.sent[0].files == [str(tmp_path / "a.txt"), str(tmp_path / "b \u00e9.txt")]


@pytest.mark.parametrize("files", [["missing"], ["."], ["a"] * 11])
def test_files_that_cannot_be_sent_are_a_usage_error(run: Run, daemon: ServerThread, files: list[str]) -> None:
    ran = run("send", *(part for file in files for part in ("--file", file)), "Read these")
    assert ran.status == Exit.USAGE
    assert "--file" in ran.err
    assert not daemon.service.sent


def test_a_dash_reads_standard_input(run: Run, daemon: ServerThread) -> None:
    assert run("send", "-", stdin="two\nlines").out == "You said: two\nlines\n"


def test_arguments_that_are_not_utf8_arrive_with_replacements(run: Run, daemon: ServerThread) -> None:
    run("send", "a\udcffb")
    assert daemon.service.sent[0].text == "a\ufffdb"


@pytest.mark.parametrize(
    ("text", "status"),
    [("fail", Exit.FAILED), ("slow", Exit.TIMED_OUT)],
)
def test_the_exit_status_says_what_became_of_it(run: Run, daemon: ServerThread, text: str, status: Exit) -> None:
    ran = run("send", "--wait", "0.1", text)
    assert ran.status == status
    assert ran.err


def test_without_its_trigger_a_group_stores_and_sleeps(run: Run, daemon: ServerThread) -> None:
    run("groups", "add", "fam")
    assert run("send", "--group", "fam", "hi").status == Exit.NOT_TRIGGERED
    assert run("send", "--group", "fam", "@andy hi").status == 0


@pytest.mark.parametrize("argv", [["  "], ["--wait", "-1", "x"], ["--wait", "nan", "x"], ["--wait", "soon", "x"]])
def test_what_cannot_be_sent_is_a_usage_error(run: Run, daemon: ServerThread, argv: list[str]) -> None:
    assert run("send", *argv).status == Exit.USAGE


def test_without_a_daemon_the_way_out_is_named(run: Run) -> None:
    ran = run("send", "hi")
    assert ran.status == Exit.ERROR
    assert "nanoclaw run" in ran.err


def dies_while_we_wait(home: Home) -> threading.Thread:
    home.control_socket.parent.mkdir(parents=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(home.control_socket))
    listener.listen()

    def accept_and_die() -> None:
        link, _ = listener.accept()
        link.recv(65536)
        listener.close()
        home.control_socket.unlink()
        link.close()

    thread = threading.Thread(target=accept_and_die)
    thread.start()
    return thread


def test_when_the_daemon_dies_the_message_is_found_stored(run: Run, home: Home, stored: FakeService) -> None:
    line = {"direction": "in", "channel": "local", "chat": "main", "group": "main", "sender": "owner"}
    stored.add_line(MessageLine(id="in-9", time="2099-01-01T00:00:00.000Z", text="hi", state="waiting", **line))
    thread = dies_while_we_wait(home)
    ran = run("send", "hi", "--json")
    thread.join(5)
    assert ran.status == Exit.TIMED_OUT
    assert "will be answered" in ran.err
    assert ran.json["message_id"] == 9


def test_when_the_daemon_dies_before_storing_we_say_so(run: Run, home: Home) -> None:
    thread = dies_while_we_wait(home)
    ran = run("send", "hi")
    thread.join(5)
    assert ran.status == Exit.ERROR
    assert "before it had stored" in ran.err
