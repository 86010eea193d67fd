import asyncio
import gzip
import io
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import ClientSession, web
from pydantic import SecretStr

from nanoclaw.gateway import model_api
from nanoclaw.gateway.contract import Decision, GatewayEvent, ModelCallMetered, ModelRequestSent, Verdict
from nanoclaw.model.groups import parse_folder
from nanoclaw.settings.schema import Credential, Upstream
from tests.unit.gateway.conftest import StartGateway
from tests.unit.gateway.stand_ins import DELTA, START, STOP, TEXT, FakeMessagesApi, agent_session

BODY = json.dumps({"model": "claude-asked", "messages": []}).encode()
KEY = Credential(api_key=SecretStr("sk-real"))


@pytest.fixture
async def agent(start_gateway: StartGateway, short_path: Path) -> AsyncIterator[ClientSession]:
    gateway = await start_gateway()
    await gateway.open(parse_folder("family"), short_path, None)
    async with agent_session(short_path) as session:
        yield session


async def until_metered(events: list[GatewayEvent]) -> ModelCallMetered:
    metered: list[ModelCallMetered] = []
    for _ in range(500):
        if metered := [event for event in events if isinstance(event, ModelCallMetered)]:
            break
        await asyncio.sleep(0.01)
    assert len(metered) == 1
    return metered[0]


async def test_the_credential_is_put_in_outside_and_never_seen_inside(
    agent: ClientSession, api: FakeMessagesApi
) -> None:
    headers = {"x-api-key": "sk-placeholder", "authorization": "Bearer placeholder", "cookie": "a=b"}
    async with agent.post("/v1/messages?beta=true", data=BODY, headers=headers) as answer:
        text = await answer.text()
        assert answer.status == 200
        assert "sk-real" not in text + str(answer.headers)
    (seen,) = api.seen
    assert (seen.method, seen.path, seen.body) == ("POST", "/v1/messages?beta=true", BODY)
    assert seen.headers["x-api-key"] == "sk-real"
    assert seen.headers["host"] == api.url.removeprefix("http://")
    assert seen.headers["content-length"] == str(len(BODY))
    assert not {"authorization", "cookie"} & seen.headers.keys()


async def test_the_stream_passes_chunk_by_chunk(agent: ClientSession, api: FakeMessagesApi) -> None:
    gate = asyncio.Event()

    async def gated(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        await response.write(START)
        await gate.wait()
        await response.write(DELTA + STOP)
        return response

    api.behaviour = gated
    async with agent.post("/v1/messages", data=BODY) as answer:
        # The rest is produced only after the beginning has arrived here.
        assert await answer.content.readany() == START
        gate.set()
        assert await answer.content.read() == DELTA + STOP


async def test_a_streamed_call_is_announced_and_metered_with_its_cache_tokens(
    agent: ClientSession, events: list[GatewayEvent]
) -> None:
    async with agent.post("/v1/messages", data=BODY) as answer:
        assert await answer.read() == START + TEXT + DELTA + STOP
    metered = await until_metered(events)
    assert isinstance(events[0], ModelRequestSent)
    assert metered.started_at == events[0].at < metered.finished_at
    assert (metered.group, metered.model, metered.status) == ("family", "claude-test-1", 200)
    tokens = (metered.input_tokens, metered.output_tokens, metered.cache_read_tokens, metered.cache_write_tokens)
    assert tokens == (10, 40, 30, 20)


async def test_an_answer_in_one_piece_is_metered_even_when_it_comes_compressed(
    agent: ClientSession, api: FakeMessagesApi, events: list[GatewayEvent]
) -> None:
    answer_body = json.dumps({"model": "claude-test-2", "usage": {"input_tokens": 5, "output_tokens": 6}}).encode()

    async def compressed(request: web.Request) -> web.StreamResponse:
        headers = {"content-encoding": "gzip", "content-type": "application/json"}
        return web.Response(body=gzip.compress(answer_body), headers=headers)

    api.behaviour = compressed
    async with agent.post("/v1/messages", data=BODY) as answer:
        assert await answer.read() == answer_body
        assert "content-encoding" not in answer.headers
    metered = await until_metered(events)
    assert (metered.model, metered.input_tokens, metered.output_tokens) == ("claude-test-2", 5, 6)
    assert api.seen[0].headers["accept-encoding"] == "identity"


async def test_counting_tokens_passes_and_is_audited_but_is_no_call(
    agent: ClientSession, api: FakeMessagesApi, events: list[GatewayEvent]
) -> None:
    async with agent.post("/v1/messages/count_tokens?beta=true", data=BODY) as answer:
        assert answer.status == 200
    assert api.seen[0].path == "/v1/messages/count_tokens?beta=true"
    assert [type(event) for event in events] == [Decision]


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/v1/messages", 403, "permission_error"),
        ("POST", "/v1/messages?x=1", 403, "permission_error"),
        ("POST", "/v1/messages?beta=true&x=1", 403, "permission_error"),
        ("POST", "/v1/messages/batches", 403, "permission_error"),
        ("POST", "/v1/messages/", 403, "permission_error"),
        ("POST", "/v1/files", 403, "permission_error"),
        ("GET", "/v1/models", 403, "permission_error"),
        ("POST", "/v1/../v1/messages", 403, "permission_error"),
        ("POST", "/v1/%6dessages", 403, "permission_error"),
        ("POST", "//v1/messages", 404, "not_found_error"),
        ("GET", "/", 404, "not_found_error"),
        ("POST", "/api/oauth/token", 404, "not_found_error"),
        ("POST", "http://evil.test/v1/messages", 404, "not_found_error"),
    ],
)
async def test_anything_else_is_refused_and_audited(
    agent: ClientSession,
    short_path: Path,
    api: FakeMessagesApi,
    events: list[GatewayEvent],
    method: str,
    path: str,
    status: int,
    kind: str,
) -> None:
    reader, writer = await asyncio.open_unix_connection(str(short_path / "model.sock"))
    writer.write(f"{method} {path} HTTP/1.1\r\nHost: model\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert json.loads(body)["error"]["type"] == kind
    (decision,) = events
    assert isinstance(decision, Decision)
    assert decision.verdict is Verdict.DENIED
    assert decision.target == f"{method} {path.partition('?')[0]}"
    assert api.seen == []


async def test_an_error_of_the_service_passes_unchanged(
    agent: ClientSession, api: FakeMessagesApi, events: list[GatewayEvent]
) -> None:
    error = b'{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}'

    async def refuse(request: web.Request) -> web.StreamResponse:
        headers = {"content-type": "application/json", "set-cookie": "a=b", "x-should-retry": "false"}
        return web.Response(status=401, body=error, headers=headers)

    api.behaviour = refuse
    async with agent.post("/v1/messages", data=BODY) as answer:
        assert (answer.status, await answer.read()) == (401, error)
        assert answer.headers["x-should-retry"] == "false"
        assert "set-cookie" not in answer.headers
    metered = await until_metered(events)
    assert (metered.status, metered.model, metered.output_tokens) == (401, "claude-asked", 0)


async def test_a_broken_stream_breaks_inside_too_and_is_metered_with_status_0(
    agent: ClientSession, api: FakeMessagesApi, events: list[GatewayEvent]
) -> None:
    async def broken(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        await response.write(START)
        await asyncio.sleep(0.05)
        assert request.transport is not None
        request.transport.abort()
        return response

    api.behaviour = broken
    async with agent.post("/v1/messages", data=BODY) as answer:
        with pytest.raises(aiohttp.ClientError):
            await answer.read()
    metered = await until_metered(events)
    assert (metered.status, metered.input_tokens, metered.cache_read_tokens) == (0, 10, 30)


async def test_an_agent_that_leaves_cancels_the_call_upstream(
    agent: ClientSession, api: FakeMessagesApi, events: list[GatewayEvent]
) -> None:
    cancelled = asyncio.Event()

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        await response.write(START)
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return response

    api.behaviour = endless
    async with agent.post("/v1/messages", data=BODY) as answer:
        assert await answer.content.readany() == START
        answer.close()
    await asyncio.wait_for(cancelled.wait(), 5)
    metered = await until_metered(events)
    assert (metered.status, metered.input_tokens) == (0, 10)


async def test_without_a_credential_the_answer_is_local_and_says_what_to_set(
    start_gateway: StartGateway, short_path: Path, api: FakeMessagesApi, events: list[GatewayEvent]
) -> None:
    gateway = await start_gateway(Upstream(base_url=api.url))
    await gateway.open(parse_folder("family"), short_path, None)
    async with agent_session(short_path) as agent, agent.post("/v1/messages", data=BODY) as answer:
        error = (await answer.json())["error"]
        assert (answer.status, answer.headers["x-should-retry"]) == (401, "false")
    assert error["type"] == "authentication_error"
    assert "ANTHROPIC_API_KEY" in error["message"]
    assert api.seen == []
    assert [type(event) for event in events] == [Decision]


async def test_a_service_that_cannot_be_reached_is_a_503_that_gives_nothing_away(
    start_gateway: StartGateway, short_path: Path, events: list[GatewayEvent]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        gateway = await start_gateway(Upstream(base_url=f"http://127.0.0.1:{port}", credential=KEY))
        await gateway.open(parse_folder("family"), short_path, None)
        async with agent_session(short_path) as agent, agent.post("/v1/messages", data=BODY) as answer:
            text = await answer.text()
            assert (answer.status, answer.headers["x-should-retry"]) == (503, "true")
    assert json.loads(text)["type"] == "error"
    assert str(port) not in text
    assert "sk-real" not in text
    metered = await until_metered(events)
    assert metered.status == 0


async def test_the_machines_proxy_is_asked_for_https_and_its_password_stays_outside(
    start_gateway: StartGateway, short_path: Path
) -> None:
    asked: list[bytes] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    proxy = await asyncio.start_server(refuse, "127.0.0.1", 0)
    address = f"http://user:hunter2@127.0.0.1:{proxy.sockets[0].getsockname()[1]}"
    upstream = Upstream(base_url="https://api.test", credential=KEY, proxy=SecretStr(address))
    gateway = await start_gateway(upstream)
    await gateway.open(parse_folder("family"), short_path, None)
    async with agent_session(short_path) as agent, agent.post("/v1/messages", data=BODY) as answer:
        text = await answer.text()
        assert answer.status == 503
    proxy.close()
    assert asked[0].startswith(b"CONNECT api.test:443 HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic dXNlcjpodW50ZXIy" in asked[0]
    assert b"sk-real" not in asked[0]
    assert "hunter2" not in text


async def test_a_redirect_is_not_followed(agent: ClientSession, api: FakeMessagesApi) -> None:
    async def redirect(request: web.Request) -> web.StreamResponse:
        return web.Response(status=307, headers={"location": f"{api.url}/elsewhere"})

    api.behaviour = redirect
    async with agent.post("/v1/messages", data=BODY, allow_redirects=False) as answer:
        assert answer.status == 502
        assert "location" not in answer.headers
    assert len(api.seen) == 1


async def test_a_body_that_is_too_large_is_refused_by_its_declared_and_by_its_true_size(
    agent: ClientSession, api: FakeMessagesApi, short_path: Path, events: list[GatewayEvent]
) -> None:
    reader, writer = await asyncio.open_unix_connection(str(short_path / "model.sock"))
    writer.write(b"POST /v1/messages HTTP/1.1\r\nHost: m\r\nContent-Length: %d\r\n\r\n" % (model_api.MAX_BODY + 1))
    assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
    writer.close()
    await writer.wait_closed()

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(65):
            yield bytes(1 << 20)

    async with agent.post("/v1/messages", data=endless()) as answer:
        assert answer.status == 413
        assert (await answer.json())["error"]["type"] == "request_too_large"
    assert api.seen == []


async def test_a_large_request_passes_whole(agent: ClientSession, api: FakeMessagesApi) -> None:
    body = BODY[:-1] + b', "pad": "' + b"x" * (8 << 20) + b'"}'
    async with agent.post("/v1/messages", data=io.BytesIO(body)) as answer:
        assert answer.status == 200
    assert api.seen[0].body == body


async def test_calls_at_the_same_time_are_bounded(agent: ClientSession, api: FakeMessagesApi) -> None:
    gate = asyncio.Event()

    async def held(request: web.Request) -> web.StreamResponse:
        await gate.wait()
        return web.json_response({})

    async def status() -> int:
        async with agent.post("/v1/messages", data=BODY) as answer:
            if answer.status == 429:
                gate.set()
            return answer.status

    api.behaviour = held
    statuses = await asyncio.gather(*(status() for _ in range(model_api.MAX_CALLS + 1)))
    assert sorted(statuses) == [200] * model_api.MAX_CALLS + [429]
