"""Files of WhatsApp, with the real client at the loopback network: which are fetched, and what a kill does to them."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from nanoclaw.channels.contract import Surroundings
from nanoclaw.channels.whatsapp.channel import WhatsAppChannel
from nanoclaw.channels.whatsapp.child_contract import Heard
from nanoclaw.channels.whatsapp.keeper import Keeper
from nanoclaw.channels.whatsapp.link import Done, Fetch, Order
from tests.fakes.channel_world import ChannelWorld
from tests.fakes.running_channel import running
from tests.fakes.waiting import until
from tests.fakes.whatsapp_account import link_account
from tests.fakes.whatsapp_network.groups import Group
from tests.fakes.whatsapp_network.history import Past, PastChat
from tests.fakes.whatsapp_network.known import KnownAccount
from tests.fakes.whatsapp_network.people import Contact
from tests.fakes.whatsapp_network.server import WhatsAppNetwork
from tests.fakes.whatsapp_network.texts import Sheet

PNG = b"\x89PNG\r\n\x1a\n" + bytes(50)
IMAGE = Sheet(media_type="image/png", caption="Look")
TEXT = Sheet(name="plan.txt", media_type="text/plain", caption="Read")


class Tapped:
    """A keeper, at which something can happen between the telling of a message and the fetching of its file."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self.between: Callable[[], Awaitable[None]] | None = None

    @property
    def pid(self) -> int:
        return self._keeper.pid

    async def run(self) -> None:
        await self._keeper.run()

    async def events(self) -> AsyncIterator[Heard]:
        async for said in self._keeper.events():
            yield said

    async def order(self, order: Order) -> Done:
        if isinstance(order, Fetch) and self.between is not None:
            between, self.between = self.between, None
            await between()
        return await self._keeper.order(order)

    async def kept(self, number: int) -> None:
        await self._keeper.kept(number)


class Scene:
    """The chats with Ann and of the group Family are registered; Bob's is not."""

    def __init__(self, account: KnownAccount, folder: Path) -> None:
        self.network = WhatsAppNetwork(folder / "network")
        self._folder = folder
        account.plant(self.network, folder / "kept")
        self.ann: Contact = self.network.contact("Ann", "491701112223", "222200000000002")
        self.bob: Contact = self.network.contact("Bob", "491704445556", "333300000000003")
        self.family: Group = self.network.group("Family", [self.ann, self.bob])
        chats = {str(self.ann.phone): "Ann", str(self.family.id): "Family"}
        self.world = ChannelWorld("whatsapp", folder / "kept", chats=chats, options={})
        self.child: Tapped

    @asynccontextmanager
    async def up(self) -> AsyncIterator[None]:
        """The channel, for as long as it lasts."""
        environment = self.network.environment({"PATH": os.defpath, "HOME": str(self._folder)})

        def child(surroundings: Surroundings) -> Tapped:
            keeper = Keeper(surroundings.directory, environment=environment, clock=surroundings.clock)
            self.child = Tapped(keeper)
            return self.child

        async with running(WhatsAppChannel(child), self.world.surroundings()):
            yield

    @property
    def downloads(self) -> list[str]:
        """What was fetched, each time."""
        return [path for method, path in self.network.world.media.requests if method == "GET"]

    @property
    def left(self) -> list[Path]:
        """Files that lie where they were fetched to."""
        return list((self._folder / "kept" / "fetched").iterdir())

    async def receives(self, texts: list[str]) -> None:
        """Wait for so many messages; they are these."""
        await until(lambda: len(self.world.accepted) >= len(texts), 20)
        assert [message.text for message in self.world.accepted] == texts


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> KnownAccount:
    return asyncio.run(link_account(tmp_path_factory.mktemp("linked")))


@pytest.fixture
async def scene(account: KnownAccount, tmp_path: Path) -> AsyncIterator[Scene]:
    one = Scene(account, tmp_path)
    async with one.network:
        yield one


async def test_a_file_is_fetched_once_for_a_registered_chat_and_never_for_another(scene: Scene) -> None:
    async with scene.up():
        await scene.bob.send_file(PNG, IMAGE)
        await until(lambda: len(scene.world.receipts) == 1, 20)
        assert scene.downloads == []
        await scene.bob.send_file(PNG, IMAGE, chat=scene.family)
        await scene.receives(["Look"])
        await until(lambda: scene.left == [], 20)
    assert [receipt.registered for receipt in scene.world.receipts] == [False, True]
    assert len(scene.downloads) == 1
    assert scene.world.received == {"image.jpg.png": PNG}


async def test_files_of_the_time_before_are_fetched_for_registered_chats_alone(scene: Scene) -> None:
    at = scene.world.clock.now() // 1000 - 3_600
    chats = [
        PastChat(id=str(one.phone), name=one.name, messages=[Past(id="OLD", at=at, more=one.enclose(PNG, IMAGE))])
        for one in (scene.bob, scene.ann)
    ]
    async with scene.up():
        await scene.network.phone.hand_over(chats)
        await scene.receives(["Look"])
        await until(lambda: len(scene.world.receipts) == 2, 20)
    assert scene.world.accepted[0].history
    assert scene.world.received == {"image.jpg.png": PNG}
    assert len(scene.downloads) == 2  # the history itself comes as a file


async def test_a_file_is_waited_for_that_does_not_come_at_once_and_holds_up_its_own_chat_only(scene: Scene) -> None:
    async with scene.up():
        scene.network.faults.media = {"get": 503}
        await scene.ann.send_file(bytes(200_000), TEXT)
        await scene.ann.say("later")
        await scene.bob.say("now", chat=scene.family)
        await scene.receives(["now"])
        await until(lambda: len(scene.downloads) >= 2, 20)
        scene.network.faults.media, scene.network.faults.media_breaks = {}, 100_000
        tried = len(scene.downloads)
        await until(lambda: len(scene.downloads) > tried, 20)
        scene.network.faults.media_breaks = 0
        await scene.receives(["now", "Read", "later"])
        await until(lambda: scene.left == [], 20)
    assert scene.world.received == {"plan.txt": bytes(200_000)}


async def test_a_client_that_is_killed_between_telling_and_fetching_loses_and_doubles_nothing(scene: Scene) -> None:
    async with scene.up():

        async def kill() -> None:
            os.kill(scene.child.pid, 9)

        scene.child.between = kill
        await scene.ann.send_file(b"words", TEXT)
        await scene.ann.say("later")
        await scene.receives(["Read", "later"])
        await until(lambda: scene.left == [], 20)
        # What the next one said again was answered for.
        await scene.ann.say("at last")
        await scene.receives(["Read", "later", "at last"])
    assert len(scene.downloads) == 1
    assert scene.world.received == {"plan.txt": b"words"}


async def test_a_channel_that_ends_between_telling_and_fetching_fetches_when_it_is_back(scene: Scene) -> None:
    async with scene.up():
        ordered, never = asyncio.Event(), asyncio.Event()

        async def hang() -> None:
            ordered.set()
            await never.wait()

        scene.child.between = hang
        await scene.ann.send_file(b"words", TEXT)
        await asyncio.wait_for(ordered.wait(), 10)
    assert (scene.downloads, scene.world.accepted) == ([], [])
    async with scene.up():
        await scene.receives(["Read"])
        await until(lambda: scene.left == [], 20)
    assert len(scene.downloads) == 1
    assert scene.world.received == {"plan.txt": b"words"}
