import io
import os
from pathlib import Path

from nanoclaw.cli.auth.follow import follow
from nanoclaw.cli.auth.screen import Screen
from nanoclaw.control.client import Document
from tests.fakes.clocks import HeldClock

_CODE: Document = {"state": "code", "qr": "x", "picture": (), "code": "ABCD-EFGH", "words": "Type.", "expires_in": 20}
_DONE: Document = {"state": "done", "account": "me"}
_TIMEOUT: Document = {"state": "failed", "fault": "timeout", "problem": "Nobody", "hint": ""}


class _Source:
    """Says one thing after the other; each look takes a second."""

    def __init__(self, clock: HeldClock, *says: Document) -> None:
        self._says = list(says)
        self._clock = clock
        self._number = 0
        self.begun = 0
        self.given_up = 0

    async def begin(self, phone: str) -> Document:
        self.begun += 1
        self.phone = phone
        self._number += 1
        return {"state": "starting", "number": self._number}

    async def look(self, after: int, seconds: float) -> Document:
        self._clock.value += int(seconds * 1000)
        self.after = after
        if self._says:
            self._number += 1
            self._now = self._says.pop(0) | {"number": self._number}
        return self._now

    async def give_up(self) -> None:
        self.given_up += 1


async def _follow(tmp_path: Path, *says: Document, seconds: float = 300) -> tuple[Document, _Source, str]:
    clock, stream = HeldClock(), io.StringIO()
    source = _Source(clock, *says)
    screen = Screen(stream, {}, tmp_path / "code.png", lambda: os.terminal_size((80, 24)))
    shape = await follow(source, screen, "", seconds=seconds, clock=clock)
    return shape, source, stream.getvalue()


async def test_it_ends_with_the_account_and_nothing_is_left_going_on(tmp_path: Path) -> None:
    shape, source, said = await _follow(tmp_path, _CODE, _CODE, _DONE)
    assert (shape["state"], shape["account"], source.begun, source.given_up) == ("done", "me", 1, 1)
    assert said.count("ABCD-EFGH") == 2


async def test_a_network_that_gives_out_no_more_codes_is_asked_again(tmp_path: Path) -> None:
    shape, source, _ = await _follow(tmp_path, _CODE, _TIMEOUT, _CODE, _DONE)
    assert (shape["state"], source.begun) == ("done", 2)


async def test_it_is_not_asked_again_when_the_time_is_over(tmp_path: Path) -> None:
    shape, source, _ = await _follow(tmp_path, _CODE, _TIMEOUT, seconds=2)
    assert (shape["fault"], source.begun) == ("timeout", 1)


async def test_a_network_that_gave_no_code_at_all_is_not_asked_again(tmp_path: Path) -> None:
    shape, source, _ = await _follow(tmp_path, _TIMEOUT)
    assert (shape["fault"], source.begun) == ("timeout", 1)


async def test_a_code_that_nobody_uses_ends_with_the_time_of_the_owner(tmp_path: Path) -> None:
    shape, source, _ = await _follow(tmp_path, _CODE, seconds=5)
    assert (shape["state"], shape["fault"], source.given_up) == ("failed", "timeout", 1)
    assert "--timeout" in shape["hint"]
