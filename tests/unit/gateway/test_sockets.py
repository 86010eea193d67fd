import socket
from pathlib import Path

import pytest

from nanoclaw.gateway.contract import GatewayError
from nanoclaw.gateway.sockets import listen_in


def test_without_proc_a_short_path_works(short_path: Path) -> None:
    (listening,) = listen_in(short_path, ("a.sock",), None, through_proc=False)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(short_path / "a.sock"))
    listening.remove()
    listening.socket.close()
    assert list(short_path.iterdir()) == []


def test_without_proc_a_long_path_is_an_error_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(GatewayError, match="longer than this system allows") as raised:
        listen_in(tmp_path / ("long" * 40), ("a.sock",), None, through_proc=False)
    assert "--home" in raised.value.hint


def test_a_link_in_the_place_of_a_socket_is_replaced_and_its_target_left(short_path: Path) -> None:
    target = short_path / "precious"
    target.write_text("x")
    target.chmod(0o644)
    (short_path / "a.sock").symlink_to(target)
    (listening,) = listen_in(short_path, ("a.sock",), None)
    assert (target.read_text(), target.stat().st_mode & 0o777) == ("x", 0o644)
    assert listening.path.is_socket()
    listening.socket.close()


def test_a_link_in_the_place_of_the_folder_is_an_error(short_path: Path) -> None:
    (short_path / "real").mkdir()
    (short_path / "door").symlink_to(short_path / "real")
    with pytest.raises(GatewayError, match="Cannot open"):
        listen_in(short_path / "door", ("a.sock",), None)


def test_when_one_socket_cannot_be_made_none_stays(short_path: Path) -> None:
    (short_path / "b.sock").mkdir()
    with pytest.raises(GatewayError, match="Cannot open"):
        listen_in(short_path, ("a.sock", "b.sock"), None)
    assert [path.name for path in short_path.iterdir()] == ["b.sock"]
