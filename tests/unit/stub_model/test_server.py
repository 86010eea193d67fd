"""The Messages API over real HTTP."""

import asyncio
import io
import time
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from nanoclaw.stub_model.errors import StubModelError
from nanoclaw.stub_model.script import Answer, Rule, Script, TokenCounts, ToolCall
from nanoclaw.stub_model.server import StubModel
from tests.fakes.clocks import HeldClock
from tests.unit.stub_model.conftest import Ask, body, events, result

Play = Callable[..., None]
BASH = ToolCall(name="Bash", input={"command": "date"})


async def stream(session: aiohttp.ClientSession, url: str, *content: object) -> bytes:
    async with session.post(f"{url}/v1/messages", json=body(*content, stream=True)) as response:
        assert response.status == 200
        assert response.content_type == "text/event-stream"
        return await response.read()


async def test_a_stream_has_the_events_of_the_api(session: aiohttp.ClientSession, url: str, play: Play) -> None:
    play(Rule(reply="Hello there", tool=BASH, chunk_size=6))
    got = events(await stream(session, url, "x"))
    assert [event["type"] for event in got] == [
        "message_start",
        "content_block_start",
        "ping",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert got[6]["content_block"]["name"] == "Bash"
    assert got[7]["delta"] == {"type": "input_json_delta", "partial_json": '{"command": "date"}'}
    assert got[9]["delta"]["stop_reason"] == "tool_use"


async def test_each_answer_has_an_id_of_its_own(ask: Ask) -> None:
    assert (await ask("a"))[1]["id"] != (await ask("b"))[1]["id"]


async def test_without_a_stream_the_answer_is_json(ask: Ask) -> None:
    status, answer = await ask("hi")
    assert status == 200
    assert answer["content"] == [{"type": "text", "text": "You wrote: hi"}]
    assert answer["stop_reason"] == "end_turn"


async def test_a_tool_call_goes_on_with_its_result(ask: Ask, play: Play) -> None:
    play(Rule(when="go", tool=BASH, then=(Answer(reply="It is {tool_result}"),)))
    _, first = await ask("go")
    _, second = await ask(result(first["content"][0]["id"], "noon"))
    assert second["content"][0]["text"] == "It is noon"


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, "authentication_error"), (429, "rate_limit_error"), (500, "api_error"), (529, "overloaded_error")],
)
async def test_errors_have_the_shape_of_the_api(
    session: aiohttp.ClientSession, url: str, play: Play, status: Any, kind: str
) -> None:
    play(Rule(error=status, retry_after=3, reply="No, {text}"))
    async with session.post(f"{url}/v1/messages", json=body("x", stream=True)) as response:
        assert response.status == status
        assert response.headers["retry-after"] == "3"
        assert await response.json() == {"type": "error", "error": {"type": kind, "message": "No, x"}}


async def test_usage_is_reported_as_scripted(ask: Ask, play: Play) -> None:
    play(Rule(reply="x", usage=TokenCounts(input_tokens=1, output_tokens=2, cache_read_tokens=3, cache_write_tokens=4)))
    usage = (await ask("x"))[1]["usage"]
    assert list(usage.values()) == [1, 2, 3, 4]


async def test_usage_is_estimated_otherwise(ask: Ask) -> None:
    usage = (await ask("x" * 4_000))[1]["usage"]
    assert usage["input_tokens"] > 1_000
    assert usage["output_tokens"] > 1_000


async def test_the_first_byte_can_be_delayed(ask: Ask, play: Play) -> None:
    play(Rule(reply="x", delay_ms=150))
    started = time.monotonic()
    await ask("x")
    assert time.monotonic() - started >= 0.149


async def test_a_slow_stream_arrives_in_pieces(session: aiohttp.ClientSession, url: str, play: Play) -> None:
    play(Rule(reply="abcd", chunk_size=1, chunk_ms=40))
    async with session.post(f"{url}/v1/messages", json=body("x", stream=True)) as response:
        first = await response.content.readany()
        started = time.monotonic()
        rest = await response.read()
    assert b"message_stop" not in first
    assert b"message_stop" in rest
    assert time.monotonic() - started >= 0.1


@pytest.mark.parametrize(("more", "end"), [({"stream": True}, b'"text":"e"}}\n\n'), ({}, b'{"id"')])
async def test_an_answer_can_break_off(
    session: aiohttp.ClientSession, url: str, play: Play, more: dict[str, bool], end: bytes
) -> None:
    play(Rule(reply="abcdefgh", chunk_size=2, broken_after=5))
    got = bytearray()
    async with session.post(f"{url}/v1/messages", json=body("x", **more)) as response:
        with pytest.raises(aiohttp.ClientPayloadError):
            await _read_into(got, response)
    assert got.endswith(end)


async def _read_into(got: bytearray, response: aiohttp.ClientResponse) -> None:
    async for piece in response.content.iter_any():
        got += piece


async def test_garbage_is_sent_as_it_is(session: aiohttp.ClientSession, url: str, play: Play) -> None:
    play(Rule(garbage="<html>oops"))
    assert await stream(session, url, "x") == b"<html>oops"


async def test_a_side_request_uses_up_nothing(model: StubModel, ask: Ask) -> None:
    model.replace_script(Script(rules=(Rule(reply="main", times=1),), side_reply="Title"))
    assert (await ask("title?", tools=[]))[1]["content"][0]["text"] == "Title"
    assert (await ask("hi"))[1]["content"][0]["text"] == "main"
    assert [request.is_side_request for request in model.requests] == [True, False]


async def test_a_side_request_for_json_gets_json(ask: Ask) -> None:
    schema = {"type": "object", "properties": {"title": {"type": "string"}}}
    wanted = {"format": {"type": "json_schema", "schema": schema}}
    answer = (await ask("title?", tools=[], output_config=wanted))[1]
    assert answer["content"][0]["text"] == '{"title":"OK"}'


async def test_tokens_are_counted_without_using_up_a_rule(
    session: aiohttp.ClientSession, url: str, model: StubModel, play: Play, ask: Ask
) -> None:
    play(Rule(reply="main", times=1))
    asked = body("x" * 400)
    del asked["max_tokens"]
    async with session.post(f"{url}/v1/messages/count_tokens?beta=true", json=asked) as response:
        assert (await response.json())["input_tokens"] > 100
    assert model.requests[0].is_side_request
    assert (await ask("hi"))[1]["content"][0]["text"] == "main"


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/messages"), ("HEAD", "/"), ("POST", "/v1/models")])
async def test_anything_else_is_not_found(
    session: aiohttp.ClientSession, url: str, model: StubModel, method: str, path: str
) -> None:
    async with session.request(method, url + path) as response:
        assert response.status == 404
        if method != "HEAD":
            assert (await response.json())["error"]["type"] == "not_found_error"
    assert (model.requests[0].method, model.requests[0].path) == (method, path)


async def test_a_malformed_request_is_refused(session: aiohttp.ClientSession, url: str) -> None:
    async with session.post(f"{url}/v1/messages", data=b"{}") as response:
        assert response.status == 400
        assert (await response.json())["error"]["message"] == "max_tokens: must be a positive integer"


async def test_a_huge_request_is_refused(session: aiohttp.ClientSession, url: str) -> None:
    async with session.post(f"{url}/v1/messages", data=io.BytesIO(b" " * (33 * 1024 * 1024))) as response:
        assert response.status == 413
        assert (await response.json())["error"]["type"] == "request_too_large"


async def test_requests_are_recorded_as_they_came(session: aiohttp.ClientSession, url: str, model: StubModel) -> None:
    asked = body('<message sender="A" time="1">a &amp; b</message>', result("t1", "done"))
    async with session.post(f"{url}/v1/messages?beta=true", json=asked, headers={"X-Api-Key": "k"}) as response:
        await response.read()
    [request] = model.requests
    assert request.headers["x-api-key"] == "k"
    assert request.path == "/v1/messages"
    assert request.at == HeldClock().now()
    assert request.body == asked
    assert request.newest_text == "a & b"
    assert request.tool_results[0].text == "done"
    assert "k'" not in repr(request)


async def test_requests_can_be_waited_for(model: StubModel, ask: Ask) -> None:
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(model.wait_for_requests(2, 5), name="wait")
        for text in ("one", "two"):
            await ask(text)
        await ask("aside", tools=[])
    assert [request.user_text for request in waiting.result()] == ["one", "two"]


async def test_waiting_in_vain_says_how_many_came(model: StubModel, ask: Ask) -> None:
    await ask("one")
    with pytest.raises(StubModelError, match=r"1 of 2 model requests came within 0\.05 s"):
        await model.wait_for_requests(2, 0.05)


async def test_a_request_is_recorded_before_it_is_answered(model: StubModel, ask: Ask, play: Play) -> None:
    play(Rule(reply="x", delay_ms=60_000))
    async with asyncio.TaskGroup() as group:
        asking = group.create_task(ask("x"), name="ask")
        await model.wait_for_requests(1, 5)
        asking.cancel()


async def test_another_script_begins_at_its_beginning(ask: Ask, play: Play) -> None:
    play(Rule(reply="{turn}"))
    await ask("x")
    play(Rule(reply="again {turn}"))
    assert (await ask("x"))[1]["content"][0]["text"] == "again 1"


async def test_a_caller_that_leaves_does_no_harm(
    session: aiohttp.ClientSession, url: str, play: Play, ask: Ask
) -> None:
    play(Rule(reply="x" * 1_000, chunk_size=1, chunk_ms=5, times=1))
    async with session.post(f"{url}/v1/messages", json=body("x", stream=True)) as response:
        await response.content.readany()
    assert (await ask("still there"))[0] == 200


async def test_closing_cuts_what_is_still_being_answered(model: StubModel, ask: Ask, play: Play) -> None:
    play(Rule(reply="x", delay_ms=60_000))
    async with asyncio.TaskGroup() as group:
        asking = group.create_task(_fails(ask), name="ask")
        await model.wait_for_requests(1, 5)
        async with asyncio.timeout(3):
            await model.close()
    assert asking.result()


async def _fails(ask: Ask) -> bool:
    try:
        await ask("x")
    except aiohttp.ClientError:
        return True
    return False


async def test_closing_twice_is_harmless(model: StubModel) -> None:
    await model.start()
    await model.close()
    await model.close()


async def test_a_taken_port_is_named(url: str) -> None:
    port = int(url.rsplit(":", 1)[1])
    with pytest.raises(StubModelError, match=f"cannot listen on 127.0.0.1 port {port}"):
        await StubModel(Script(), HeldClock()).start(port)


async def test_starting_twice_is_refused(model: StubModel, url: str) -> None:
    with pytest.raises(StubModelError, match="listens already"):
        await model.start()
