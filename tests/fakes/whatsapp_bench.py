"""The WhatsApp channel over a stand-in child."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from nanoclaw.channels.whatsapp.channel import WhatsAppChannel
from nanoclaw.channels.whatsapp.link import Media
from tests.fakes.channel_world import ChannelWorld
from tests.fakes.running_channel import running
from tests.fakes.whatsapp_child import ANN, GROUP, ME, FakeChild


class Bench:
    """The chats with Ann, with oneself and in a group are registered."""

    def __init__(self, folder: Path, **options: Any) -> None:
        chats = {ANN.phone: "Ann", GROUP: "Family", ME.phone: "Main"}
        self.folder = folder / "kept"
        self.world = ChannelWorld("whatsapp", self.folder, chats=chats, options=options)
        self.child = FakeChild()
        self.channel = WhatsAppChannel(lambda _: self.child)

    @asynccontextmanager
    async def up(self) -> AsyncIterator[None]:
        self.child.connect()
        async with running(self.channel, self.world.surroundings()):
            yield

    async def say(self, *said: Any) -> None:
        self.child.say(*said)
        for one in said:
            await self.child.until_kept(one.number)

    def texts(self) -> list[str]:
        return [message.text for message in self.world.accepted]

    def file(self, content: bytes = b"words", name: str = "plan.txt") -> Media:
        """A file as the child puts it down."""
        self.folder.mkdir(exist_ok=True)
        path = self.folder / f"media-{name}"
        path.write_bytes(content)
        return Media(name=name, media_type="text/plain", path=str(path))
