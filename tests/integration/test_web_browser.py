"""The page in a real browser: what a person sees, types and clicks."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from nanoclaw.channels.web.channel import WebChannel
from nanoclaw.events.kinds import TurnProgressed, TurnStep
from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.groups import GroupFolder
from nanoclaw.model.turns import TurnId, TurnState
from tests.fakes.channel_world import ChannelWorld
from tests.fakes.running_channel import running
from tests.integration.web_window import PHONE, SIZES, own, say, screenshot, sign_in, window

pytestmark = pytest.mark.browser

ANSWER = """Here is the **plan** for *tomorrow*:

1. Water the plants
2. Call the `plumber`
   - ask about the tap
   - ask about the price

> The shop opens at nine.

```sh
curl https://example.org/very/long/address/that/does/not/fit/on/a/phone?really=yes
```
More at [the site](https://example.org/a?b=c) or https://example.org/x."""


@pytest.fixture
def world(tmp_path: Path) -> ChannelWorld:
    return ChannelWorld(
        "web", tmp_path / "web", chats={"main": "Main", "family": "Family & friends"}, options={"port": 0}
    )


@pytest.fixture
async def channel(world: ChannelWorld) -> AsyncIterator[WebChannel]:
    web = WebChannel()
    async with running(web, world.surroundings()):
        yield web


def use_tool(world: ChannelWorld, tool: str) -> None:
    world.publish(
        TurnProgressed(
            address=world.address("main"), group=GroupFolder("main"), turn=TurnId(1), step=TurnStep.TOOL, detail=tool
        )
    )


async def test_a_stranger_is_told_how_to_get_in(browser: Browser, channel: WebChannel) -> None:
    async with window(browser, PHONE) as page:
        await page.goto(channel.state().detail)
        await expect(page.get_by_text("nanoclaw status")).to_be_visible()
        await screenshot(page, "web-login-phone")
        await page.goto(f"{channel.state().detail}/login?token=wrong")
        await expect(page.get_by_role("heading", name="not the right one")).to_be_visible()


@pytest.mark.parametrize(("name", "size"), SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_an_answer_is_seen_while_it_is_written_and_then_as_it_is(
    browser: Browser, channel: WebChannel, world: ChannelWorld, name: str, size: tuple[int, int], scheme: str
) -> None:
    async with window(browser, size, scheme) as page:
        await sign_in(page, channel)
        await say(page, "What is the plan?")
        await expect(own(page).locator(".state")).to_have_text("Waiting")
        world.turn("main", 1, TurnState.RUNNING)
        await expect(page.locator(".item.typing")).to_be_visible()
        await expect(own(page).locator(".state")).to_have_text("Being answered")
        await expect(page.get_by_role("button", name="Stop")).to_be_visible()
        use_tool(world, "Bash")
        await expect(page.locator("#status")).to_have_text("Running a command…")
        world.stream("main", 1, "<internal>hush</internal>Here is the **pl")
        await expect(page.locator(".item.preview")).to_contain_text("Here is the **pl")
        await screenshot(page, f"web-streaming-{name}-{scheme}")
        world.stream("main", 1, "an**")
        await expect(page.locator(".item.preview strong")).to_have_text("plan")
        await expect(page.locator(".log")).not_to_contain_text("hush")
        reply = world.compose("main", ANSWER, turn=1)
        world.turn("main", 1, TurnState.ANSWERED)
        await channel.send(reply)
        world.delivered(reply)
        await expect(page.locator(".item.preview")).to_have_count(0)
        await expect(page.locator(".item.typing")).to_have_count(0)
        await expect(page.get_by_role("button", name="Stop")).to_be_hidden()
        await expect(own(page).locator(".state")).to_have_text("Answered")
        answer = page.locator("[data-line=out-1]")
        await expect(answer.locator("ol > li > ul > li")).to_have_count(2)
        await expect(answer.get_by_role("link", name="the site")).to_have_attribute("href", "https://example.org/a?b=c")
        await screenshot(page, f"web-chat-{name}-{scheme}")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_a_phone_shows_the_list_and_the_chat_one_at_a_time(
    browser: Browser, channel: WebChannel, world: ChannelWorld
) -> None:
    async with window(browser, PHONE) as page:
        await sign_in(page, channel)
        world.delivered(world.compose("family", "Dinner is ready"))
        await page.get_by_role("button", name="Show all chats").click()
        family = page.get_by_role("button", name=re.compile("Family & friends"))
        await expect(family.locator(".dot")).to_have_text("1")
        await screenshot(page, "web-list-phone")
        await family.click()
        await expect(page.get_by_text("Dinner is ready")).to_be_visible()
        await expect(page.get_by_label("Message", exact=True)).to_be_focused()


HOSTILE = [
    "<img src=x onerror=alert(1)><script>alert(2)</script><svg onload=alert(3)>",
    "[click](javascript:alert(4)) [data](data:text/html,<script>alert(5)</script>) [vb](vbscript:x)",
    '[x](https://example.org/"onmouseover="alert(6)) ![i](https://example.org/pixel.png)',
    "**<b onclick=alert(7)>bold</b>** `<i>code</i>` [<b>t</b>](https://example.org)",
    "```html\n</code></pre><script>alert(8)</script>\n```",
    "# <style>*{display:none}</style>\n- <iframe src=https://example.org>\n> <form action=https://example.org>",
    "java\u202escript https://user:pass@example.org/ https://example.org\u202e/gpj.exe",
    "*" * 3_000 + "_" * 3_000 + "[" * 3_000 + "`" * 3_001 + "> " * 500 + "\n" + "  - x\n" * 300,
]


async def test_hostile_text_stays_text(browser: Browser, channel: WebChannel, world: ChannelWorld) -> None:
    async with window(browser) as page:
        await sign_in(page, channel)
        for number, text in enumerate(HOSTILE, start=1):
            await say(page, text[:5_000])
            world.stream("main", number, text)
            world.delivered(world.compose("main", text))
        await expect(page.locator(f"[data-line=out-{len(HOSTILE)}]")).to_be_visible()
        await expect(own(page)).to_have_count(len(HOSTILE))
        log = page.locator(".log")
        for tag in ("script", "img", "svg", "iframe", "style", "form", "b", "i:not(.dots i)"):
            await expect(log.locator(tag)).to_have_count(0)
        links = await log.locator("a").evaluate_all("nodes => nodes.map(node => [node.protocol, node.rel])")
        assert links
        assert {tuple(link) for link in links} == {("https:", "noopener noreferrer")}
        handlers = "nodes => nodes.flatMap(node => node.getAttributeNames()).filter(name => /^(on|style)/.test(name))"
        assert await log.locator("*").evaluate_all(handlers) == []
        await expect(log).to_contain_text("<script>alert(2)</script>")


async def test_what_is_written_without_a_connection_is_sent_when_the_server_is_back(
    browser: Browser, world: ChannelWorld
) -> None:
    first = WebChannel()
    async with window(browser, PHONE) as page:
        async with running(first, world.surroundings()):
            await sign_in(page, first)
            await say(page, "Before")
            await expect(own(page).locator(".state")).to_have_text("Waiting")
            port = int(first.state().detail.rsplit(":", 1)[1])
        await expect(page.get_by_text("No connection")).to_be_visible()
        await say(page, "Meanwhile")
        await expect(page.get_by_text("Not sent yet")).to_be_visible()
        await screenshot(page, "web-offline-phone")
        await page.wait_for_timeout(300)
        world.delivered(world.compose("main", "Missed while away"))
        again = world.at_port(port)
        async with running(WebChannel(), again):
            await expect(page.get_by_text("No connection")).to_be_hidden(timeout=15_000)
            await expect(page.get_by_text("Missed while away")).to_be_visible()
            await expect(page.get_by_text("Not sent yet")).to_have_count(0, timeout=15_000)
            await expect(own(page)).to_have_count(2)
    assert [message.text for message in world.accepted] == ["Before", "Meanwhile"]


async def test_a_message_survives_a_reload_before_it_was_sent(
    browser: Browser, channel: WebChannel, world: ChannelWorld
) -> None:
    async with window(browser) as page:
        await sign_in(page, channel)
        world.refusal = NanoclawError("The disk is full")
        await say(page, "Keep me")
        await expect(page.get_by_text("Not sent yet")).to_be_visible()
        world.refusal = None
        await page.reload()
        await expect(own(page).locator(".state")).to_have_text("Waiting")
    assert [message.text for message in world.accepted] == ["Keep me"]


async def test_a_failed_message_says_what_to_do(browser: Browser, channel: WebChannel, world: ChannelWorld) -> None:
    async with window(browser) as page:
        await sign_in(page, channel)
        await say(page, "Hello")
        await expect(own(page).locator(".state")).to_have_text("Waiting")
        world.turn("main", 1, TurnState.FAILED)
        await expect(own(page).locator(".state")).to_have_text("Failed")
        await expect(page.get_by_text("Send it again")).to_be_visible()
        await screenshot(page, "web-failed-desktop")
        await page.get_by_role("button", name="Send again").click()
        await expect(own(page)).to_have_count(2)
        await page.get_by_label("Message", exact=True).evaluate("field => { field.value = 'x'.repeat(1048577); }")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("1 MB")


async def test_stop_stops_the_agent(browser: Browser, channel: WebChannel, world: ChannelWorld) -> None:
    async with window(browser) as page:
        await sign_in(page, channel)
        await say(page, "Work")
        await expect(own(page)).to_have_count(1)
        world.turn("main", 1, TurnState.RUNNING)
        await page.get_by_role("button", name="Stop").click()
        await expect(page.get_by_role("button", name="Stop")).to_be_enabled()
        world.turn("main", 1, TurnState.STOPPED)
        await expect(page.get_by_role("button", name="Stop")).to_be_hidden()
        await expect(own(page).locator(".state")).to_have_text("Stopped")
    assert world.interrupted == [world.address("main")]


async def test_enter_sends_and_shift_enter_begins_a_line(
    browser: Browser, channel: WebChannel, world: ChannelWorld
) -> None:
    async with window(browser) as page:
        await sign_in(page, channel)
        field = page.get_by_label("Message", exact=True)
        await field.press_sequentially("one")
        await field.press("Shift+Enter")
        await field.press_sequentially("two")
        await field.press("Enter")
        await expect(own(page).locator(".state")).to_have_text("Waiting")
        await expect(field).to_have_value("")
    assert [message.text for message in world.accepted] == ["one\ntwo"]
    assert world.expected == [world.address("main")]


async def test_signing_out_ends_at_the_door(browser: Browser, channel: WebChannel) -> None:
    async with window(browser) as page:
        await sign_in(page, channel)
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_role("heading", name="not signed in")).to_be_visible()


async def test_everything_can_be_reached_and_is_named_for_a_screen_reader(
    browser: Browser, channel: WebChannel, world: ChannelWorld
) -> None:
    async with window(browser) as page:
        await sign_in(page, channel)
        world.delivered(world.compose("main", "Hello"))
        await expect(page.get_by_role("log", name="Conversation").get_by_text("Hello")).to_be_visible()
        unnamed = await page.locator("button:visible, textarea, a").evaluate_all(
            "nodes => nodes.filter(node => !(node.ariaLabel || node.textContent.trim() || node.labels?.length)).length"
        )
        assert unnamed == 0
        reached = set()
        for _ in range(12):
            await page.keyboard.press("Tab")
            reached.add(await page.evaluate("document.activeElement.id || document.activeElement.innerText"))
        assert {"logout", "text", "send", "scroll"} <= reached
