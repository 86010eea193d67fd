import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from nanoclaw.control.client import ControlClient
from nanoclaw.control.errors import DaemonBusyError, DaemonDownError, DaemonLostError, RequestRefusedError
from tests.fakes.control_thread import ServerThread, serving


def test_every_call_reaches_the_service(client: ControlClient, server: ServerThread) -> None:
    assert client.status()["running"]
    assert client.send({"text": "hi", "wait_seconds": 1})["replies"][0]["text"] == "You said: hi"
    assert [line["text"] for line in client.messages({"group": "main"})["messages"]] == ["hi", "You said: hi"]
    assert client.messages({"since": "2030-01-01T00:00:00Z"})["messages"] == []
    assert client.add_group({"name": "Fam", "folder": "fam"})["folder"] == "fam"
    assert [group["folder"] for group in client.groups()["groups"]] == ["main", "fam"]
    assert client.group("fam")["name"] == "Fam"
    assert client.remove_group("fam") == {"changed": True}
    assert client.expect("main") == {"changed": True}
    assert client.interrupt("main") == {"changed": False}
    assert client.stop() == {"changed": True}


def test_a_refusal_carries_the_reason_the_hint_and_the_status(client: ControlClient) -> None:
    with pytest.raises(RequestRefusedError, match="no such group") as refusal:
        client.group("../../x y")
    assert refusal.value.status == 404
    assert refusal.value.hint


def test_half_a_surrogate_pair_is_replaced_on_the_way(client: ControlClient, server: ServerThread) -> None:
    client.send({"text": "a\ud800b"})
    assert server.service.sent[0].text == "a?b"


def test_the_longest_text_gets_through(client: ControlClient, server: ServerThread) -> None:
    client.send({"text": "é" * 1_048_576})
    assert len(server.service.sent[0].text) == 1_048_576


def test_a_text_that_is_too_long_is_refused_in_words(client: ControlClient) -> None:
    with pytest.raises(RequestRefusedError):
        client.send({"text": "x" * 9_000_000})


def test_without_a_socket_the_daemon_is_down(tmp_path: Path) -> None:
    with pytest.raises(DaemonDownError) as down:
        ControlClient(tmp_path / "a" / "control.sock").status()
    assert "nanoclaw run" in down.value.hint


def test_with_a_stale_socket_the_daemon_is_down(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "control.sock"))
    with pytest.raises(DaemonDownError):
        ControlClient(tmp_path / "control.sock").status()


def test_a_daemon_that_says_nothing_is_busy(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "control.sock"))
        silent.listen()
        with pytest.raises(DaemonBusyError):
            ControlClient(tmp_path / "control.sock", timeout=0.2).status()


def test_a_daemon_that_dies_before_it_answers_is_lost(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dying:
        dying.bind(str(tmp_path / "control.sock"))
        dying.listen()

        def hang_up() -> None:
            link, _ = dying.accept()
            link.recv(10)
            link.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        with pytest.raises(DaemonLostError):
            ControlClient(tmp_path / "control.sock").status()
        thread.join(5)


def test_events_stream_while_others_write(client: ControlClient, server: ServerThread) -> None:
    events = client.stream_events("main")
    assert next(events) == {}
    server.call(server.service.say("main", "Bob", "hello"))
    kinds = []
    for event in events:
        kinds.append(event["kind"])
        if event["kind"] == "reply":
            assert event["text"] == "You said: hello"
            break
    assert kinds[0] == "message"
    assert "text" in kinds


def test_watching_an_unknown_group_is_refused(client: ControlClient) -> None:
    with pytest.raises(RequestRefusedError):
        next(client.stream_events("nobody"))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux reaches long socket paths")
def test_a_socket_path_longer_than_an_address_works(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 120) / "control.sock"
    with serving(path):
        assert ControlClient(path).status()["running"]
        assert next(ControlClient(path).stream_events("main")) == {}
    assert not path.exists()


def test_importing_the_client_is_quick_and_pulls_in_nothing_heavy() -> None:
    program = (
        "import sys, time; start = time.perf_counter(); import nanoclaw.control.client;"
        "print(time.perf_counter() - start);"
        "print([m for m in ('aiohttp', 'pydantic', 'asyncio', 'http.client', 'ssl') if m in sys.modules])"
    )
    best = 10.0
    for _ in range(3):
        out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=20)
        seconds, heavy = out.stdout.split("\n", 1)
        assert heavy.strip() == "[]"
        best = min(best, float(seconds))

    assert best < 0.1, f"{best:.3f} s"
