import asyncio
from collections.abc import AsyncIterator

import pytest

from nanoclaw.channels.contract import ChannelError, PairingCode, PairingError, PairingFault
from nanoclaw.channels.local.channel import LocalChannel
from nanoclaw.control.pairing_shapes import PairingQuery, PairRequest
from nanoclaw.control.service import ConflictError, NoSuchGroupError
from nanoclaw.daemon.answers.pairing import PairingRecords
from nanoclaw.daemon.networks.roster import Roster
from nanoclaw.model.chats import ChannelName
from nanoclaw.model.clock import SystemClock
from nanoclaw.model.people import Role
from nanoclaw.store.database import Database
from nanoclaw.store.people import People
from tests.fakes.pairing import OWNER, PairableChannel

_NEXT = PairingQuery(after=1, wait_seconds=5)
_NEW = PairRequest()


@pytest.fixture
def channel() -> PairableChannel:
    return PairableChannel()


@pytest.fixture
def linked() -> list[str]:
    return []


@pytest.fixture
async def people(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[People]:
    database = await Database.open(tmp_path_factory.mktemp("store") / "messages.db")
    yield People(database, SystemClock())
    await database.close()


@pytest.fixture
def roster(channel: PairableChannel) -> Roster:
    return Roster({ChannelName("local"): LocalChannel(), channel.name: channel})


@pytest.fixture
async def desk(roster: Roster, people: People, linked: list[str]) -> AsyncIterator[PairingRecords]:
    desk = PairingRecords(roster, people, SystemClock(), linked.append)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(desk.run(), name="pairing")
        await asyncio.sleep(0)
        yield desk
        running.cancel()


async def test_a_code_is_shown_with_its_picture_and_the_time_it_has_left(
    desk: PairingRecords, channel: PairableChannel
) -> None:
    assert (await desk.look("pigeon", PairingQuery())).state == "none"
    assert (await desk.begin("pigeon", _NEW)).state == "starting"
    channel.say(PairingCode(qr="scan me", words="Scan.", expires=60))
    shown = await desk.look("pigeon", _NEXT)
    assert (shown.state, shown.qr, shown.words) == ("code", "scan me", "Scan.")
    assert 59 <= shown.expires_in <= 60
    assert len(shown.picture) == 21
    channel.say(PairingCode(code="ABCD-EFGH", expires=160))
    typed = await desk.look("pigeon", PairingQuery(after=shown.number, wait_seconds=5))
    assert (typed.code, typed.picture) == ("ABCD-EFGH", ())


async def test_whoever_proved_to_be_the_owner_is_one_before_it_is_told(
    desk: PairingRecords, channel: PairableChannel, people: People, linked: list[str]
) -> None:
    await desk.begin("pigeon", _NEW)
    channel.say(OWNER)
    done = await desk.look("pigeon", _NEXT)
    assert (done.state, done.account, done.owner, done.chat) == ("done", "bot@here", "ann@here", "ann@here")
    (person,) = [person for person in await people.all() if person.channel == "pigeon"]
    assert (person.sender, person.role, person.folder, person.name) == ("ann@here", Role.OWNER, None, "Ann")
    assert linked == ["pigeon"]


async def test_a_failure_has_its_fault_its_words_and_its_hint(desk: PairingRecords, channel: PairableChannel) -> None:
    await desk.begin("pigeon", _NEW)
    channel.say(PairingError("Too old", hint="Update.", fault=PairingFault.OUTDATED))
    failed = await desk.look("pigeon", _NEXT)
    assert (failed.state, failed.fault, failed.problem, failed.hint) == ("failed", "outdated", "Too old", "Update.")


async def test_a_second_begin_joins_and_another_number_takes_its_place(
    desk: PairingRecords, channel: PairableChannel
) -> None:
    await desk.begin("pigeon", _NEW)
    channel.say(PairingCode(qr="one", expires=60))
    shown = await desk.look("pigeon", _NEXT)
    joined = await desk.begin("pigeon", _NEW)
    assert joined.model_copy(update={"expires_in": shown.expires_in}) == shown
    assert channel.phones == [""]
    await desk.begin("pigeon", PairRequest(phone="4917011122"))
    channel.say(PairingCode(code="ABCD-EFGH", expires=60))
    assert (await desk.look("pigeon", _NEXT)).code == "ABCD-EFGH"
    assert (channel.phones, channel.given_up) == (["", "4917011122"], 1)


async def test_one_that_is_over_makes_room_for_the_next(desk: PairingRecords, channel: PairableChannel) -> None:
    await desk.begin("pigeon", _NEW)
    channel.say(PairingError("No", fault=PairingFault.REFUSED))
    await desk.look("pigeon", _NEXT)
    assert (await desk.begin("pigeon", _NEW)).state == "starting"


async def test_it_can_be_given_up_once(desk: PairingRecords, channel: PairableChannel) -> None:
    await desk.begin("pigeon", _NEW)
    await asyncio.sleep(0)
    assert (await desk.give_up("pigeon")).changed
    assert not (await desk.give_up("pigeon")).changed
    assert (await desk.look("pigeon", PairingQuery())).state == "none"


async def test_logging_out_ends_the_session_and_says_when_it_cannot(
    desk: PairingRecords, channel: PairableChannel
) -> None:
    assert (await desk.logout("pigeon")).changed
    assert channel.logged_out == 1
    channel.refuses_logout = True
    with pytest.raises(ChannelError, match="cannot be reached"):
        await desk.logout("pigeon")


async def test_that_a_channel_does_not_work_is_no_news_after_its_owner_unlinked_it(
    desk: PairingRecords, channel: PairableChannel, roster: Roster
) -> None:
    channel.refuses_logout = True
    with pytest.raises(ChannelError):
        await desk.logout("pigeon")
    assert roster.is_awaited(channel.name)
    channel.refuses_logout = False
    await desk.logout("pigeon")
    assert not roster.is_awaited(channel.name)
    await desk.begin("pigeon", _NEW)
    channel.say(OWNER)
    await desk.look("pigeon", _NEXT)
    assert roster.is_awaited(channel.name)


async def test_channels_that_are_not_there_or_cannot_pair_are_refused(desk: PairingRecords) -> None:
    with pytest.raises(NoSuchGroupError, match="no channel 'owl'"):
        await desk.begin("owl", _NEW)
    with pytest.raises(ConflictError, match="no account"):
        await desk.logout("local")
