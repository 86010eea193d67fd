"""Channels at work: each change is seen, and the owner hears of what matters by a way that works."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NoReturn

import pytest

from nanoclaw.channels.contract import Channel, ChannelCondition, ChannelState
from nanoclaw.daemon.networks.watch import read_records
from nanoclaw.events.measures import Measure
from nanoclaw.model.chats import ChatAddress
from nanoclaw.model.groups import GroupFolder
from nanoclaw.model.people import Person, Role
from nanoclaw.settings.home import Home
from tests.fakes.channels_at_work import BELL, ON_BELL, ON_PAGER, PAGER, Channels
from tests.fakes.settable_channel import SettableChannel, gave_up
from tests.fakes.small_disk import fill, small_disk
from tests.fakes.waiting import until
from tests.unit.store.conftest import Store


@pytest.fixture
async def channels(
    owners_store: Store, tmp_path: Path, pager: SettableChannel, bell: SettableChannel
) -> AsyncIterator[Channels]:
    made = Channels(owners_store, Home(tmp_path), [pager, bell], ("pager:me", "bell:me too"))
    (tmp_path / "data").mkdir()
    async with made.running():
        yield made


async def test_a_lost_account_is_told_at_once_by_the_other_channel_and_the_alert_routes(
    channels: Channels, pager: SettableChannel, bell: SettableChannel
) -> None:
    pager.down(ChannelCondition.LOGGED_OUT)
    await until(lambda: bell.texts)
    expected = (
        "The channel pager does not work until you see to it. The session was ended by the account's owner or by the"
        " network. `nanoclaw auth pager` links it again."
    )
    assert bell.texts == [expected]
    assert channels.alerts() == [expected]
    await channels.pass_(300)
    pager.up()
    await channels.pass_(2)
    await until(lambda: pager.texts)
    assert pager.texts == ["The channel pager works again, after 5 hours."]
    assert bell.texts == [expected]
    assert channels.alerts()[1:] == pager.texts


async def test_on_a_full_disk_the_owner_is_told_and_what_was_told_is_kept_when_there_is_room(
    owners_store: Store, tmp_path: Path, pager: SettableChannel, bell: SettableChannel
) -> None:
    with small_disk(tmp_path / "home", 1) as disk:
        (disk / "data").mkdir()
        made = Channels(owners_store, Home(disk), [pager, bell], ("pager:me", "bell:me too"))
        filler = fill(disk, leave=0)
        async with made.running():
            pager.down(ChannelCondition.LOGGED_OUT)
            await until(lambda: bell.texts)
            await made.pass_(1)
            assert not made.home.outages.exists()
            filler.unlink()
            await made.pass_(1)
            await until(made.home.outages.exists)
            assert "pager" in read_records(made.home.outages)
            assert len(bell.texts) == 1


async def test_that_the_owner_unlinked_it_is_no_news_to_the_owner(
    channels: Channels, pager: SettableChannel, bell: SettableChannel
) -> None:
    channels.roster.leave(PAGER, leaving=True)
    pager.down(ChannelCondition.LOGGED_OUT)
    await channels.pass_(300)
    assert bell.texts == []
    channels.roster.leave(PAGER, leaving=False)
    await until(lambda: bell.texts)
    assert bell.texts[0].startswith("The channel pager does not work until you see to it.")


async def test_a_ban_that_ends_by_itself_is_not_said_to_need_the_owner(
    channels: Channels, pager: SettableChannel, bell: SettableChannel
) -> None:
    pager.down(ChannelCondition.BANNED, detail="Closed until noon.", hint="Wait.")
    await until(lambda: bell.texts)
    assert bell.texts == ["The channel pager does not work. Closed until noon. Wait."]


async def test_the_status_says_why_since_when_and_what_to_do(channels: Channels, pager: SettableChannel) -> None:
    before = channels.shape(PAGER)
    assert (before.status, before.condition, before.hint) == ("up", "", "")
    pager.down(ChannelCondition.PAUSED, detail="Too many messages: 40 seconds.")
    shape = channels.shape(PAGER)
    assert (shape.status, shape.condition, shape.detail) == ("down", "paused", "Too many messages: 40 seconds.")
    assert shape.hint == "Nothing needs to be done: it goes on trying."
    assert before.since is not None
    assert shape.since is not None
    assert shape.since > before.since


async def test_a_network_that_does_not_answer_is_told_after_a_while_and_news_that_waited_for_it_with_it(
    channels: Channels, pager: SettableChannel, bell: SettableChannel
) -> None:
    pager.down()
    await channels.outbox.add(ON_PAGER, "The budget is used up.", client_id="owner-budget")
    await channels.outbox.add(ON_PAGER, "A reply to the owner.", client_id="turn-7")
    await channels.pass_(14)
    assert bell.texts == []
    await channels.pass_(2)
    await until(lambda: len(bell.texts) == 2)
    assert bell.texts[0].startswith("The channel pager has been down for 16 minutes. The network does not answer.")
    assert bell.texts[1] == "The budget is used up."
    await channels.pass_(600)
    assert len(bell.texts) == 2
    await channels.outbox.add(ON_PAGER, "The group Family got no answer.", client_id="failed-8")
    await channels.pass_(1)
    await channels.pass_(1)
    await until(lambda: len(bell.texts) == 3)
    assert bell.texts[2] == "The group Family got no answer."


async def test_the_owner_is_asked_where_an_answer_can_come_in(
    channels: Channels, pager: SettableChannel, bell: SettableChannel
) -> None:
    channels.chats.named = ("pager:41791234567", "pager:me")
    alone = ChatAddress(channel=PAGER, chat="41791234567")
    await channels.store.add_group("private")
    await channels.store.groups.bind(GroupFolder("private"), alone, "Boss")
    await channels.store.people.add(Person(channel=PAGER, sender=alone.chat, role=Role.OWNER, folder=None))
    assert await channels.chats.pick() == (alone,)
    assert await channels.chats.where_answers_come_from() == ON_PAGER
    pager.down()
    assert await channels.chats.where_answers_come_from() == ON_BELL
    bell.down()
    assert await channels.chats.where_answers_come_from() == ON_PAGER


async def test_news_go_at_once_to_the_next_chat_while_the_first_ones_channel_is_down(
    channels: Channels, pager: SettableChannel, bell: SettableChannel
) -> None:
    await channels.tidings.tell("One.", "one")
    await until(lambda: pager.texts)
    pager.down()
    await channels.tidings.tell("Two.", "two")
    await until(lambda: bell.texts)
    pager.up()
    await channels.tidings.tell("Three.", "three")
    await until(lambda: len(pager.texts) == 2)
    assert (pager.texts, bell.texts) == (["One.", "Three."], ["Two."])


async def test_with_no_channel_left_the_alert_routes_hear_of_it_all(
    channels: Channels, pager: SettableChannel, bell: SettableChannel
) -> None:
    pager.down(ChannelCondition.BANNED)
    bell.down(ChannelCondition.BANNED)
    await until(lambda: len(channels.alerts()) == 2)
    assert [" ".join(text.split()[:3]) for text in channels.alerts()] == ["The channel pager", "The channel bell"]


async def test_a_channel_that_gives_up_is_told_with_its_own_words(
    channels: Channels, pager: SettableChannel, bell: SettableChannel
) -> None:
    pager.end(gave_up())
    await until(lambda: bell.texts)
    words = "The channel pager gave up. The pager's token is missing Write PAGER_TOKEN=… into .env."
    assert bell.texts == [words]
    shape = channels.shape(PAGER)
    assert (shape.status, shape.detail, shape.hint) == (
        "down",
        "The pager's token is missing",
        "Write PAGER_TOKEN=… into .env.",
    )


async def test_a_channel_whose_program_ended_is_down_whatever_it_says_itself(
    channels: Channels, pager: SettableChannel
) -> None:
    pager.quiet = True
    pager.end(RuntimeError("index out of range"))
    await until(lambda: channels.shape(PAGER).condition == "broken")
    pager._state = ChannelState(status=pager.state().status.UP)
    assert channels.shape(PAGER).status == "down"
    await until(lambda: pager.runs == 2)
    await until(lambda: channels.shape(PAGER).status == "up")


async def test_a_channel_that_cannot_say_how_it_is_is_down(channels: Channels, pager: SettableChannel) -> None:
    class Mute(SettableChannel):
        def state(self) -> NoReturn:
            raise RuntimeError("no idea")

    mute: Channel = Mute(PAGER)
    channels.roster.channels[PAGER] = mute
    shape = channels.shape(PAGER)
    assert (shape.status, shape.condition, shape.detail) == ("down", "broken", "It cannot say how it is.")


async def test_a_channel_that_does_not_report_its_changes_is_looked_at_all_the_same(
    channels: Channels, pager: SettableChannel, bell: SettableChannel
) -> None:
    pager.quiet = True
    pager.down(ChannelCondition.REPLACED)
    await channels.pass_(0.5)
    await until(lambda: bell.texts)


async def test_each_change_is_a_figure_and_a_line_by_ids_and_a_flapping_channel_does_not_fill_the_log(
    channels: Channels, pager: SettableChannel, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for _ in range(500):
        pager.down(detail="The number +49 170 000 is gone")
        pager.up()
    counted = channels.counting.all().counters
    assert counted[str(Measure.CHANNEL), "unreachable"] == 500
    lines = [record for record in caplog.records if record.name == "nanoclaw.daemon.networks.watch"]
    assert 18 <= len(lines) <= 22
    assert lines[-1].message == "a channel changes all the time"
    assert "+49" not in caplog.text
    assert "+49" not in json.dumps([record.__dict__ for record in lines], default=str)


async def test_what_was_told_is_remembered_over_a_restart(
    channels: Channels, pager: SettableChannel, bell: SettableChannel
) -> None:
    pager.down(ChannelCondition.LOGGED_OUT)
    await until(lambda: bell.texts)
    await until(lambda: any(one.told for one in read_records(channels.home.outages).values()))
    assert channels.home.outages.stat().st_mode & 0o777 == 0o600
    again = Channels(channels.store, channels.home, [SettableChannel(PAGER), SettableChannel(BELL)])
    async with again.running():
        old = again.roster.channels[PAGER]
        assert isinstance(old, SettableChannel)
        old.down(ChannelCondition.LOGGED_OUT)
        await again.pass_(2)
        assert len(channels.alerts()) == 1
        old.up()
        await again.pass_(2)
        await until(lambda: len(channels.alerts()) == 2)


async def test_what_waited_for_a_channel_that_was_down_for_days_leaves_at_once_when_it_is_up(
    channels: Channels, pager: SettableChannel
) -> None:
    pager.down(ChannelCondition.LOGGED_OUT)
    for number in range(3):
        await channels.outbox.add(ON_PAGER, f"Reply {number}", client_id=f"turn-{number}")
        channels.courier.wake(ON_PAGER)
    for _ in range(48):
        channels.clock.ahead += 3600
        channels.courier.wake_channel(PAGER)
        await asyncio.sleep(0)
    pager.up()
    await until(lambda: len(pager.texts) >= 3)
    assert [(reply.text, reply.attempts) for reply in pager.sent[:3]] == [(f"Reply {n}", 1) for n in range(3)]


async def test_what_is_a_week_old_is_given_up(channels: Channels, pager: SettableChannel) -> None:
    pager.down()
    await channels.outbox.add(ON_PAGER, "Old", client_id="turn-old")
    channels.courier.wake(ON_PAGER)
    channels.clock.ahead += 7.1 * 86_400
    await channels.outbox.add(ON_PAGER, "New", client_id="turn-new")
    pager.up()
    await until(lambda: [trouble for trouble in pager.texts if trouble == "New"])
    assert "Old" not in pager.texts


@pytest.mark.parametrize("damage", ["", "[]", '{"pager": 5}', '{"pager": {"proven": 1}}'])
async def test_a_damaged_memory_is_none(channels: Channels, damage: str) -> None:
    channels.home.outages.write_text(damage)
    Channels(channels.store, channels.home, [SettableChannel(PAGER)])
