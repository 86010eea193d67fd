import io
import os
from pathlib import Path

import pytest

from nanoclaw.cli.auth.screen import Screen
from nanoclaw.control.client import Document
from nanoclaw.operations.pairing.picture import rows_of
from tests.fakes.small_disk import fill, small_disk

_QR = "https://wa.me/settings/linked_devices#" + "d94509d4a2edc3474ac73c6b," * 7


class _Terminal(io.StringIO):
    """A stream that a person looks at."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class _Ascii(_Terminal):
    encoding = "ascii"


def _code(number: int = 2, expires: float = 59.9, **more: object) -> Document:
    shape = {"number": number, "state": "code", "qr": _QR, "picture": rows_of(_QR), "code": "", "words": "Scan this."}
    return shape | {"expires_in": expires} | more


def _screen(stream: io.StringIO, folder: Path, columns: int = 100, lines: int = 50, term: str = "xterm") -> Screen:
    return Screen(stream, {"TERM": term}, folder / "code.png", lambda: os.terminal_size((columns, lines)))


def test_a_code_is_drawn_where_it_fits_and_its_time_runs_down(tmp_path: Path) -> None:
    stream = _Terminal()
    screen = _screen(stream, tmp_path)
    screen.show(_code())
    drawn = stream.getvalue()
    assert "Scan this.\n" in drawn
    assert drawn.count("▀") > 100
    assert drawn.endswith("this code is good for 0:59 more.")
    screen.show(_code(expires=8.2))
    assert stream.getvalue().endswith("\r\x1b[KWaiting … this code is good for 0:08 more.")
    assert not (tmp_path / "code.png").exists()


def test_a_new_code_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    stream = _Terminal()
    screen = _screen(stream, tmp_path)
    screen.show(_code())
    lines = stream.getvalue().count("\n")
    before = len(stream.getvalue())
    screen.show(_code(number=3))
    assert stream.getvalue()[before:].startswith(f"\r\x1b[{lines}A\x1b[J")
    screen.clear()
    assert stream.getvalue().endswith(f"\r\x1b[{lines}A\x1b[J")


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (50, 60), (40, 12)])
def test_a_small_terminal_gets_a_picture_file_and_is_told_how_large_it_must_be(
    tmp_path: Path, columns: int, lines: int
) -> None:
    stream = _Terminal()
    screen = _screen(stream, tmp_path, columns, lines)
    screen.show(_code())
    assert "▀" not in stream.getvalue()
    assert f"\n{tmp_path / 'code.png'}\n" in stream.getvalue()
    assert "columns wide" in " ".join(stream.getvalue().split())
    first = (tmp_path / "code.png").read_bytes()
    screen.show(_code(number=3, qr=f"{_QR}x"))
    assert "The picture was replaced" in stream.getvalue()
    assert (tmp_path / "code.png").read_bytes() != first
    screen.clear()
    assert not (tmp_path / "code.png").exists()


def test_a_pipe_gets_lines_without_any_control(tmp_path: Path) -> None:
    stream = io.StringIO()
    screen = _screen(stream, tmp_path)
    screen.show(_code())
    screen.show(_code(expires=30))
    screen.show(_code(number=3))
    screen.clear()
    assert "\x1b" not in stream.getvalue()
    assert "\r" not in stream.getvalue()
    assert stream.getvalue().count("Waiting") == 2


def test_a_path_that_is_wider_than_the_window_leaves_nothing_behind(tmp_path: Path) -> None:
    stream = _Terminal()
    folder = tmp_path / ("long" * 30)
    screen = _screen(stream, folder, 80, 24)
    screen.show(_code())
    path = str(folder / "code.png")
    others = [line for line in stream.getvalue().split("\n")[:-1] if line != path]
    assert all(len(line) < 80 for line in others)
    screen.show(_code(number=3))
    assert f"\r\x1b[{len(others) + -(-len(path) // 80)}A\x1b[J" in stream.getvalue()


@pytest.mark.parametrize("stream", [_Ascii(), _Terminal()])
def test_a_terminal_that_cannot_draw_gets_the_file(tmp_path: Path, stream: io.StringIO) -> None:
    _screen(stream, tmp_path, term="xterm" if isinstance(stream, _Ascii) else "dumb").show(_code())
    assert "Open this picture" in stream.getvalue()


def test_a_picture_that_a_full_disk_does_not_take_is_told_and_the_next_one_comes(tmp_path: Path) -> None:
    stream = io.StringIO()
    with small_disk(tmp_path / "disk", 1) as disk:
        filler = fill(disk, leave=0)
        screen = _screen(stream, disk)
        screen.show(_code())
        assert "No space left on device" in stream.getvalue()
        assert list(disk.iterdir()) == [filler]
        filler.unlink()
        screen.show(_code(number=3))
        assert "Open this picture" in stream.getvalue()
        assert (disk / "code.png").read_bytes().startswith(b"\x89PNG")


def test_a_code_to_type_stands_alone_where_its_picture_does_not_fit(tmp_path: Path) -> None:
    stream = _Terminal()
    _screen(stream, tmp_path, 80, 24).show(_code(code="ABCD-EFGH", words="Type this."))
    assert "\n    ABCD-EFGH\n" in stream.getvalue()
    assert "picture" not in stream.getvalue()
    assert not list(tmp_path.iterdir())


def test_what_the_network_says_cannot_steer_the_terminal(tmp_path: Path) -> None:
    stream = io.StringIO()
    _screen(stream, tmp_path).show(_code(code="A\x1b[2J", words="\x1b]0;x\x07Scan", picture=()))
    assert "\x1b" not in stream.getvalue()
    assert "\x07" not in stream.getvalue()


def test_waiting_for_the_first_code_is_said(tmp_path: Path) -> None:
    stream = _Terminal()
    _screen(stream, tmp_path).show({"number": 1, "state": "starting"})
    assert "Asking the network" in stream.getvalue()
