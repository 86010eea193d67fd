"""A bot is linked as its owner does it, at a Bot API on loopback and without a daemon."""

import asyncio
import io
import re
import stat
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from nanoclaw.cli.context import Context
from nanoclaw.cli.exits import Exit
from nanoclaw.cli.main import main
from nanoclaw.settings.home import Home
from tests.fakes.telegram_server import OWNER, TOKEN, TelegramServer

_CODE = re.compile(r"\n    ([0-9A-Z]{8})\n")


class Bot:
    """The command, and what it says."""

    def __init__(self, home: Home, server: TelegramServer, environment: dict[str, str]) -> None:
        self.home = home
        self.server = server
        self.out, self.err = io.StringIO(), io.StringIO()
        self._context = Context(
            home=home, stdin=io.StringIO(f"{TOKEN}\n"), stdout=self.out, stderr=self.err, environment=environment
        )

    async def link(self, *more: str) -> int:
        return await asyncio.to_thread(main, ["auth", "telegram", "--token-file", "-", *more], self._context)

    async def code(self) -> str:
        """The code to send, once it is shown."""
        async with asyncio.timeout(30):
            while not (found := _CODE.search(self.err.getvalue())):
                await asyncio.sleep(0.05)
        return found[1]

    async def says(self, text: str, sender: dict[str, Any]) -> None:
        chat = {"id": sender["id"], "type": "private", "first_name": sender["first_name"]}
        message = {"message_id": len(text), "date": 1, "chat": chat, "from": sender, "text": text}
        await self.server.arrives(message=message)


@pytest.fixture
async def bot(tmp_path: Path, scrubbed_environment: dict[str, str]) -> AsyncIterator[Bot]:
    home = Home(tmp_path / "nanoclaw")
    home.create()
    server = TelegramServer()
    async with server.running():
        home.config.write_text(f"[channels.web]\n[channels.telegram]\nenabled = false\napi_url = '{server.url}'\n")
        yield Bot(home, server, scrubbed_environment)


async def test_the_code_makes_its_sender_the_owner_and_the_token_is_private(bot: Bot) -> None:
    stranger = {"id": 666, "is_bot": False, "first_name": "Eve"}
    # Whoever wrote before anything was linked is in nobody's way.
    await bot.says("/start", OWNER)
    await bot.says("hello", stranger)
    family = {"id": -100555, "type": "supergroup", "title": "Family"}
    await bot.server.arrives(message={"message_id": 9, "date": 1, "chat": family, "from": stranger, "text": "secret"})
    linking = asyncio.create_task(bot.link(), name="linking")  # noqa: TID251 - awaited below
    code = await bot.code()
    await bot.says("AAAA2222", stranger)
    await bot.says(f"/start {code.lower()}", OWNER)
    assert await linking == Exit.OK, bot.err.getvalue()
    assert "Telegram is linked" in bot.out.getvalue()
    assert f"telegram:{OWNER['id']}" in bot.out.getvalue()
    token = bot.home.channel("telegram") / "token"
    assert (token.read_text().strip(), stat.S_IMODE(token.stat().st_mode)) == (TOKEN, 0o600)
    assert TOKEN not in bot.out.getvalue() + bot.err.getvalue()
    table = tomllib.loads(bot.home.config.read_text())["channels"]["telegram"]
    assert table == {"api_url": bot.server.url}
    people = io.StringIO()
    assert await asyncio.to_thread(main, ["people", "list"], Context(home=bot.home, stdout=people)) == Exit.OK
    assert re.search(r"owner .* telegram +1001 ", people.getvalue())
    assert "666" not in people.getvalue()
    groups = io.StringIO()
    assert await asyncio.to_thread(main, ["groups", "list"], Context(home=bot.home, stdout=groups)) == Exit.OK
    # Who wrote meanwhile, and where, can be registered now.
    assert re.search(r"telegram +666 +Eve ", groups.getvalue())
    assert re.search(r"telegram +-100555 +Family ", groups.getvalue())
    assert b"secret" not in bot.home.database.read_bytes()
    assert list((bot.home.backups / "snapshots").iterdir())


async def test_a_message_of_a_group_waits_for_the_assistant_and_the_code_does_not_wait_for_it(bot: Bot) -> None:
    add = ["groups", "add", "Family", "--folder", "family", "--channel", "telegram", "--chat", "-100555"]
    assert await asyncio.to_thread(main, add, Context(home=bot.home, stdout=io.StringIO())) == Exit.OK
    family = {"id": -100555, "type": "supergroup", "title": "Family"}
    said = {"message_id": 9, "date": 1, "chat": family, "from": OWNER, "text": "@Andy hello"}
    waiting = await bot.server.arrives(message=said)
    linking = asyncio.create_task(bot.link(), name="linking")  # noqa: TID251 - awaited below
    await bot.says(await bot.code(), OWNER)
    assert await linking == Exit.OK, bot.err.getvalue()
    assert bot.server.texts == ["Hello. This chat is yours now."]
    assert bot.server.pending[0]["update_id"] == waiting


async def test_a_refused_token_is_not_kept(bot: Bot) -> None:
    bot.server.token = "424242:another-token_0123456789abcdefghij"  # noqa: S105 - of nobody's bot
    assert await bot.link() == Exit.ERROR
    assert "does not accept this token" in bot.err.getvalue()
    assert not (bot.home.channel("telegram") / "token").exists()
