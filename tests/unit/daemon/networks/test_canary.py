"""Channels that prove from time to time that they work."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nanoclaw.channels.contract import ChannelError
from nanoclaw.events.measures import Measure
from nanoclaw.settings.home import Home
from tests.fakes.channels_at_work import BELL, ON_PAGER, PAGER, Channels
from tests.fakes.settable_channel import ProbingChannel, SettableChannel
from tests.fakes.waiting import until
from tests.unit.store.conftest import Store


def refused() -> str:
    raise ChannelError("The pager network takes no more messages", hint="Ask its operator.")


def broken() -> str:
    raise KeyError("a mistake of the channel's author")


@pytest.fixture
async def channels(
    owners_store: Store, tmp_path: Path, pager: ProbingChannel, bell: SettableChannel
) -> AsyncIterator[Channels]:
    (tmp_path / "data").mkdir()
    made = Channels(owners_store, Home(tmp_path), [pager, bell], ("pager:me", "bell:me too"))
    made.canary.minutes = {PAGER: 30, BELL: 30}
    async with made.running():
        yield made


async def ask(channels: Channels, minutes: float) -> None:
    """Time passes, and whoever is due is asked."""
    channels.clock.ahead += minutes * 60
    for name in channels.canary.due():
        await channels.canary.ask(name)


async def test_whoever_can_prove_itself_is_asked_after_each_span_and_its_time_is_a_figure(
    channels: Channels, pager: ProbingChannel
) -> None:
    await ask(channels, 0)
    await ask(channels, 29)
    assert pager.probes == 0
    await ask(channels, 2)
    await ask(channels, 29)
    assert pager.probes == 1
    await ask(channels, 2)
    assert pager.probes == 2
    counted = channels.counting.all()
    assert counted.counters[str(Measure.CANARY_OUTCOME), "passed"] == 2
    assert sum(counted.spans[str(Measure.CANARY), "pager"].counts) == 2


async def test_nobody_is_asked_who_was_not_meant_to(channels: Channels, pager: ProbingChannel) -> None:
    channels.canary.minutes = {BELL: 30}
    for _ in range(5):
        await ask(channels, 60)
    assert pager.probes == 0


async def test_one_failure_is_a_moments_and_the_second_makes_it_down_and_told_and_a_success_ends_it(
    channels: Channels, pager: ProbingChannel, bell: SettableChannel
) -> None:
    await ask(channels, 0)
    pager.proof = refused
    await ask(channels, 31)
    assert channels.shape(PAGER).status == "up"
    await ask(channels, 1.1)
    shape = channels.shape(PAGER)
    assert (shape.status, shape.condition, shape.hint) == ("down", "broken", "Ask its operator.")
    assert shape.detail == ("It says that it is up, and its proof failed: The pager network takes no more messages.")
    for _ in range(15):
        await ask(channels, 1.1)
    await channels.pass_(0)
    await until(lambda: bell.texts)
    assert bell.texts[0].startswith("The channel pager has been down for 1")
    pager.proof = lambda: "there and back"
    await ask(channels, 1.1)
    assert channels.shape(PAGER).status == "up"
    await channels.pass_(2)
    await until(lambda: [text for text in pager.texts if "works again" in text])


async def test_a_failure_in_between_is_forgotten(channels: Channels, pager: ProbingChannel) -> None:
    await ask(channels, 0)
    for proof in (refused, lambda: "fine", refused, lambda: "fine"):
        pager.proof = proof
        await ask(channels, 31)
        assert channels.shape(PAGER).status == "up"


async def test_what_waits_for_a_channel_in_doubt_is_tried_all_the_same(
    channels: Channels, pager: ProbingChannel
) -> None:
    await ask(channels, 0)
    pager.proof = broken
    await ask(channels, 31)
    await ask(channels, 1.1)
    assert channels.shape(PAGER).detail == "It says that it is up, and its proof broke (KeyError)."
    await channels.outbox.add(ON_PAGER, "A reply.", client_id="turn-1")
    channels.courier.wake(ON_PAGER)
    await until(lambda: pager.texts == ["A reply."])


async def test_a_channel_that_says_itself_that_it_is_down_is_not_asked(
    channels: Channels, pager: ProbingChannel
) -> None:
    await ask(channels, 0)
    pager.proof = refused
    await ask(channels, 31)
    await ask(channels, 1.1)
    pager.down()
    before = pager.probes
    await ask(channels, 60)
    assert pager.probes == before
    assert channels.shape(PAGER).condition == "unreachable"
    pager.up()
    assert channels.shape(PAGER).status == "up"


async def test_a_proof_that_never_comes_back_keeps_nobody_else_waiting(channels: Channels) -> None:
    class Hanging(ProbingChannel):
        async def probe(self) -> str:
            await asyncio.get_running_loop().create_future()
            return ""

    channels.canary.patience = 0.05
    hanging = Hanging(PAGER)
    hanging.up()
    channels.roster.channels[PAGER] = hanging
    await channels.canary.ask(PAGER)
    await channels.canary.ask(PAGER)
    assert "did not come back" in channels.shape(PAGER).detail
