import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

from nanoclaw.channels.web.channel import WebChannel
from nanoclaw.events.kinds import TurnProgressed, TurnStep
from nanoclaw.model.groups import GroupFolder
from nanoclaw.model.turns import TurnId, TurnState
from tests.fakes.browser_session import BrowserSession, open_browser
from tests.fakes.channel_world import ChannelWorld
from tests.fakes.running_channel import running
from tests.fakes.waiting import until

Events = AsyncIterator[tuple[str, dict[str, Any]]]


async def test_everything_that_happens_in_every_chat_is_told_in_order(
    browser: BrowserSession, world: ChannelWorld
) -> None:
    async with browser.events() as events:
        await browser.say("main", "Hello")
        world.turn("main", 1, TurnState.RUNNING)
        address = world.address("main")
        world.publish(
            TurnProgressed(
                address=address, group=GroupFolder("main"), turn=TurnId(1), step=TurnStep.TOOL, detail="Bash"
            )
        )
        world.stream("main", 1, "Good \u2028 day")
        world.delivered(world.compose("main", "Good day", turn=1))
        seen = [event async for event in _without_heartbeats(events, 6)]
    assert [kind for kind, _ in seen] == ["message", "turn", "typing", "step", "text", "reply"]
    assert {content.pop("chat") for _, content in seen} == {"main"}
    assert all(content.pop("at") > 0 for _, content in seen)
    assert [content for _, content in seen] == [
        {"id": "in-1", "sender": "You", "text": "Hello"},
        {"turn": 1, "state": "running"},
        {"typing": True},
        {"turn": 1, "step": "tool", "detail": "Bash"},
        {"turn": 1, "text": "Good \u2028 day"},
        {"id": "out-1", "turn": 1, "text": "Good day", "kind": "text"},
    ]


async def test_another_chats_events_carry_its_name(browser: BrowserSession, world: ChannelWorld) -> None:
    async with browser.events() as events:
        await browser.say("family", "Hello")
        [(_, content)] = [event async for event in _without_heartbeats(events, 1)]
    assert content["chat"] == "family"


async def test_a_heartbeat_shows_that_the_line_is_alive(browser: BrowserSession) -> None:
    async with browser.events() as events, asyncio.timeout(5):
        assert [(await anext(events))[0] for _ in range(2)] == ["alive", "alive"]


async def test_a_page_that_goes_away_is_forgotten(browser: BrowserSession, world: ChannelWorld) -> None:
    async with browser.events():
        assert world.watchers == 2
    await until(lambda: not world.watchers, 5)


async def test_a_session_that_ends_takes_its_stream_along(browser: BrowserSession) -> None:
    async with browser.events() as events, asyncio.timeout(5):
        await browser.post("/api/logout")
        assert [kind async for kind, _ in events if kind != "alive"] == []


async def test_stopping_the_channel_ends_open_streams_at_once(world: ChannelWorld) -> None:
    channel = WebChannel()
    async with AsyncExitStack() as browsers:
        async with running(channel, world.surroundings()):
            browser = await browsers.enter_async_context(open_browser(channel))
            events = await browsers.enter_async_context(browser.events())
            began = world.clock.monotonic()
        assert world.clock.monotonic() - began < 1.5
        assert [kind async for kind, _ in events] == []
    assert world.watchers == 0


async def _without_heartbeats(events: Events, number: int) -> Events:
    async with asyncio.timeout(5):
        while number:
            event = await anext(events)
            if event[0] != "alive":
                number -= 1
                yield event
