import contextlib
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from nanoclaw.sandboxes.inside import entry
from nanoclaw.sandboxes.inside.entry import Pair, Stream


def _pair() -> tuple[socket.socket, socket.socket, Pair]:
    outside, client = socket.socketpair()
    gateway, far = socket.socketpair()
    client.setblocking(False)
    gateway.setblocking(False)
    return outside, far, Pair(client, gateway)


def _close(*sockets: socket.socket) -> None:
    for each in sockets:
        each.close()


def test_an_end_in_one_direction_leaves_the_other_open() -> None:
    outside, far, pair = _pair()
    outside.sendall(b"question")
    outside.shutdown(socket.SHUT_WR)
    pair.up.advance()
    pair.up.advance()
    assert pair.up.ended
    assert far.recv(100) + far.recv(100) == b"question"
    far.sendall(b"answer")
    pair.down.advance()
    assert outside.recv(100) == b"answer"
    assert not pair.down.ended
    _close(outside, far, pair.client, pair.gateway)


def test_at_most_one_chunk_is_held_for_a_reader_that_is_slow() -> None:
    outside, far, pair = _pair()
    outside.setblocking(False)
    sent = 0
    for _ in range(500):
        with contextlib.suppress(BlockingIOError):
            sent += outside.send(bytes(entry.CHUNK))
        pair.up.advance()
    assert len(pair.up.held) <= entry.CHUNK
    assert pair.up.held
    assert sent < 500 * entry.CHUNK
    _close(outside, far, pair.client, pair.gateway)


def test_a_broken_side_is_an_error_for_the_caller() -> None:
    outside, far, pair = _pair()
    far.close()
    outside.sendall(b"x")
    with pytest.raises(OSError, match="Broken pipe"):
        Stream(pair.client, pair.gateway).advance()
    _close(outside, pair.client, pair.gateway)


@pytest.mark.parametrize("name", ["entry.py", "confine.py"])
def test_the_programs_start_without_anything_installed(name: str) -> None:
    program = Path(entry.__file__).with_name(name)
    code = f"import runpy; runpy.run_path({str(program)!r}, run_name='checked')"
    subprocess.run([sys.executable, "-I", "-S", "-W", "error", "-c", code], check=True, timeout=30)
