"""The bar."""

import io

from nanoclaw.cli.progress import Bar
from nanoclaw.operations.backup.progress import Step


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_is_shown_how_far_it_is_and_the_line_is_gone_afterwards() -> None:
    stream = Terminal()
    with Bar(stream) as bar:
        bar.show(Step(what="store/messages.db", done=512 * 2**20, total=1024 * 2**20))
        bar.show(Step(what="too soon after the first to be drawn", done=1, total=2))
    assert "[############            ]  50%  512/1,024 MiB  store/messages.db" in stream.getvalue()
    assert "too soon" not in stream.getvalue()
    assert stream.getvalue().endswith("\r\x1b[K")


def test_names_cannot_steer_the_terminal() -> None:
    stream = Terminal()
    with Bar(stream) as bar:
        bar.show(Step(what="\x1b[2Jevil\nname", done=3, total=2))
    assert "\x1b[2J" not in stream.getvalue()
    assert "\n" not in stream.getvalue()
    assert "100%" in stream.getvalue()


def test_nothing_is_drawn_where_nobody_watches() -> None:
    stream = io.StringIO()
    with Bar(stream) as bar:
        bar.show(Step(what="x", done=1, total=0))
    assert stream.getvalue() == ""
