"""The scripted model as a program of its own."""

import asyncio

import aiohttp
import pytest

from nanoclaw.stub_model.errors import StubModelError
from nanoclaw.stub_model.script import Rule, Script
from nanoclaw.stub_model.serve import serve
from tests.unit.stub_model.conftest import body


async def test_it_announces_its_address_and_serves_until_cancelled(session: aiohttp.ClientSession) -> None:
    announced: asyncio.Queue[str] = asyncio.Queue()
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(serve(0, Script(rules=(Rule(reply="hi"),)), announced.put_nowait), name="serve")
        url = await announced.get()
        async with session.post(f"{url}/v1/messages", json=body("x")) as response:
            assert (await response.json())["content"][0]["text"] == "hi"
        serving.cancel()
    with pytest.raises(aiohttp.ClientConnectorError):
        await session.get(url)


async def test_a_taken_port_is_an_error(url: str) -> None:
    with pytest.raises(StubModelError, match="cannot listen"):
        await serve(int(url.rsplit(":", 1)[1]), Script(), print)
