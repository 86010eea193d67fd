from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nanoclaw.channels.web.channel import WebChannel
from tests.fakes.browser_session import BrowserSession, open_browser
from tests.fakes.channel_world import ChannelWorld
from tests.fakes.running_channel import running


@pytest.fixture
async def world(tmp_path: Path) -> ChannelWorld:
    return ChannelWorld("web", tmp_path / "web", chats={"main": "Main", "family": "Family"}, options={"port": 0})


@pytest.fixture
async def channel(world: ChannelWorld) -> AsyncIterator[WebChannel]:
    web = WebChannel(heartbeat=0.05)
    async with running(web, world.surroundings()):
        yield web


@pytest.fixture
async def browser(channel: WebChannel) -> AsyncIterator[BrowserSession]:
    async with open_browser(channel) as signed_in:
        yield signed_in


@pytest.fixture
async def stranger(channel: WebChannel) -> AsyncIterator[BrowserSession]:
    async with open_browser(channel, signed_in=False) as signed_out:
        yield signed_out
