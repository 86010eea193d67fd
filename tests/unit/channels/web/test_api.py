import asyncio
import uuid

import pytest

from nanoclaw.model.errors import NanoclawError
from tests.fakes.browser_session import BrowserSession
from tests.fakes.channel_world import ChannelWorld


async def test_the_list_names_chats_and_folders(browser: BrowserSession) -> None:
    answer = await (await browser.get("/api/chats")).json()
    assert answer["chats"][0] == {"chat": "main", "name": "Main", "folder": "main"}


async def test_a_message_comes_in_as_the_owners(browser: BrowserSession, world: ChannelWorld) -> None:
    name = str(uuid.uuid4())
    response = await browser.say("main", "Hello\n\u202eworld", name)
    assert response.status == 201
    assert await response.json() == {"id": "in-1", "duplicate": False, "turn": 1}
    (message,) = world.accepted
    assert (message.external_id, message.text, message.sender.id, message.sender.name) == (
        name,
        "Hello\n\u202eworld",
        "owner",
        "You",
    )


async def test_a_retry_is_the_same_message_however_its_id_is_written(
    browser: BrowserSession, world: ChannelWorld
) -> None:
    name = str(uuid.uuid4())
    first = await (await browser.say("main", "Hello", name)).json()
    response = await browser.say("main", "Hello", name.upper())
    assert response.status == 200
    assert await response.json() == {**first, "duplicate": True}
    assert len(world.accepted) == 1


async def test_history_shows_both_directions(browser: BrowserSession, world: ChannelWorld) -> None:
    await browser.say("main", "Hello")
    world.delivered(world.compose("main", "Good day"))
    lines = (await (await browser.get("/api/chats/main/lines")).json())["lines"]
    assert [(line["id"], line["direction"], line["text"], line["state"]) for line in lines] == [
        ("in-1", "in", "Hello", "queued"),
        ("out-1", "out", "Good day", "sent"),
    ]
    assert len((await (await browser.get("/api/chats/main/lines?limit=1")).json())["lines"]) == 1


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "99999999999", "ten", "", "\u0661"])
async def test_a_limit_out_of_range_is_explained(browser: BrowserSession, limit: str) -> None:
    response = await browser.get("/api/chats/main/lines", params={"limit": limit})
    assert response.status == 400
    assert "1000" in (await response.json())["hint"]


async def test_a_message_of_one_megabyte_arrives_whole_even_when_json_swells_it(
    browser: BrowserSession, world: ChannelWorld
) -> None:
    text = "\x01" * 1_048_576
    assert (await browser.say("main", text)).status == 201
    assert world.accepted[0].text == text


@pytest.mark.parametrize("text", ["a" * 1_048_577, "\u00e9" * 524_289, "\x01" * 2_000_000])
async def test_a_longer_message_is_refused_with_advice(browser: BrowserSession, world: ChannelWorld, text: str) -> None:
    response = await browser.say("main", text)
    assert response.status == 413
    assert "1 MB" in (await response.json())["error"]
    assert not world.accepted


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"[" * 200_000,
        b'{"id": "not-a-uuid", "text": "x"}',
        b'{"id": "7f1b5a9e-4a8e-4a52-8a0e-0d9d0a4c5f3b", "text": ""}',
        b'{"id": "7f1b5a9e-4a8e-4a52-8a0e-0d9d0a4c5f3b", "text": 5}',
        b'{"id": "7f1b5a9e-4a8e-4a52-8a0e-0d9d0a4c5f3b", "text": "\\ud800"}',
        b'{"id": "7f1b5a9e-4a8e-4a52-8a0e-0d9d0a4c5f3b", "text": "\xff"}',
        b'{"id": "7f1b5a9e-4a8e-4a52-8a0e-0d9d0a4c5f3b", "text": "secret", "sender": "eve"}',
    ],
)
async def test_a_malformed_message_is_refused_without_repeating_it(
    browser: BrowserSession, world: ChannelWorld, body: bytes
) -> None:
    response = await browser.post("/api/chats/main/messages", body)
    assert response.status == 400
    assert "secret" not in await response.text()
    assert not world.accepted


async def test_a_chat_that_is_not_in_the_list_does_not_exist(browser: BrowserSession, world: ChannelWorld) -> None:
    assert (await browser.say("other", "Hello")).status == 404
    assert (await browser.say("..%2fmain", "Hello")).status == 404
    assert (await browser.get("/api/chats/other/lines")).status == 404
    assert (await browser.post("/api/chats/other/stop")).status == 404
    assert not world.accepted


async def test_the_page_is_told_of_the_message_only_when_it_is_on_disk(
    browser: BrowserSession, world: ChannelWorld
) -> None:
    world.durable.clear()
    async with asyncio.TaskGroup() as tasks:
        post = tasks.create_task(browser.say("main", "Hello"), name="post")
        await world.accepting.wait()
        await asyncio.sleep(0.1)
        assert not post.done()
        world.durable.set()
    assert post.result().status == 201


async def test_a_full_disk_is_no_confirmation(browser: BrowserSession, world: ChannelWorld) -> None:
    world.refusal = NanoclawError("The disk is full", hint="Free some space.")
    response = await browser.say("main", "Hello")
    assert response.status == 503
    assert await response.json() == {"error": "The disk is full", "hint": "Free some space."}


async def test_typing_wakes_the_agent_ahead(browser: BrowserSession, world: ChannelWorld) -> None:
    assert (await browser.post("/api/chats/family/typing")).status == 204
    assert world.expected == [world.address("family")]


async def test_stop_says_whether_there_was_something_to_stop(browser: BrowserSession, world: ChannelWorld) -> None:
    answers = [await (await browser.post("/api/chats/main/stop")).json() for _ in range(2)]
    assert answers == [{"stopped": True}, {"stopped": False}]
    assert world.interrupted == [world.address("main")] * 2
