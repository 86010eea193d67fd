import fcntl
import io
import json
import os
import struct
import termios
import unicodedata
from collections.abc import Iterator
from typing import TextIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanoclaw.cli.render import Paint, count, fitted, one_line, table, to_json, visible

HOSTILE = "\x1b[2J\x1b]0;title\x07\x9b31m\u202eevil\r\x00\ud800"


@given(st.text())
def test_no_control_character_survives(text: str) -> None:
    steering = {"Cc", "Cs", "Zl", "Zp"}
    for character in visible(text):
        assert character in "\n\t" or unicodedata.category(character) not in steering
        assert character not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def test_escapes_are_made_visible_rather_than_dropped() -> None:
    assert visible("\x1b[31m") == "␛[31m"
    assert visible("\u202e") == "<U+202E>"
    assert visible("a\r\nb") == "a\nb"
    assert visible("👩‍👩‍👧 ok") == "👩‍👩‍👧 ok"


def test_json_is_safe_to_print_and_means_the_same() -> None:
    for encoding in ("utf-8", "ascii", None):
        text = to_json({"text": HOSTILE + "é"}, encoding)
        assert json.loads(text) == {"text": HOSTILE + "é"}
        assert not set(text) & set("\x1b\x9b\u202e\x00\ud800")
    assert "é" in to_json({"text": "é"}, "UTF-8")
    assert text.isascii()


def test_cells_of_a_table_stay_on_their_line() -> None:
    assert table(("A", "B"), [("x\ny", "1"), ("z", "2")]) == "A    B\nx y  1\nz    2"


def test_long_lines_are_cut() -> None:
    assert one_line("abcdef", 4) == "abc…"


@pytest.fixture
def narrow() -> Iterator[TextIO]:
    """A terminal of forty columns."""
    leader, follower = os.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("4H", 12, 40, 0, 0))
    with os.fdopen(follower, "w") as stream:
        yield stream
    os.close(leader)


def test_on_a_terminal_no_word_and_no_command_is_cut(narrow: TextIO) -> None:
    text = "hint: Ask for a well-known one, then\n  `nanoclaw auth telegram` links the bot anew at once"
    lines = fitted(text, narrow).split("\n")
    assert lines == [
        "hint: Ask for a well-known one, then",
        "  `nanoclaw auth telegram` links the bot",
        "  anew at once",
    ]
    assert fitted("then say `nanoclaw groups chats main add telegram:12345`", narrow).split("\n") == [
        "then say",
        "`nanoclaw groups chats main add telegram:12345`",
    ]
    assert fitted(text, io.StringIO()) == text


def test_colours_need_a_terminal_and_no_objection() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    assert Paint(Terminal(), {}).red("x") == "\x1b[31mx\x1b[0m"
    assert Paint(Terminal(), {"NO_COLOR": "1"}).red("x") == "x"
    assert Paint(Terminal(), {"TERM": "dumb"}).red("x") == "x"
    assert Paint(io.StringIO(), {}).red("x") == "x"


@pytest.mark.parametrize(("number", "said"), [(0, "0 backups"), (1, "1 backup"), (2_000, "2,000 backups")])
def test_one_thing_is_not_said_to_be_several(number: int, said: str) -> None:
    assert count(number, "backup") == said
