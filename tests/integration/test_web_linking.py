"""An account is linked from the page, in a real browser."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from nanoclaw.channels.web.channel import WebChannel
from nanoclaw.cli.commands.auth import WHATSAPP_RISK
from nanoclaw.control.pairing_shapes import PairingShape
from nanoclaw.control.shapes import ChannelShape
from nanoclaw.operations.pairing.picture import rows_of
from tests.fakes.channel_world import ChannelWorld
from tests.fakes.running_channel import running
from tests.integration.web_window import DESKTOP, PHONE, fits, show_all_chats, sign_in, unnamed, window

pytestmark = pytest.mark.browser

_CODE = PairingShape(
    channel="whatsapp", number=2, state="code", qr="x", picture=rows_of("scan me"), words="Scan this.", expires_in=59
)
_TYPED = PairingShape(channel="whatsapp", number=2, state="code", code="ABCD-EFGH", words="Type this.", expires_in=159)
_FAILED = PairingShape(channel="whatsapp", number=3, state="failed", problem="Too old.", hint="Update.")
_DONE = PairingShape(channel="whatsapp", number=3, state="done", name="Ann")


class Daemon:
    """An assistant whose WhatsApp is logged out until a pairing is done."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []
        self.says: list[PairingShape] = []
        self.linked = False

    async def __call__(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        place = path.partition("?")[0]
        if place == "/v1/channels/whatsapp/pairing":
            self.asked.append((method, json.loads(body) if body else None))
            shape = PairingShape(channel="whatsapp", number=1, state="starting") if method == "POST" else self._next()
            return 200, shape.model_dump_json().encode()
        if place == "/v1/status":
            condition = "" if self.linked else "logged-out"
            channel = ChannelShape(name="whatsapp", status="up" if self.linked else "down", condition=condition)
            return 200, json.dumps({"channels": [channel.model_dump(mode="json")]}).encode()
        return 200, json.dumps({"options": []}).encode()

    def _next(self) -> PairingShape:
        shape = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        self.linked = self.linked or shape.state == "done"
        return shape


@pytest.fixture
def daemon() -> Daemon:
    return Daemon()


@pytest.fixture
async def channel(tmp_path: Path, daemon: Daemon) -> AsyncIterator[WebChannel]:
    world = ChannelWorld("web", tmp_path / "web", chats={"main": "Main"}, options={"port": 0})
    web = WebChannel(operations=daemon)
    async with running(web, world.surroundings()):
        yield web


async def _open(page: Page, channel: WebChannel) -> None:
    await sign_in(page, channel)
    await show_all_chats(page)
    await page.get_by_role("button", name="Channels (1 down)").click()
    await expect(page.get_by_role("button", name="Link whatsapp")).to_be_visible()
    await expect(page.get_by_text(WHATSAPP_RISK)).to_be_visible()


@pytest.mark.parametrize("size", [PHONE, DESKTOP])
async def test_a_code_is_drawn_for_the_telephone_until_it_was_used(
    browser: Browser, channel: WebChannel, daemon: Daemon, size: tuple[int, int]
) -> None:
    daemon.says = [*[_CODE] * 40, _DONE]
    async with window(browser, size) as page:
        await _open(page, channel)
        assert await unnamed(page) == []
        await page.get_by_role("button", name="Link whatsapp").click()
        await expect(page.get_by_role("img", name="Code to scan with the telephone")).to_be_in_viewport(ratio=1)
        await expect(page.get_by_text("Scan this.")).to_be_visible()
        await expect(page.get_by_text("This code is good for 0:5")).to_be_visible()
        assert await fits(page)
        await expect(page.get_by_text("whatsapp is linked: Ann.")).to_be_visible()
        await expect(page.get_by_role("button", name="Link whatsapp")).to_be_hidden()
    assert daemon.asked[0] == ("POST", {"phone": ""})


async def test_a_number_asks_for_a_code_to_type_and_a_failure_says_what_to_do(
    browser: Browser, channel: WebChannel, daemon: Daemon
) -> None:
    daemon.says = [*[_TYPED] * 40, _FAILED]
    async with window(browser, DESKTOP) as page:
        await _open(page, channel)
        await page.get_by_label("Telephone number").fill("+49 170 1112223")
        await page.get_by_role("button", name="Link whatsapp").click()
        await expect(page.get_by_text("ABCD-EFGH")).to_be_visible()
        await expect(page.get_by_role("alert").filter(has_text="Too old. Update.")).to_be_visible()
        await expect(page.get_by_role("button", name="Link whatsapp")).to_be_visible()
    assert daemon.asked[0] == ("POST", {"phone": "+49 170 1112223"})


async def test_giving_up_is_told_to_the_daemon(browser: Browser, channel: WebChannel, daemon: Daemon) -> None:
    daemon.says = [_CODE]
    async with window(browser, DESKTOP) as page:
        await _open(page, channel)
        await page.get_by_role("button", name="Link whatsapp").click()
        await page.get_by_role("button", name="Give up").click()
        daemon.says = [_FAILED]
        await expect(page.get_by_role("button", name="Link whatsapp")).to_be_visible()
    assert ("DELETE", None) in daemon.asked
