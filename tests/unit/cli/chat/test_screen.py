import io
from typing import Any

import pytest

from nanoclaw.cli.chat.screen import Screen
from nanoclaw.cli.render import Paint


class Page:
    """A screen and what was written on it."""

    def __init__(self, *, live: bool = True) -> None:
        self._out = io.StringIO()
        self.screen = Screen(self._out.write, Paint(io.StringIO(), {}), live=live)

    def show(self, kind: str, text: str = "", **rest: Any) -> None:
        self.screen.show({"kind": kind, "text": text, "state": "", **rest})

    @property
    def text(self) -> str:
        return self._out.getvalue()


@pytest.fixture
def page() -> Page:
    return Page()


def answered(*texts: str) -> dict[str, Any]:
    return {"outcome": "answered", "replies": [{"id": 1, "text": text, "state": "sent"} for text in texts]}


def test_a_streamed_answer_is_not_printed_twice(page: Page) -> None:
    page.screen.begin("q")
    page.show("message", "q", sender="me")
    page.show("text", "Hel")
    page.show("text", "lo")
    page.show("reply", "Hello")
    page.screen.finish(answered("Hello"))
    assert page.text == "Hello\n"


def test_an_answer_that_differs_from_its_preview_is_printed_whole(page: Page) -> None:
    page.screen.begin("q")
    page.show("text", "Let me see")
    page.show("tool", "Bash")
    page.show("text", "5")
    page.show("reply", "Five")
    page.screen.finish(answered("Five"))
    assert page.text == "Let me see\n  · Bash\n5\nFive\n"


def test_a_reply_that_came_by_no_event_is_printed_once(page: Page) -> None:
    page.screen.begin("q")
    assert not page.screen.has_shown(answered("A"))
    page.screen.finish(answered("A"))
    page.show("reply", "A")
    assert page.text == "A\n"


def test_the_same_reply_twice_is_two_replies(page: Page) -> None:
    page.screen.begin("q")
    page.show("reply", "A")
    page.screen.finish(answered("A", "A"))
    assert page.text == "A\nA\n"


def test_what_others_write_and_late_replies_are_shown(page: Page) -> None:
    page.show("message", "hi\x1b[2J", sender="Bob\n")
    page.show("text", "not while someone writes")
    page.show("reply", "late")
    page.show("turn", state="failed")
    assert page.text == "Bob: hi␛[2J\nlate\nA turn failed; 'nanoclaw status' says more.\n"


def test_internal_passages_are_never_streamed(page: Page) -> None:
    page.screen.begin("q")
    page.show("text", "a<inter")
    page.show("text", "nal>secret</internal>b")
    page.show("reply", "ab")
    assert page.text == "ab\n"


def test_the_indicator_gives_way_to_words(page: Page) -> None:
    page.screen.begin("q")
    page.screen.tick(2)
    page.show("text", "x")
    page.screen.tick(3)
    assert page.text == "\r\x1b[Kworking… 2 s\r\x1b[Kx"


def test_a_dumb_terminal_gets_whole_lines() -> None:
    page = Page(live=False)
    page.screen.begin("q")
    page.screen.tick(1)
    page.show("text", "Hel")
    page.show("reply", "Hello")
    assert page.text == "Hello\n"


def test_events_of_a_later_version_are_ignored(page: Page) -> None:
    page.show("something new", "x")
    assert page.text == ""


def test_a_file_is_shown_by_name_size_and_place_and_cannot_steer_the_terminal(page: Page) -> None:
    page.show("reply", "Here\n[File \x1b]0;x\x07plan\u202e.pdf, 12 kB: /home/a/data/outgoing/x]")
    assert page.text == "Here\n[File \u241b]0;x\u2407plan<U+202E>.pdf, 12 kB: /home/a/data/outgoing/x]\n"


def test_a_question_is_shown_with_its_numbers(page: Page) -> None:
    page.show("reply", "Tea?\n1. yes\n2. no")
    assert page.text == "Tea?\n1. yes\n2. no\n"
