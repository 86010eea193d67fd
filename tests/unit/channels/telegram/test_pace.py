"""Not faster than Telegram allows."""

import asyncio
import time

import pytest

from nanoclaw.channels.contract import TemporarySendError
from nanoclaw.channels.telegram.pace import Pace
from tests.fakes.clocks import ShiftedClock


@pytest.fixture
def clock() -> ShiftedClock:
    return ShiftedClock()


@pytest.fixture
def pace(clock: ShiftedClock) -> Pace:
    return Pace(clock)


async def test_a_short_burst_goes_out_at_once_and_the_fourth_message_waits(pace: Pace) -> None:
    began = time.monotonic()
    for _ in range(3):
        await pace.wait(1001)
    assert time.monotonic() - began < 0.5
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await pace.wait(1001)
    await pace.wait(1002)


async def test_a_group_gets_twenty_messages_a_minute_and_the_outbox_is_told_how_long_the_next_waits(
    pace: Pace, clock: ShiftedClock
) -> None:
    for _ in range(20):
        await pace.wait(-5)
        clock.ahead += 1.1
    with pytest.raises(TemporarySendError) as caught:
        await pace.wait(-5)
    assert 30 < caught.value.after < 40
    clock.ahead += caught.value.after
    await pace.wait(-5)


async def test_all_chats_together_have_a_limit_too(pace: Pace) -> None:
    began = time.monotonic()
    for chat in range(1, 30):
        await pace.wait(chat)
    assert time.monotonic() - began > 0.9


async def test_a_chat_that_telegram_closed_stays_closed_for_so_long(pace: Pace, clock: ShiftedClock) -> None:
    pace.close(1001, 90)
    assert pace.is_closed(1001)
    with pytest.raises(TemporarySendError) as caught:
        await pace.wait(1001)
    assert 80 < caught.value.after <= 90
    await pace.wait(1002)
    clock.ahead += 91
    assert not pace.is_closed(1001)
    await pace.wait(1001)
