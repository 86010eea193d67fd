"""The channel against our own server, with little patience."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nanoclaw.channels.telegram.channel import TelegramChannel
from nanoclaw.channels.telegram.tempo import Tempo
from tests.fakes.channel_world import ChannelWorld
from tests.fakes.running_channel import running
from tests.fakes.telegram_server import TelegramServer

OWNER_CHAT = "1001"
GROUP = {"id": -100200, "type": "supergroup", "title": "Family"}
FORUM = {"id": -100300, "type": "supergroup", "title": "Club", "is_forum": True}
TEMPO = Tempo(pauses=(0.02, 0.05), margin=0.4, look=0.05, up=1.0)


@dataclass
class Scene:
    """A server, a world, and a channel between them."""

    server: TelegramServer
    world: ChannelWorld
    channel: TelegramChannel
    folder: Path

    def start(self) -> Any:
        """The channel for the length of the block."""
        return running(self.channel, self.world.surroundings())

    @property
    def token_file(self) -> Path:
        return self.folder / "token"

    def write_token(self, token: str) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.token_file.touch(mode=0o600)
        self.token_file.write_text(token + "\n")


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    """Everything but the channel runs."""
    server = TelegramServer()
    async with server.running():
        chats = {OWNER_CHAT: "Main", "-100200": "Family", "-100300/7": "Club › Plans", "-55": "Old"}
        options = {"api_url": server.url, "poll_seconds": 1}
        world = ChannelWorld("telegram", tmp_path / "telegram", chats=chats, options=options)
        made = Scene(server=server, world=world, channel=TelegramChannel(TEMPO), folder=tmp_path / "telegram")
        made.write_token(server.token)
        yield made


@pytest.fixture
async def live(scene: Scene) -> AsyncIterator[Scene]:
    """The channel is up."""
    async with scene.start():
        yield scene
