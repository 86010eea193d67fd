"""Uploads and downloads of the page."""

import uuid
from pathlib import Path

import pytest
from aiohttp import ClientResponse

from nanoclaw.channels.spool import FILE_LIMIT
from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.turns import OutgoingFile, ReplyKind
from tests.fakes.browser_session import BrowserSession
from tests.fakes.channel_world import ChannelWorld


async def send(browser: BrowserSession, *files: str, text: str = "", name: str = "") -> ClientResponse:
    body = {"id": name or str(uuid.uuid4()), "text": text, "files": files}
    return await browser.post("/api/chats/main/messages", body)


def spooled(tmp_path: Path) -> int:
    return len(list((tmp_path / "web" / "incoming").iterdir()))


def offer(world: ChannelWorld, folder: Path, content: bytes, name: str = "page.html") -> str:
    path = folder / "copy"
    path.write_bytes(content)
    file = OutgoingFile(name=name, media_type="text/html", path=str(path), size=len(content))
    return f"out-{world.compose('main', 'Here', kind=ReplyKind.FILE, file=file).id}"


async def test_files_come_with_their_message_and_their_copies_go(
    browser: BrowserSession, world: ChannelWorld, tmp_path: Path
) -> None:
    one, two = str(uuid.uuid4()), str(uuid.uuid4())
    assert (await browser.upload("main", "a b\u00e9.txt", b"one", identity=one, media_type="text/plain")).status == 201
    assert (await browser.upload("main", "b", b"", identity=two, media_type="odd")).status == 201
    assert spooled(tmp_path) == 2
    assert (await send(browser, one, two)).status == 201
    (message,) = world.accepted
    assert [(file.name, file.media_type) for file in message.files] == [
        ("a b\u00e9.txt", "text/plain"),
        ("b", "application/octet-stream"),
    ]
    assert world.received == {"a b\u00e9.txt": b"one", "b": b""}
    assert spooled(tmp_path) == 0


async def test_a_message_with_files_that_is_sent_again_is_the_same_message(
    browser: BrowserSession, world: ChannelWorld
) -> None:
    file, name = str(uuid.uuid4()), str(uuid.uuid4())
    await browser.upload("main", "a", b"one", identity=file)
    first = await (await send(browser, file, name=name)).json()
    again = await send(browser, file, name=name)
    assert again.status == 200
    assert await again.json() == {**first, "duplicate": True}
    assert len(world.accepted) == 1


async def test_a_file_that_was_uploaded_twice_is_one_file(browser: BrowserSession, tmp_path: Path) -> None:
    file = str(uuid.uuid4())
    statuses = [(await browser.upload("main", "a", b"one", identity=file)).status for _ in range(2)]
    assert statuses == [201, 200]
    assert spooled(tmp_path) == 1


async def test_files_stay_until_the_message_is_on_disk(
    browser: BrowserSession, world: ChannelWorld, tmp_path: Path
) -> None:
    file = str(uuid.uuid4())
    await browser.upload("main", "a", b"one", identity=file)
    world.refusal = NanoclawError("The disk is full")
    assert (await send(browser, file)).status == 503
    assert spooled(tmp_path) == 1
    world.refusal = None
    assert (await send(browser, file)).status == 201


async def test_a_message_whose_files_are_not_here_is_not_taken_in(browser: BrowserSession, world: ChannelWorld) -> None:
    elsewhere = str(uuid.uuid4())
    await browser.upload("family", "a", b"one", identity=elsewhere)
    for file in (str(uuid.uuid4()), elsewhere):
        response = await send(browser, file, text="Read this")
        assert response.status == 410
        assert "again" in (await response.json())["hint"]
    assert not world.accepted


async def test_a_message_says_something_or_brings_a_file(browser: BrowserSession, world: ChannelWorld) -> None:
    assert (await send(browser)).status == 400
    assert (await send(browser, *(str(uuid.uuid4()) for _ in range(11)), text="x")).status == 400
    assert not world.accepted


async def test_a_file_that_is_too_large_is_refused_with_advice(browser: BrowserSession, tmp_path: Path) -> None:
    response = await browser.upload("main", "big.iso", bytes(FILE_LIMIT + 1))
    assert response.status == 413
    problem = await response.json()
    assert "big.iso" in problem["error"]
    assert problem["hint"]
    assert spooled(tmp_path) == 0


async def test_what_is_uploaded_and_never_sent_does_not_stay(
    browser: BrowserSession, world: ChannelWorld, tmp_path: Path
) -> None:
    await browser.upload("main", "a", b"one")
    world.clock.ahead += 3_601
    await browser.upload("main", "b", b"two")
    assert spooled(tmp_path) == 1


async def test_only_so_many_files_wait(browser: BrowserSession, tmp_path: Path) -> None:
    for number in range(45):
        assert (await browser.upload("main", str(number), b"x")).status == 201
    assert spooled(tmp_path) == 40


@pytest.mark.parametrize("path", ["main/files/nothing", "nobody/files/7f9c24e8-0000-4000-8000-000000000000"])
async def test_there_is_no_other_place_for_a_file(browser: BrowserSession, path: str) -> None:
    response = await browser.session.put(f"{browser.url}/api/chats/{path}", data=b"x", headers={"Origin": browser.url})
    assert response.status == 404


@pytest.mark.parametrize("headers", [{"Origin": "https://example.org"}, {}])
async def test_another_site_cannot_put_a_file_here(
    browser: BrowserSession, tmp_path: Path, headers: dict[str, str]
) -> None:
    place = f"{browser.url}/api/chats/main/files/{uuid.uuid4()}"
    assert (await browser.session.put(place, data=b"x", headers=headers)).status == 403
    assert spooled(tmp_path) == 0


async def test_a_stranger_gets_and_puts_no_file(stranger: BrowserSession, world: ChannelWorld, tmp_path: Path) -> None:
    line = offer(world, tmp_path, b"secret")
    assert (await stranger.get(f"/api/chats/main/files/{line}")).status == 401
    assert (await stranger.upload("main", "a", b"one")).status == 401


async def test_a_file_is_saved_and_never_shown_as_a_page(
    browser: BrowserSession, world: ChannelWorld, tmp_path: Path
) -> None:
    line = offer(world, tmp_path, b"<script>alert(1)</script>", name='a"\r\nX: \u202e.html')
    response = await browser.get(f"/api/chats/main/files/{line}")
    assert await response.read() == b"<script>alert(1)</script>"
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Disposition"] == "attachment; filename*=UTF-8''a%22%0D%0AX%3A%20%E2%80%AE.html"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response.headers["Cache-Control"] == "no-store"


async def test_a_file_that_is_not_kept_any_more_is_said_to_be_gone(
    browser: BrowserSession, world: ChannelWorld, tmp_path: Path
) -> None:
    line = offer(world, tmp_path, b"x")
    (tmp_path / "copy").unlink()
    assert (await browser.get(f"/api/chats/main/files/{line}")).status == 410


@pytest.mark.parametrize("place", ["main/files/out-9", "main/files/in-1", "family/files/out-1", "main/files/..%2f"])
async def test_there_is_no_other_file(browser: BrowserSession, world: ChannelWorld, tmp_path: Path, place: str) -> None:
    offer(world, tmp_path, b"x")
    await browser.say("main", "Hello")
    assert (await browser.get(f"/api/chats/{place}")).status == 404


async def test_lines_tell_all_that_a_page_shows(browser: BrowserSession, world: ChannelWorld, tmp_path: Path) -> None:
    offer(world, tmp_path, b"x", name="x.txt")
    question = world.compose("main", "Tea?", choices=("yes", "no"))
    world.compose("main", "\U0001f44d", kind=ReplyKind.REACTION, target=question.client_id)
    lines = (await (await browser.get("/api/chats/main/lines")).json())["lines"]
    assert lines[0]["file"] == {"name": "x.txt", "type": "text/html", "size": 1}
    assert (lines[1]["choices"], lines[1]["name"]) == (["yes", "no"], question.client_id)
    assert (lines[2]["kind"], lines[2]["target"]) == ("reaction", lines[1]["id"])
    assert str(tmp_path) not in str(lines)


async def test_an_answer_names_its_question(browser: BrowserSession, world: ChannelWorld) -> None:
    body = {"id": str(uuid.uuid4()), "text": "yes", "answers": "reply-1"}
    assert (await browser.post("/api/chats/main/messages", body)).status == 201
    assert world.accepted[0].answers == "reply-1"
