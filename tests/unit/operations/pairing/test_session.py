import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from nanoclaw.channels.contract import PairingCode, PairingDone, PairingError, PairingFault
from nanoclaw.operations.pairing.session import PairingSession, PairingState
from tests.fakes.clocks import ShiftedClock
from tests.fakes.pairing import OWNER, PairableChannel


@asynccontextmanager
async def _running(channel: PairableChannel, finished: list[PairingDone]) -> AsyncIterator[PairingSession]:
    async def finish(done: PairingDone) -> None:
        finished.append(done)

    session = PairingSession(channel, "", ShiftedClock(), finish)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(session.run(), name="pairing")
        yield session
        running.cancel()


async def test_whoever_asks_waits_for_the_next_change() -> None:
    channel, finished = PairableChannel(), list[PairingDone]()
    async with _running(channel, finished) as session:
        first = await session.view()
        assert (first.state, session.is_over) == (PairingState.STARTING, False)
        assert (await session.view(first.number, 0.02)) == first
        channel.say(PairingCode(qr="one", expires=60))
        code = await session.view(first.number, 5)
        assert (code.state, code.code) == (PairingState.CODE, PairingCode(qr="one", expires=60))
        channel.say(OWNER)
        done = await session.view(code.number, 5)
        assert (done.state, done.done, session.is_over) == (PairingState.DONE, OWNER, True)
    assert finished == [OWNER]


@pytest.mark.parametrize(
    ("raised", "fault", "words"),
    [
        (PairingError("No", hint="Wait.", fault=PairingFault.PASSKEY), PairingFault.PASSKEY, "No"),
        (ZeroDivisionError("secret"), PairingFault.BROKEN, "ZeroDivisionError"),
    ],
)
async def test_what_goes_wrong_is_in_the_view(raised: Exception, fault: PairingFault, words: str) -> None:
    channel = PairableChannel()
    async with _running(channel, []) as session:
        channel.say(raised)
        view = await session.view(1, 5)
        assert view.error is not None
        assert (view.state, view.error.fault) == (PairingState.FAILED, fault)
        assert words in str(view.error)
        assert "secret" not in str(view.error)


async def test_a_pairing_that_is_cancelled_is_given_up_at_the_channel() -> None:
    channel = PairableChannel()
    async with _running(channel, []) as session:
        channel.say(PairingCode(qr="one", expires=60))
        await session.view(1, 5)
    assert (channel.given_up, session.is_over) == (1, True)


async def test_a_pairing_that_nobody_looks_at_any_more_ends() -> None:
    channel, clock = PairableChannel(), ShiftedClock()

    async def finish(_done: PairingDone) -> None:
        return

    session = PairingSession(channel, "", clock, finish)
    clock.ahead = 61
    async with asyncio.timeout(5):
        await session.run()
    view = await session.view()
    assert view.error is not None
    assert view.error.fault is PairingFault.TIMEOUT
    assert channel.given_up == 1


async def test_a_pairing_that_is_over_stays_as_it_ended() -> None:
    channel = PairableChannel()
    async with _running(channel, []) as session:
        channel.say(OWNER)
        ended = await session.view(1, 5)
        assert await session.view() == ended
    assert await session.view() == ended
