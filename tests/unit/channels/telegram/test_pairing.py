"""The code that proves who the owner is."""

import asyncio

import pytest

from nanoclaw.channels.telegram.pairing import LIFETIME_SECONDS, TRIES, Code, Paired, random_code
from tests.fakes.clocks import ShiftedClock

OWNER = Paired(user="1001", chat="1001", name="Olga")
MALLORY = Paired(user="6", chat="6", name="Olga")


@pytest.fixture
def clock() -> ShiftedClock:
    return ShiftedClock()


@pytest.fixture
async def code(clock: ShiftedClock) -> Code:
    return Code(clock, lambda: "ABCD2345")


@pytest.mark.parametrize("text", ["ABCD2345", " abcd2345 ", "/start ABCD2345", "/start abcd2345"])
async def test_whoever_sends_it_is_the_owner_once(code: Code, text: str) -> None:
    assert code.offer(text, OWNER)
    assert await code.sent() == OWNER
    assert not code.offer(text, MALLORY)
    assert await code.sent() == OWNER


@pytest.mark.parametrize("text", ["", "Hello", "/start", "ABCD234", "ABCD23456", "ABCD 2345", "АBCD2345", "1" * 5_000])
async def test_what_does_not_look_like_one_is_no_try(code: Code, text: str) -> None:
    for _ in range(TRIES + 1):
        assert not code.offer(text, MALLORY)
    assert code.offer("ABCD2345", OWNER)


async def test_after_ten_wrong_ones_it_is_over(code: Code) -> None:
    for _ in range(TRIES):
        assert not code.offer("ABCD2346", MALLORY)
    assert not code.is_open
    assert not code.offer("ABCD2345", OWNER)
    assert await code.sent() is None


async def test_after_ten_minutes_it_is_over(code: Code, clock: ShiftedClock) -> None:
    clock.ahead = LIFETIME_SECONDS - 0.05
    assert code.is_open
    assert await code.sent() is None
    assert not code.offer("ABCD2345", OWNER)


async def test_whoever_waits_is_told_at_once(code: Code) -> None:
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(code.sent(), name="wait")
        await asyncio.sleep(0)
        code.offer("ABCD2345", OWNER)
    assert waiting.result() == OWNER


def test_codes_are_many_and_hold_nothing_that_looks_like_something_else() -> None:
    codes = {random_code() for _ in range(1_000)}
    assert len(codes) == 1_000
    assert not set("".join(codes)) & set("01OILUabc")
