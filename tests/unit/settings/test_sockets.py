"""Sockets below long paths."""

import socket
import sys
from pathlib import Path

import pytest

from nanoclaw.settings.sockets import SocketPathError, bindable_path

LONG = "x" * 100


def open_descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_a_short_path_is_itself(tmp_path: Path) -> None:
    short = Path("/tmp/s")
    with bindable_path(short) as name:
        assert name == "/tmp/s"


@pytest.mark.parametrize("folders", [(), (LONG,), (LONG, LONG), ("ä" * 60,)])
def test_a_socket_can_be_bound_and_reached_at_any_depth(tmp_path: Path, folders: tuple[str, ...]) -> None:
    path = tmp_path.joinpath(*folders, "control.sock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        with bindable_path(path) as name:
            server.bind(name)
            server.listen()
        assert path.is_socket()
        with bindable_path(path) as name:
            client.connect(name)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux reaches a folder through a descriptor")
def test_no_descriptor_stays_open(tmp_path: Path) -> None:
    folder = tmp_path / LONG
    folder.mkdir()
    before = open_descriptors()
    for _ in range(3):
        with bindable_path(folder / "s"):
            assert open_descriptors() == before + 1
    assert open_descriptors() == before


@pytest.mark.skipif(sys.platform == "linux", reason="Linux has a way around it")
def test_a_long_path_is_refused_where_there_is_no_way_around_it(tmp_path: Path) -> None:
    with pytest.raises(SocketPathError, match="longer than"), bindable_path(tmp_path / LONG / LONG):
        pass


def test_a_missing_folder_of_a_long_path_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), bindable_path(tmp_path / LONG / LONG / "s"):
        pass
