"""Who sees to commands, strangers, answers and files, with the real store and workspace behind it."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from nanoclaw.daemon.ground import Ground
from nanoclaw.daemon.lanes import Lanes
from nanoclaw.daemon.reception import Reception, open_reception
from nanoclaw.daemon.shelves import Shelves, open_shelves
from nanoclaw.dispatch.limits import Outlets
from nanoclaw.events.broadcast import Broadcast
from nanoclaw.gateway.gateway import Gateway
from nanoclaw.intake.admit import Intake
from nanoclaw.model.chats import ChatAddress, IncomingFile
from nanoclaw.model.clock import SystemClock
from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.groups import Group, GroupFolder
from nanoclaw.model.options import options_as_text
from nanoclaw.model.turns import SessionId, SessionPosition
from nanoclaw.sandboxes.bubblewrap import BubblewrapSandbox
from nanoclaw.sandboxes.installation import Installation
from nanoclaw.settings.home import Home
from nanoclaw.settings.schema import AssistantSettings, Settings, Upstream
from nanoclaw.store.database import Database
from nanoclaw.store.history import HistoryFilter, HistoryLine
from tests.fakes.small_disk import fill, small_disk
from tests.unit.store.conftest import HERE, OWNER, message, new_group, owner_chats


@dataclass
class Front:
    """A reception, its intake, and what it told the courier."""

    store: Shelves
    home: Home
    reception: Reception
    intake: Intake
    delivered: list[ChatAddress] = field(default_factory=list)

    async def group(self, folder: str = "main") -> Group:
        found = await self.store.groups.find(folder)
        assert found is not None
        return found

    async def heard(self) -> list[str]:
        texts = []
        while (reply := await self.store.outbox.take(HERE)) is not None:
            texts.append(reply.text)
            await self.store.outbox.sent(reply.id, "")
        return texts


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path / "home") as made:
        yield made


@asynccontextmanager
async def open_front(root: Path) -> AsyncIterator[Front]:
    clock, home = SystemClock(), Home(root)
    home.create()
    settings = Settings(assistant=AssistantSettings(time_zone="Europe/Zurich"))
    database, tasks = await Database.open(home.database), await Database.open(home.task_database)
    store = open_shelves(database, tasks, clock, settings)
    await store.groups.add(new_group("main", is_main=True))
    await store.groups.add(new_group("family"))
    await store.people.add(OWNER)
    installation = Installation(id="test", state=root / "state", environment={})
    ground = Ground(
        home=home,
        settings=settings,
        upstream=Upstream(),
        clock=clock,
        database=database,
        tasks=tasks,
        sandbox=BubblewrapSandbox(installation),
        installation="test",
    )
    delivered: list[ChatAddress] = []
    outlets = Outlets(
        deliver=delivered.append,
        run_ended=lambda _: None,
        trouble=store.groups.note_trouble,
        owner_chats=owner_chats,
    )
    lanes = Lanes(store, settings.agents, outlets, Broadcast(), clock)
    gateway = Gateway(ground.upstream, (), clock, lambda _: None)
    reception = open_reception(ground, store, lanes, gateway, delivered.append)
    try:
        yield Front(store, home, reception, Intake(store.inbox, Broadcast(), reception.desks), delivered)
    finally:
        await gateway.close()
        await database.close()
        await tasks.close()


async def test_new_forgets_the_conversation_and_says_so(front: Front) -> None:
    group = await front.group()
    await front.store.groups.set_session(group.id, SessionPosition(session=SessionId("s"), entry="e"))
    await front.intake.accept(message("/new"))
    assert await front.store.groups.session(group.id) is None
    assert await front.heard() == ["Your next message begins a new conversation. Files and memory stay."]
    assert front.delivered == [HERE]


async def test_stop_says_when_there_is_nothing_to_stop(front: Front) -> None:
    await front.intake.accept(message("/stop"))
    assert await front.heard() == ["I was doing nothing."]


async def test_the_status_is_of_this_group_alone(front: Front) -> None:
    family = ChatAddress(channel=HERE.channel, chat="family")
    await front.intake.accept(message("@Andy work", where=family))
    await front.intake.accept(message("/status", "m2"))
    assert await front.heard() == ["No agent runs here. Waiting turns: 0, running: 0, undelivered: 0."]
    await front.intake.accept(message("/status", "m3", family))
    (told,) = [line.text for line in await _newest(front, family) if line.direction == "out"]
    assert "Waiting turns: 1" in told


async def _newest(front: Front, where: ChatAddress) -> tuple[HistoryLine, ...]:
    return await front.store.history.newest(HistoryFilter(limit=10, address=where))


async def test_files_are_kept_in_the_inbox_of_the_day_and_never_replace_another(front: Front, tmp_path: Path) -> None:
    (tmp_path / "spooled").write_text("plums")
    file = IncomingFile(name="../list.txt", media_type="text/plain", path=str(tmp_path / "spooled"))
    for number in ("1", "2"):
        await front.intake.accept(replace(message("look", number), files=(file,)))
    turn = await front.store.turns.claim((await front.group()).id)
    assert turn is not None
    first, second = (one.attachments[0] for one in turn.messages)
    assert (first.name, first.media_type) == ("list.txt", "text/plain")
    folder = front.home.group(GroupFolder("main"))
    assert {first.path, second.path} == {str(found.relative_to(folder)) for found in (folder / "inbox").iterdir()}
    assert (folder / first.path).read_text() == (folder / second.path).read_text() == "plums"


@pytest.mark.parametrize("trap", ["link", "file"])
async def test_a_message_comes_without_its_file_where_the_agent_barred_the_way(
    front: Front, tmp_path: Path, trap: str
) -> None:
    (tmp_path / "spooled").write_text("plums")
    (tmp_path / "elsewhere").mkdir()
    folder = front.home.group(GroupFolder("main"))
    folder.mkdir()
    if trap == "link":
        (folder / "inbox").symlink_to(tmp_path / "elsewhere")
    else:
        (folder / "inbox").write_text("no folder")
    file = IncomingFile(name="list.txt", media_type="text/plain", path=str(tmp_path / "spooled"))
    receipt = await front.intake.accept(replace(message("look"), files=(file,)))
    assert receipt.turn
    turn = await front.store.turns.claim((await front.group()).id)
    assert turn is not None
    assert [(one.name, one.path) for one in turn.messages[0].attachments] == [("list.txt", "")]
    assert os.listdir(tmp_path / "elsewhere") == []  # noqa: PTH208 - plain


@pytest.mark.parametrize("share", [0.5, 1.5], ids=["the second file does not fit", "the message does not fit"])
async def test_on_a_full_disk_a_message_is_refused_with_its_files_and_comes_whole_when_there_is_room(
    tmp_path: Path, share: float
) -> None:
    files = []
    for number in (1, 2):
        (tmp_path / f"spooled-{number}").write_bytes(os.urandom(100_000))
        files.append(IncomingFile(name=f"{number}.bin", media_type="x/y", path=str(tmp_path / f"spooled-{number}")))
    with small_disk(tmp_path / "small", 8) as place:
        async with open_front(place / "home") as front:
            filler = fill(place, leave=int(200_000 * share) + 16_384)
            sent = replace(message("x" * 500_000), files=tuple(files))
            inbox = front.home.group(GroupFolder("main")) / "inbox"
            for _ in range(3):
                with pytest.raises(NanoclawError, match="No room left"):
                    await front.intake.accept(sent)
                assert list(inbox.iterdir()) == []
            filler.unlink()
            await front.intake.accept(sent)
            turn = await front.store.turns.claim((await front.group()).id)
            assert turn is not None
            assert all(
                (front.home.group(GroupFolder("main")) / one.path).stat().st_size == 100_000
                for one in turn.messages[0].attachments
            )


async def test_a_host_that_is_always_allowed_is_among_the_groups_options(front: Front) -> None:
    for place, answer in (("example.org:443", "always"), ("example.com:8443", "always")):
        host, _, port = place.partition(":")
        await front.reception.approvals.ask_domain(GroupFolder("family"), host, int(port))
        await front.heard()
        await front.intake.accept(message(answer, place))
        await front.reception.approvals.settle()
    options = (await front.group("family")).options
    assert options_as_text(options) == {"allow": "example.org,example.com:8443"}
