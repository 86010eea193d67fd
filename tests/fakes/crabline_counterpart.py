"""A person at crabline, a Telegram server that others wrote: it knows text, and nothing of files that come in."""

import asyncio
import atexit
import json
import os
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from aiohttp import ClientSession

from nanoclaw.channels.contract import Channel, Surroundings
from nanoclaw.channels.telegram.channel import TelegramChannel
from nanoclaw.model.turns import Reply
from tests.fakes.counterpart import Told
from tests.fakes.telegram_counterpart import TEMPO, as_markdown, will_not_send
from tests.fakes.telegram_server import OWNER, TOKEN
from tools.testing import crabline, surroundings

_ROOT = Path(__file__).parents[2]
_SOURCE = _ROOT / "tests" / "fakes" / "crabline" / "serve.mjs"


class Crabline:
    """One process of node with as many servers as are asked for; it ends with us, as its input does."""

    def __init__(self, home: str) -> None:
        self._process = subprocess.Popen(
            ["node", "--input-type=module", "--eval", _SOURCE.read_text()],
            cwd=crabline.folder(_ROOT),
            env=surroundings.scrubbed(os.environ, Path(home)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, **order: str) -> dict[str, Any]:
        """Give an order; its answer. Blocks."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def end(self) -> None:
        """Let it end, and wait for it."""
        self._process.communicate(timeout=10)


class _Owner:
    def __init__(self, manifest: Mapping[str, Any], http: ClientSession) -> None:
        self._manifest = manifest
        self._http = http
        self._numbers: dict[str, str] = {}

    async def say(self, external_id: str, text: str) -> Told:
        """Under a known id nothing is sent again: this server doubles no message."""
        known = external_id in self._numbers
        if not known and (why := will_not_send(text) or await self.send(external_id, text)):
            return Told(accepted=False, why=why)
        polls = len(self.calls("getUpdates"))
        async with asyncio.timeout(10):
            while await self.pending():
                # The one under way, the one that brought it, and one that brought it again.
                if len(self.calls("getUpdates")) > polls + 2:
                    return Told(accepted=False, why="the bot asks for it again")
                await asyncio.sleep(0.01)
        return Told(accepted=True, name=self._numbers[external_id])

    async def send(self, external_id: str, text: str) -> str:
        """Put it before the bot; why the server will not."""
        self._numbers[external_id] = ""
        body = {"chatId": OWNER["id"], "fromId": OWNER["id"], "fromName": "Olga", "text": text}
        headers = {"X-Crabline-Admin-Token": self._manifest["adminToken"]}
        url = self._manifest["endpoints"]["adminInboundUrl"]
        async with self._http.post(url, json=body, headers=headers) as response:
            answer = await response.json()
        if not answer["ok"]:
            del self._numbers[external_id]
            return str(answer["description"])
        self._numbers[external_id] = str(answer["update"]["message"]["message_id"])
        return ""

    async def pending(self) -> int:
        """How many updates the bot has not confirmed."""
        async with self._http.get(f"{self._manifest['baseUrl']}/bot{TOKEN}/getWebhookInfo") as response:
            return int((await response.json())["result"]["pending_update_count"])

    async def give(self, external_id: str, text: str, file: Path) -> Told:  # noqa: ARG002
        pytest.skip("crabline lets nobody send files to a bot")

    async def sees(self) -> list[str]:
        bodies = [one["body"] for one in self.calls("sendMessage") if one["accepted"]]
        return [as_markdown(one["text"]) if "parse_mode" in one else one["text"] for one in bodies]

    async def gets(self, reply: Reply) -> bytes:  # noqa: ARG002
        pytest.skip("crabline keeps the names of files, and nothing in them")

    def calls(self, method: str) -> list[dict[str, Any]]:
        """What the bot asked, as the server noted it."""
        lines = Path(self._manifest["recorderPath"]).read_text().splitlines()
        return [one for one in map(json.loads, lines) if one["path"].endswith(f"/{method}")]


class CrablineCounterpart:
    """An independent server: what it accepts, two programs agree on."""

    chat = str(OWNER["id"])
    bad_options: tuple[tuple[Mapping[str, Any], str], ...] = ()

    def __init__(self) -> None:
        self.options: Mapping[str, Any] = {}
        self._crabline: Crabline | None = None
        self._manifest: Mapping[str, Any] = {}

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        if why := crabline.missing(_ROOT, os.environ):
            pytest.skip(f"needs crabline: {why}")
        with TemporaryDirectory() as folder:
            token, notes = Path(folder) / "token", Path(folder) / "calls.jsonl"
            token.touch(mode=0o600)
            token.write_text(TOKEN)
            process = self._process()
            self._manifest = await asyncio.to_thread(lambda: process.ask(botToken=TOKEN, recorderPath=str(notes)))
            try:
                self.options = {"api_url": self._manifest["baseUrl"], "token_file": str(token), "poll_seconds": 5}
                yield
            finally:
                await asyncio.to_thread(lambda: process.ask(close=self._manifest["baseUrl"]))

    def _process(self) -> Crabline:
        if self._crabline is None:
            home = TemporaryDirectory()
            self._crabline = Crabline(home.name)
            atexit.register(home.cleanup)
            atexit.register(self._crabline.end)
        return self._crabline

    def make(self) -> Channel:
        return TelegramChannel(TEMPO)

    @asynccontextmanager
    async def join(
        self,
        channel: Channel,  # noqa: ARG002 - people know the server only
        surroundings: Surroundings,  # noqa: ARG002
    ) -> AsyncIterator[_Owner]:
        async with ClientSession() as http:
            yield _Owner(self._manifest, http)

    async def answers(self, where: str) -> bool:
        """Whether the bot still polls."""
        assert where == "@andy_test_bot"
        async with ClientSession() as http:
            owner = _Owner(self._manifest, http)
            await owner.send("wake", "Wake up")
            await asyncio.sleep(0.5)
            return not await owner.pending()
