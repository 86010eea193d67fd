"""The page in a real browser: files, questions, reactions and corrections."""

import struct
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, FilePayload, expect

from nanoclaw.channels.web.channel import WebChannel
from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.turns import OutgoingFile, ReplyKind
from tests.fakes.channel_world import ChannelWorld
from tests.fakes.running_channel import running
from tests.integration.web_window import SIZES, fits, own, say, screenshots, sign_in, unnamed, window

pytestmark = pytest.mark.browser


def picture(width: int = 300, height: int = 180) -> bytes:
    """A PNG with a garden's colours in it."""
    rows = b"".join(
        b"\0" + b"".join(bytes((40, 90 + 60 * row // height, 60 + 160 * column // width)) for column in range(width))
        for row in range(height)
    )
    parts = [b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0), b"IDAT" + zlib.compress(rows), b"IEND"]
    chunks = [struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in parts]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.fixture
def world(tmp_path: Path) -> ChannelWorld:
    return ChannelWorld("web", tmp_path / "web", chats={"main": "Main", "family": "Family"}, options={"port": 0})


@pytest.fixture
async def channel(world: ChannelWorld) -> AsyncIterator[WebChannel]:
    web = WebChannel()
    async with running(web, world.surroundings()):
        yield web


def chosen(name: str, content: bytes) -> FilePayload:
    return FilePayload(name=name, mimeType="text/plain", buffer=content)


def offer(world: ChannelWorld, folder: Path, name: str, kind: str, content: bytes) -> None:
    path = folder / f"copy of {name}"
    path.write_bytes(content)
    file = OutgoingFile(name=name, media_type=kind, path=str(path), size=len(content))
    world.delivered(world.compose("main", "", kind=ReplyKind.FILE, file=file))


@pytest.mark.parametrize(("name", "size"), SIZES)
async def test_files_go_along_with_a_message(
    browser: Browser, channel: WebChannel, world: ChannelWorld, name: str, size: tuple[int, int]
) -> None:
    content = {"shopping list for the weekend.txt": b"milk", "b.bin": bytes(2_000_000)}
    async with window(browser, size) as page:
        await sign_in(page, channel)
        await page.set_input_files("#files", [chosen(*file) for file in content.items()])
        await expect(page.get_by_role("list", name="Files to send").get_by_role("listitem")).to_have_count(2)
        await page.get_by_label("Message", exact=True).fill("Look at these")
        await screenshots(page, f"web-attach-{name}")
        assert await fits(page)
        assert await unnamed(page) == []
        await page.keyboard.press("Enter")
        await expect(own(page).locator(".state")).to_have_text("Waiting")
        await expect(own(page).get_by_text("b.bin")).to_be_visible()
    assert world.received == content


@pytest.mark.parametrize(("name", "size"), SIZES)
async def test_files_corrections_and_reactions_are_seen(
    browser: Browser, channel: WebChannel, world: ChannelWorld, tmp_path: Path, name: str, size: tuple[int, int]
) -> None:
    async with window(browser, size) as page:
        await sign_in(page, channel)
        await say(page, "What is for dinner?")
        await expect(own(page).locator(".state")).to_have_text("Waiting")
        world.delivered(world.compose("main", "The plan is to eat **fish** on Friday"))
        offer(world, tmp_path, "garden.png", "image/png", picture())
        offer(world, tmp_path, "a report with a very long name that does not fit on a phone at all.pdf", "x/y", b"%PDF")
        better = "The plan is to eat **rice** on Friday"
        world.delivered(world.compose("main", better, kind=ReplyKind.EDIT, target="reply-1"))
        asked = world.accepted[0].external_id
        world.delivered(world.compose("main", "\U0001f389", kind=ReplyKind.REACTION, target=asked))
        await expect(page.get_by_role("img", name="Picture garden.png")).to_be_visible()
        await expect(page.locator("[data-line=out-1] strong")).to_have_text("rice")
        await expect(page.get_by_text("corrected")).to_be_visible()
        await expect(page.get_by_role("img", name="reacted")).to_have_text("\U0001f389")
        await expect(page.locator("[data-line^=out]")).to_have_count(3)
        await expect(page.get_by_role("link", name="a report")).to_be_in_viewport()
        await screenshots(page, f"web-files-{name}")
        assert await fits(page)
        assert await unnamed(page) == []
        world.delivered(world.compose("main", "", kind=ReplyKind.REACTION, target=asked))
        await expect(page.get_by_role("img", name="reacted")).to_have_count(0)


@pytest.mark.parametrize(("name", "size"), SIZES)
async def test_a_question_is_answered_with_a_button(
    browser: Browser, channel: WebChannel, world: ChannelWorld, name: str, size: tuple[int, int]
) -> None:
    choices = ("yes, for two", "no, we stay at home")
    async with window(browser, size) as page:
        await sign_in(page, channel)
        text = f"Shall I book a table?\n1. {choices[0]}\n2. {choices[1]}"
        world.delivered(world.compose("main", text, choices=choices))
        await expect(page.get_by_role("group", name="Answers").get_by_role("button")).to_have_text(choices)
        await screenshots(page, f"web-question-{name}")
        assert await fits(page)
        await page.get_by_role("button", name=choices[0]).press("Enter")
        await expect(page.get_by_role("group", name="Answers")).to_have_count(0)
        await expect(own(page).locator(".state")).to_have_text("Waiting")
        await expect(page.get_by_label("Message", exact=True)).to_be_focused()
        await page.reload()
        await expect(own(page)).to_have_count(1)
        await expect(page.get_by_role("group", name="Answers")).to_have_count(0)
    assert [(message.text, message.answers) for message in world.accepted] == [(choices[0], "reply-1")]


async def test_a_file_is_saved_under_its_own_name(
    browser: Browser, channel: WebChannel, world: ChannelWorld, tmp_path: Path
) -> None:
    async with window(browser) as page:
        await sign_in(page, channel)
        offer(world, tmp_path, "page.html", "text/html", b"<script>alert(1)</script>")
        async with page.expect_download() as saving:
            await page.get_by_role("link", name="page.html").click()
        saved = await saving.value
        assert saved.suggested_filename == "page.html"
        assert Path(await saved.path()).read_bytes() == b"<script>alert(1)</script>"  # noqa: ASYNC240


async def test_what_only_says_that_it_is_a_picture_is_a_link(
    browser: Browser, channel: WebChannel, world: ChannelWorld, tmp_path: Path
) -> None:
    async with window(browser) as page:
        await sign_in(page, channel)
        offer(world, tmp_path, "a.png", "image/png", b"<svg onload=alert(1)>")
        offer(world, tmp_path, "b.svg", "image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")
        await expect(page.get_by_role("link", name="a.png")).to_be_visible()
        await expect(page.get_by_role("link", name="b.svg")).to_be_visible()
        await expect(page.locator(".log img")).to_have_count(0)


async def test_files_can_be_dropped_and_pasted_and_taken_back(
    browser: Browser, channel: WebChannel, world: ChannelWorld
) -> None:
    put = """([kind, name]) => {
        const data = new DataTransfer();
        data.items.add(new File(["x"], name, { type: "text/plain" }));
        const field = document.getElementById("text");
        if (kind === "paste") field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
        else for (const one of ["dragover", "drop"])
            field.dispatchEvent(new DragEvent(one, { dataTransfer: data, bubbles: true, cancelable: true }));
    }"""
    async with window(browser) as page:
        await sign_in(page, channel)
        await page.evaluate(put, ["drop", "dropped.txt"])
        await page.evaluate(put, ["paste", "pasted.txt"])
        listed = page.get_by_role("list", name="Files to send")
        await expect(listed.get_by_role("listitem")).to_have_count(2)
        await page.get_by_role("button", name="Do not send dropped.txt").click()
        await expect(listed.get_by_role("listitem")).to_have_count(1)
        await page.keyboard.press("Enter")
        await expect(own(page).locator(".state")).to_have_text("Waiting")
        await expect(listed).to_be_hidden()
    assert world.received == {"pasted.txt": b"x"}
    assert [message.text for message in world.accepted] == [""]


async def test_files_wait_for_the_server_and_arrive_once(
    browser: Browser, channel: WebChannel, world: ChannelWorld
) -> None:
    async with window(browser) as page:
        await sign_in(page, channel)
        world.refusal = NanoclawError("The disk is full")
        await page.set_input_files("#files", [chosen("a.txt", b"a")])
        await say(page, "Keep this")
        await expect(page.get_by_text("Not sent yet")).to_be_visible()
        world.refusal = None
        await expect(own(page).locator(".state")).to_have_text("Waiting", timeout=10_000)
        await expect(own(page)).to_have_count(1)
    assert world.received == {"a.txt": b"a"}
    assert len(world.accepted) == 1


async def test_files_that_a_reload_lost_must_be_attached_again(
    browser: Browser, channel: WebChannel, world: ChannelWorld
) -> None:
    async with window(browser) as page:
        await sign_in(page, channel)
        await page.route("**/files/*", lambda route: route.abort())
        await page.set_input_files("#files", [chosen("a.txt", b"a")])
        await say(page, "Keep this")
        await expect(page.get_by_text("Not sent yet")).to_be_visible()
        await page.unroute("**/files/*")
        await page.reload()
        await expect(page.get_by_text("Attach them again")).to_be_visible()
        await page.get_by_role("button", name="Discard").click()
        await expect(own(page)).to_have_count(0)
    assert not world.accepted


async def test_a_file_that_is_too_large_is_refused_before_it_travels(browser: Browser, channel: WebChannel) -> None:
    async with window(browser) as page:
        await sign_in(page, channel)
        await page.evaluate(
            """() => {
                const data = new DataTransfer();
                data.items.add(new File([new Uint8Array(25 * 1024 * 1024 + 1)], "film.mp4"));
                const node = document.getElementById("files");
                node.files = data.files;
                node.dispatchEvent(new Event("change"));
            }"""
        )
        await expect(page.get_by_role("alert")).to_contain_text("film.mp4 is larger than 25 MB")
        await expect(page.get_by_role("list", name="Files to send")).to_be_hidden()
