"""A control server with the fake service, and a client that reaches it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from nanoclaw.control.client import ControlClient
from tests.fakes.control_thread import ServerThread, serving


@pytest.fixture
def socket_path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "ipc" / "control.sock"


@pytest.fixture
def server(socket_path: Path) -> Iterator[ServerThread]:
    with serving(socket_path) as server:
        yield server


@pytest.fixture
def client(socket_path: Path, server: ServerThread) -> ControlClient:
    return ControlClient(socket_path, timeout=5)
