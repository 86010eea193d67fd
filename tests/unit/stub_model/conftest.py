"""A scripted model on loopback and a client that speaks to it."""

import json
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import aiohttp
import pytest

from nanoclaw.stub_model.script import Rule, Script
from nanoclaw.stub_model.server import StubModel
from tests.fakes.clocks import HeldClock

Ask = Callable[..., Coroutine[Any, Any, tuple[int, dict[str, Any]]]]
"""Post a body without a stream; returns the status and the parsed answer."""

TOOLS = [{"name": "Bash", "input_schema": {"type": "object"}}]


def body(*content: object, **more: object) -> dict[str, Any]:
    """A request of an agent: strings become text blocks of one user message."""
    blocks = [{"type": "text", "text": item} if isinstance(item, str) else item for item in content]
    messages = [{"role": "user", "content": blocks}]
    return {"model": "claude-test", "max_tokens": 100, "tools": TOOLS, "messages": messages, **more}


def result(tool_use_id: str, text: str) -> dict[str, str]:
    """A tool's result."""
    return {"type": "tool_result", "tool_use_id": tool_use_id, "content": text}


def events(stream: bytes) -> list[dict[str, Any]]:
    """The data of every server-sent event."""
    return [json.loads(part.split("\ndata: ", 1)[1]) for part in stream.decode().split("\n\n") if part]


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
        yield session


@pytest.fixture
async def model() -> AsyncIterator[StubModel]:
    model = StubModel(Script(), HeldClock())
    yield model
    await model.close()


@pytest.fixture
async def url(model: StubModel) -> str:
    return await model.start()


@pytest.fixture
def play(model: StubModel) -> Callable[..., None]:
    def play(*rules: Rule) -> None:
        model.replace_script(Script(rules=rules))

    return play


@pytest.fixture
def ask(session: aiohttp.ClientSession, url: str) -> Ask:
    async def ask(*content: object, **more: object) -> tuple[int, dict[str, Any]]:
        async with session.post(f"{url}/v1/messages", json=body(*content, **more)) as response:
            return response.status, await response.json()

    return ask
