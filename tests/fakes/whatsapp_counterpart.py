"""Ann with WhatsApp on her telephone, as the other side of the WhatsApp channel: a real client, and our own network.

The network itself is told that a message arrived once the client's process has it on its own disk. What the suite asks
after is the word that follows: the client may forget it, for the daemon has it.
"""

import asyncio
import atexit
import os
import re
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

from nanoclaw.channels.contract import Channel, Surroundings
from nanoclaw.channels.whatsapp.channel import WhatsAppChannel
from nanoclaw.channels.whatsapp.child_contract import Heard
from nanoclaw.channels.whatsapp.keeper import Keeper
from nanoclaw.channels.whatsapp.link import Done, Incoming, Order
from nanoclaw.model.turns import Reply
from tests.fakes.counterpart import Told
from tests.fakes.whatsapp_account import link_account, meet
from tests.fakes.whatsapp_network.journal import Kind
from tests.fakes.whatsapp_network.known import KnownAccount
from tests.fakes.whatsapp_network.people import Contact
from tests.fakes.whatsapp_network.server import WhatsAppNetwork
from tests.fakes.whatsapp_network.texts import Sheet

ANN_PHONE, ANN_LID = "491701112223", "222200000000002"
_LONGEST = 65_536
_PATIENCE, _PATIENCE_FOR_FILES = 3.0, 15.0


class _Witness:
    """A keeper, and which messages it was told to be kept."""

    def __init__(self, keeper: Keeper, network: WhatsAppNetwork) -> None:
        self._keeper = keeper
        self._network = network
        self._names: dict[int, str] = {}
        self.kept_ids: set[str] = set()
        self.changed = asyncio.Condition()

    @property
    def pid(self) -> int:
        return self._keeper.pid

    async def run(self) -> None:
        try:
            await self._keeper.run()
        finally:
            # The network's own end of the connection goes a moment after ours.
            async with asyncio.timeout(5):
                while self._network.world.lines:  # noqa: ASYNC110 - a list has no event
                    await asyncio.sleep(0.01)
            await asyncio.sleep(0.02)

    async def events(self) -> AsyncIterator[Heard]:
        async for said in self._keeper.events():
            if isinstance(said, Incoming):
                self._names[said.number] = said.id
            yield said

    async def order(self, order: Order) -> Done:
        return await self._keeper.order(order)

    async def kept(self, number: int) -> None:
        await self._keeper.kept(number)
        self.kept_ids.add(self._names[number])
        async with self.changed:
            self.changed.notify_all()


class _Ann:
    def __init__(self, ann: Contact, network: WhatsAppNetwork, witness: _Witness) -> None:
        self._ann = ann
        self._network = network
        self._witness = witness

    async def say(self, external_id: str, text: str) -> Told:
        if len(text) > _LONGEST or any("\ud800" <= letter <= "\udfff" for letter in text):
            return Told(accepted=False, why="No telephone sends this.")
        await self._ann.say(text, id=external_id)
        return await self._told(external_id, _PATIENCE)

    async def give(self, external_id: str, text: str, file: Path) -> Told:
        content = await asyncio.to_thread(file.read_bytes)
        sheet = Sheet(name=file.name, media_type="application/pdf", caption=text)
        await self._ann.send_file(content, sheet, id=external_id)
        return await self._told(external_id, _PATIENCE_FOR_FILES)

    async def _told(self, external_id: str, seconds: float) -> Told:
        witness = self._witness
        try:
            async with asyncio.timeout(seconds), witness.changed:
                await witness.changed.wait_for(lambda: external_id in witness.kept_ids)
        except TimeoutError:
            return Told(accepted=False, why="It waits on the disk of the client's process.")
        return Told(accepted=True, name=f"{self._ann.phone}/{external_id}")

    async def sees(self) -> list[str]:
        shown = [one for one in self._network.sent if one.kind is Kind.MESSAGE and not one.again]
        return [re.sub(r"(?<!\w)_(\S+)_(?!\w)", r"*\1*", one.text) for one in shown]

    async def gets(self, reply: Reply) -> bytes:  # noqa: ARG002 - there is only one
        (file,) = (one.file for one in self._network.sent if one.file)
        return file.content


class WhatsAppCounterpart:
    """A network for each test, which knows the account; it was linked once."""

    chat = f"{ANN_PHONE}@s.whatsapp.net"
    options: Mapping[str, Any] = {"chat_per_minute": 600}
    bad_options: tuple[tuple[Mapping[str, Any], str], ...] = (
        ({"chat_per_minute": 0}, "chat_per_minute"),
        ({"typing": "yes"}, "typing"),
        ({"token": "secret"}, "token"),
    )

    def __init__(self) -> None:
        self._account: KnownAccount | None = None
        self._network: WhatsAppNetwork | None = None
        self._ann: Contact | None = None
        self._witness: _Witness | None = None
        self._session = Path()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        if self._account is None:
            folder = mkdtemp(prefix="linked-")
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
            self._account = await link_account(Path(folder))
        with TemporaryDirectory() as folder:
            self._session = Path(folder) / "session"
            self._network = WhatsAppNetwork(Path(folder) / "network")
            self._account.plant(self._network, self._session)
            self._ann = self._network.contact("Ann", ANN_PHONE, ANN_LID)
            meet(self._session, self._ann)
            async with self._network:
                yield

    def make(self) -> Channel:
        network, session = self._network, self._session
        assert network
        environment = network.environment({"PATH": os.defpath, "HOME": "/nonexistent"})

        def child(surroundings: Surroundings) -> _Witness:
            shutil.copytree(session, surroundings.directory, dirs_exist_ok=True)
            keeper = Keeper(surroundings.directory, environment=environment, clock=surroundings.clock)
            self._witness = _Witness(keeper, network)
            return self._witness

        return WhatsAppChannel(child)

    @asynccontextmanager
    async def join(
        self,
        channel: Channel,  # noqa: ARG002 - people know the network only
        surroundings: Surroundings,  # noqa: ARG002
    ) -> AsyncIterator[_Ann]:
        assert self._ann
        assert self._network
        assert self._witness
        yield _Ann(self._ann, self._network, self._witness)

    async def answers(self, where: str) -> bool:
        """Whether the client's process lives, or its connection does."""
        assert not where
        assert self._witness
        assert self._network
        return bool(self._witness.pid or self._network.world.lines)
