import asyncio
import io
import json
import logging
import socket
import stat
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from nanoclaw.control.errors import ControlError, SocketTakenError
from nanoclaw.control.server import ControlServer
from nanoclaw.control.service import StoppingError
from tests.fakes.service import FakeService
from tests.fakes.waiting import until


async def ask(path: Path, method: str, url: str, **options: Any) -> tuple[int, Any]:
    if isinstance(options.get("data"), bytes):
        options["data"] = io.BytesIO(options["data"])
    async with (
        aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(path))) as session,
        session.request(method, f"http://nanoclaw{url}", **options) as response,
    ):
        return response.status, json.loads(await response.read())


async def refused(path: Path, method: str, url: str, body: bytes | None = None) -> tuple[int, str]:
    status, problem = await ask(path, method, url, data=body)
    assert set(problem) == {"error", "hint"}
    return status, problem["error"]


# Looking at a file for a moment does not hold up the loop that the server runs in.
def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def remove(path: Path) -> None:
    path.unlink()


def exists(path: Path) -> bool:
    return path.exists()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


@pytest.fixture
def a_file(path: Path) -> Path:
    path.write_text("mine")
    return path


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
async def server(path: Path, service: FakeService) -> Any:
    server = ControlServer(service, path, heartbeat_seconds=0.05)
    await server.start()
    yield server
    await server.close()


async def test_the_socket_is_its_owners_alone(server: ControlServer, path: Path) -> None:
    assert mode_of(path) == 0o600


async def test_a_stale_socket_is_replaced(path: Path, service: FakeService) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    server = ControlServer(service, path)
    await server.start()
    assert (await ask(path, "GET", "/v1/status"))[0] == 200
    await server.close()


async def test_a_socket_that_somebody_listens_on_is_left_alone(server: ControlServer, path: Path) -> None:
    with pytest.raises(SocketTakenError):
        await ControlServer(FakeService(), path).start()
    assert (await ask(path, "GET", "/v1/status"))[0] == 200


async def test_a_file_in_the_way_is_left_alone(a_file: Path, service: FakeService) -> None:
    with pytest.raises(ControlError, match="not a socket"):
        await ControlServer(service, a_file).start()
    assert exists(a_file)


async def test_closing_removes_the_socket_and_may_be_repeated(path: Path, service: FakeService) -> None:
    server = ControlServer(service, path)
    await server.start()
    await server.close()
    await server.close()
    assert not exists(path)


async def test_closing_leaves_a_successors_socket(server: ControlServer, path: Path) -> None:
    remove(path)
    successor = ControlServer(FakeService(), path)
    await successor.start()
    await server.close()
    assert exists(path)
    await successor.close()


@pytest.mark.parametrize(
    ("method", "url", "body", "status", "words"),
    [
        ("POST", "/v1/messages", b"{", 400, "not valid JSON"),
        ("POST", "/v1/messages", b"\xff", 400, "not valid JSON"),
        ("POST", "/v1/messages", b"", 400, "not valid JSON"),
        ("POST", "/v1/messages", b"[" * 100_000, 400, "not valid JSON"),
        ("POST", "/v1/messages", b"[]", 422, "body"),
        ("POST", "/v1/messages", b"{}", 422, "text: field required"),
        ("POST", "/v1/messages", b'{"text": "hi", "wait_seconds": -1}', 422, "wait_seconds"),
        ("POST", "/v1/messages", b'{"text": "hi", "wait_seconds": NaN}', 422, "wait_seconds"),
        ("POST", "/v1/messages", b'{"text": "\\ud800"}', 422, "surrogate"),
        ("POST", "/v1/messages", b'{"text": "hi", "group": "nobody"}', 404, "no such group"),
        ("POST", "/v1/groups", b'{"name": "x", "folder": "../up"}', 422, "folder"),
        ("POST", "/v1/groups", b'{"name": "x", "folder": "global"}', 422, "all groups read"),
        ("POST", "/v1/groups", b'{"name": "x", "folder": "main"}', 409, "taken"),
        ("DELETE", "/v1/groups/main", None, 409, "main group"),
        ("GET", "/v1/groups/%00%2F", None, 404, "no such group"),
        ("GET", "/v1/groups/nobody/events", None, 404, "no such group"),
        ("GET", "/v1/messages?limit=0", None, 422, "limit"),
        ("GET", "/v1/messages?limit=5&limit=6", None, 400, "twice"),
        ("GET", "/v1/messages?since=yesterday", None, 422, "since"),
        ("GET", "/v1/nothing", None, 404, "no such path"),
        ("PUT", "/v1/status", None, 405, "method"),
        ("HEAD", "/v1/stop", None, 405, ""),
    ],
)
async def test_bad_input_is_refused_with_a_reason(
    server: ControlServer, path: Path, method: str, url: str, body: bytes | None, status: int, words: str
) -> None:
    if method == "HEAD":
        async with (
            aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(path))) as session,
            session.head(f"http://nanoclaw{url}") as response,
        ):
            assert response.status == status
        return
    got, error = await refused(path, method, url, body)
    assert got == status
    assert words.lower() in error.lower()


async def test_a_refusal_never_repeats_what_was_sent(server: ControlServer, path: Path) -> None:
    body = json.dumps({"text": 5, "sekret": "sekret", "sender": ["sekret"], "group": "sekret" * 20}).encode()
    _, error = await refused(path, "POST", "/v1/messages", body)
    assert "sekret" not in error
    assert "sender" in error


async def test_a_body_over_four_mebibytes_is_refused(server: ControlServer, path: Path) -> None:
    status, _ = await refused(path, "POST", "/v1/messages", b" " * (4 * 1024 * 1024 + 1))
    assert status == 413


async def test_the_longest_text_arrives_whole_and_nul_with_it(
    server: ControlServer, path: Path, service: FakeService
) -> None:
    text = "€" * 1_048_575 + "\0"
    body = json.dumps({"text": text}, ensure_ascii=False).encode()
    assert (await ask(path, "POST", "/v1/messages", data=body))[0] == 200
    assert service.sent[0].text == text


async def test_an_unexpected_failure_is_logged_and_not_told(
    server: ControlServer, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        status, error = await refused(path, "POST", "/v1/messages", b'{"text": "crash"}')
    assert status == 500
    assert "ZeroDivisionError" not in error
    assert [record.exc_info is not None for record in caplog.records] == [True]


async def test_a_daemon_that_stops_takes_nothing_in(server: ControlServer, path: Path, service: FakeService) -> None:
    service.stopping = True
    status, error = await refused(path, "POST", "/v1/messages", b'{"text": "hi"}')
    assert status == 503
    assert error == str(StoppingError("The daemon is shutting down"))


async def test_an_event_stream_begins_at_once_and_shows_signs_of_life(
    server: ControlServer, path: Path, service: FakeService
) -> None:
    async with (
        aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(path))) as session,
        session.get("http://nanoclaw/v1/groups/main/events") as response,
    ):
        assert response.content_type == "application/x-ndjson"
        assert [await response.content.readline() for _ in range(3)] == [b"\n"] * 3
        await service.say("main", "Bob", "hello")
        lines = [await response.content.readline() for _ in range(12)]
    events = [json.loads(line) for line in lines if line.strip()]
    assert events[0]["kind"] == "message"
    assert events[0]["sender"] == "Bob"


async def test_closing_ends_event_streams(path: Path, service: FakeService) -> None:
    server = ControlServer(service, path, heartbeat_seconds=10)
    await server.start()
    async with (
        aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(path))) as session,
        session.get("http://nanoclaw/v1/groups/main/events") as response,
    ):
        await response.content.readline()
        await server.close()
        assert await response.content.read() == b""
    assert service.watched == 0


async def test_the_openapi_document_is_served(server: ControlServer, path: Path) -> None:
    status, document = await ask(path, "GET", "/v1/openapi.json")
    assert status == 200
    assert document["openapi"] == "3.1.0"


async def _hold(path: Path, service: FakeService) -> tuple[asyncio.StreamWriter, bytes]:
    reader, writer = await asyncio.open_unix_connection(str(path))
    body = b'{"model_url": "http://127.0.0.1:4711"}'
    writer.write(b"POST /v1/trials HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    async with asyncio.timeout(10):
        said = await reader.readuntil(b"}]}\n")
    assert service.trials.holds
    return writer, said


async def test_a_trial_lasts_as_long_as_its_connection(path: Path) -> None:
    service = FakeService()
    server = ControlServer(service, path)
    await server.start()
    writer, said = await _hold(path, service)
    assert b"verify-1-a" in said
    await asyncio.sleep(1.2)
    assert service.trials.holds
    assert (await refused(path, "POST", "/v1/trials", b'{"model_url": "http://127.0.0.1:4711"}'))[0] == 409
    writer.close()
    await until(lambda: not service.trials.holds)
    await server.close()


async def test_a_trial_ends_with_the_daemon(path: Path) -> None:
    service = FakeService()
    server = ControlServer(service, path)
    await server.start()
    writer, _ = await _hold(path, service)
    await server.close()
    assert not service.trials.holds
    writer.close()


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1:80", "https://127.0.0.1:80", "http://127.0.0.1:80/x", "http://127.0.0.1"]
)
async def test_a_scripted_model_is_on_loopback(path: Path, url: str) -> None:
    service = FakeService()
    server = ControlServer(service, path)
    await server.start()
    assert (await refused(path, "POST", "/v1/trials", json.dumps({"model_url": url}).encode()))[0] == 422
    assert not service.trials.holds
    await server.close()
