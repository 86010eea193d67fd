"""Channels switched and tried out while the daemon runs; where the owner's news go."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nanoclaw.channels.contract import ChannelCondition, ChannelError
from nanoclaw.channels.registry import UnknownChannelError
from nanoclaw.control.channel_shapes import ChannelTestRequest, NameChatsRequest
from nanoclaw.control.errors import InvalidRequestError
from nanoclaw.control.service import ConflictError, NoSuchGroupError
from nanoclaw.daemon.answers.channels import ChannelHands, ChannelRecords
from nanoclaw.daemon.answers.owner_chats import NewsRecords
from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.groups import GroupFolder
from nanoclaw.model.people import Person, Role
from nanoclaw.settings.edit import switch_channel
from nanoclaw.settings.home import Home
from nanoclaw.settings.load import load_settings
from tests.fakes.channels_at_work import BELL, ON_PAGER, PAGER, Channels
from tests.fakes.settable_channel import ProbingChannel, SettableChannel
from tests.fakes.waiting import until
from tests.unit.store.conftest import Store

HORN = ChannelName("horn")


class Office:
    """The desk over channels at work. ``made`` are the channels that it made."""

    def __init__(self, at_work: Channels) -> None:
        self.at_work = at_work
        self.made: list[SettableChannel] = []
        self.welcomed: list[ChannelName] = []
        at_work.make = self._make
        hands = ChannelHands(
            home=at_work.home,
            clock=at_work.clock,
            outbox=at_work.outbox,
            chats=at_work.chats,
            deliver=at_work.courier.wake,
            welcome=self._welcome,
        )
        news = NewsRecords(at_work.home, at_work.chats, at_work.store.groups, at_work.roster.is_up)
        self.desk = ChannelRecords(at_work.roster, at_work.networks, news, hands)

    def _make(self, name: ChannelName) -> SettableChannel:
        if name == "unknown":
            raise UnknownChannelError("There is no channel named 'unknown'", hint="There are: horn.")
        self.made.append(SettableChannel(name))
        return self.made[-1]

    async def _welcome(self, name: ChannelName) -> None:
        self.welcomed.append(name)


@pytest.fixture
async def office(
    owners_store: Store, tmp_path: Path, pager: ProbingChannel, bell: SettableChannel
) -> AsyncIterator[Office]:
    (tmp_path / "data").mkdir()
    home = Home(tmp_path)
    home.config.write_text("[channels.pager]\n[channels.bell]\n")
    async with Channels(owners_store, home, [pager, bell]).running() as at_work:
        yield Office(at_work)


async def test_a_channel_is_started_started_anew_and_stopped_as_the_file_says(office: Office) -> None:
    assert (await office.desk.apply("horn")).action == "none"
    switch_channel(office.at_work.home, "horn", on=True)
    applied = await office.desk.apply("horn")
    assert applied.action == "started"
    assert office.welcomed == [HORN]
    await until(lambda: office.at_work.shape(HORN).status == "up")
    assert (await office.desk.apply("horn")).action == "restarted"
    first, second = office.made
    await until(lambda: second.runs == 1)
    assert first.state().status == "down"
    switch_channel(office.at_work.home, "horn", on=False)
    assert (await office.desk.apply("horn")).action == "stopped"
    assert second.state().status == "down"
    assert HORN not in office.at_work.roster.channels


async def test_what_waits_for_a_channel_that_is_off_is_kept_and_sent_when_it_is_on(office: Office) -> None:
    home = office.at_work.home
    switch_channel(home, "pager", on=False)
    await office.desk.apply("pager")
    await office.at_work.outbox.add(ON_PAGER, "Later.", client_id="turn-1")
    office.at_work.courier.wake(ON_PAGER)
    switch_channel(home, "pager", on=True)
    await office.desk.apply("pager")
    office.at_work.clock.ahead += 2
    office.at_work.courier.wake(ON_PAGER)
    await until(lambda: office.made[0].texts == ["Later."])


async def test_a_channel_that_is_switched_off_is_no_outage(office: Office, bell: SettableChannel) -> None:
    switch_channel(office.at_work.home, "pager", on=False)
    await office.desk.apply("pager")
    await office.at_work.pass_(600)
    assert bell.texts == []
    assert office.at_work.alerts() == []


async def test_what_cannot_be_made_does_not_cost_what_runs(office: Office) -> None:
    switch_channel(office.at_work.home, "unknown", on=True)
    with pytest.raises(ConflictError, match="no channel named 'unknown'"):
        await office.desk.apply("unknown")
    assert set(office.at_work.roster.channels) == {PAGER, BELL}


async def test_the_terminals_channel_cannot_be_switched(office: Office) -> None:
    with pytest.raises(ConflictError, match="always there"):
        await office.desk.apply("local")


async def test_a_test_goes_there_and_back_and_sends_the_owner_a_message(office: Office, pager: ProbingChannel) -> None:
    found = await office.desk.test("pager", ChannelTestRequest())
    assert (found.ok, found.probe, found.probe_detail, found.message, found.chat) == (
        True,
        "passed",
        "there and back",
        "delivered",
        "me",
    )
    assert found.probe_ms is not None
    assert found.message_ms is not None
    assert pager.texts[0].startswith("This is a test from nanoclaw: its channel pager reaches you.")
    assert pager.texts[0][-9:] in f"({found.message_detail})"


async def test_a_message_that_does_not_get_out_is_withdrawn_and_does_not_come_later(
    office: Office, pager: ProbingChannel
) -> None:
    pager.down(ChannelCondition.UNREACHABLE, detail="Nobody answers.")
    pager.proof = _refused
    found = await office.desk.test("pager", ChannelTestRequest(wait_seconds=1))
    assert (found.ok, found.probe, found.probe_hint, found.message) == (False, "failed", "Look.", "undelivered")
    assert found.message_detail == "not within 1 s: Nobody answers."
    pager.up()
    await office.at_work.outbox.add(ON_PAGER, "The next.", client_id="turn-1")
    office.at_work.courier.wake(ON_PAGER)
    await until(lambda: pager.texts)
    assert pager.texts == ["The next."]


def _refused() -> str:
    raise ChannelError("no", hint="Look.")


async def test_only_a_chat_of_the_owners_gets_a_test_message(office: Office, owners_store: Store) -> None:
    family = ChatAddress(channel=PAGER, chat="family")
    await owners_store.add_group("family")
    await owners_store.groups.bind(GroupFolder("family"), family, "Family")
    with pytest.raises(InvalidRequestError, match="no chat of yours"):
        await office.desk.test("pager", ChannelTestRequest(chat="family"))
    with pytest.raises(NoSuchGroupError):
        await office.desk.test("horn", ChannelTestRequest())


async def test_without_a_chat_there_a_channel_with_a_proof_can_still_be_tested(office: Office) -> None:
    switch_channel(office.at_work.home, "horn", on=True)
    await office.desk.apply("horn")
    found = await office.desk.test("horn", ChannelTestRequest())
    assert (found.ok, found.probe, found.message) == (False, "skipped", "skipped")
    assert "Write to the assistant there" in found.message_hint


async def test_the_owner_says_where_news_go_and_it_counts_at_once_and_after_a_restart(
    office: Office, bell: SettableChannel
) -> None:
    found = await office.desk.name_owner_chats(NameChatsRequest(chats=["bell:me too", "pager:me"]))
    assert found.next == ["bell:me too"]
    assert [(one.channel, one.named, one.up) for one in found.chats][:2] == [
        ("bell", True, True),
        ("pager", True, True),
    ]
    await office.at_work.tidings.tell("The roof leaks.", "roof")
    await until(lambda: bell.texts == ["The roof leaks."])
    assert load_settings(office.at_work.home).alerts.chats == ("bell:me too", "pager:me")
    bell.down()
    assert (await office.desk.owner_chats()).next == ["pager:me"]
    await office.desk.name_owner_chats(NameChatsRequest(chats=[]))
    assert "chats" not in office.at_work.home.config.read_text()


async def test_only_chats_of_the_owners_are_accepted(office: Office, owners_store: Store) -> None:
    await owners_store.add_group("family")
    await owners_store.groups.bind(GroupFolder("family"), ChatAddress(channel=PAGER, chat="family"), "Family")
    for stranger in ("pager:family", "pager:nobody", "horn:me"):
        with pytest.raises(InvalidRequestError, match="news are for the owner alone"):
            await office.desk.name_owner_chats(NameChatsRequest(chats=["pager:me", stranger]))
    assert "alerts" not in office.at_work.home.config.read_text()


async def test_a_chat_with_an_owner_alone_is_the_owners_though_no_group_has_it(
    office: Office, owners_store: Store
) -> None:
    private = ChatAddress(channel=PAGER, chat="41791234567")
    await owners_store.add_group("private")
    await owners_store.groups.bind(GroupFolder("private"), private, "Boss")
    with pytest.raises(InvalidRequestError):
        await office.desk.name_owner_chats(NameChatsRequest(chats=["pager:41791234567"]))
    await owners_store.people.add(Person(channel=PAGER, sender="41791234567", role=Role.ADMIN, folder=None))
    with pytest.raises(InvalidRequestError):
        await office.desk.name_owner_chats(NameChatsRequest(chats=["pager:41791234567"]))
    await owners_store.people.add(Person(channel=PAGER, sender="41791234567", role=Role.OWNER, folder=None))
    assert [one.chat for one in (await office.desk.owner_chats()).possible] == ["41791234567"]
    assert (await office.desk.name_owner_chats(NameChatsRequest(chats=["pager:41791234567"]))).next == [
        "pager:41791234567"
    ]


async def test_a_chat_that_is_no_longer_the_owners_is_ignored_and_shown(office: Office, owners_store: Store) -> None:
    await office.desk.name_owner_chats(NameChatsRequest(chats=["bell:me too"]))
    await owners_store.database.write(
        lambda connection: connection.execute("UPDATE chats SET group_id = NULL WHERE channel = 'bell'")
    )
    found = await office.desk.owner_chats()
    assert found.ignored == ["bell:me too"]
    assert found.next == ["pager:me"]
