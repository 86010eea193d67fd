"""SIGKILL of the WhatsApp client's process and of the daemon, at random moments of much talk in both directions."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from nanoclaw.model.clock import SystemClock
from nanoclaw.stub_model.script import Rule, Script
from nanoclaw.stub_model.server import StubModel
from tests.fakes.whatsapp_account import link_account
from tests.fakes.whatsapp_house import House, house
from tests.fakes.whatsapp_network.connection import HUNG_UP
from tests.fakes.whatsapp_network.journal import Kind
from tests.fakes.whatsapp_network.texts import Sheet
from tests.integration.installation import Installation

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]

_SEED = 20261125
_MESSAGES, _KILLS = 120, 24


@asynccontextmanager
async def _home(folder: Path, environment: dict[str, str]) -> AsyncIterator[House]:
    stub = StubModel(Script(rules=(Rule(when_regex="(?P<last>ask [0-9]+)", reply="{last}"),)), SystemClock())
    installation = Installation(folder / "nc", stub, await stub.start(), environment, "docker")
    try:
        async with house(installation, await link_account(folder / "linked"), folder) as home:
            await home.opens()
            yield home
            await installation.stop()
    finally:
        await stub.close()


async def test_nothing_is_lost_doubled_or_out_of_order_however_often_both_are_killed(
    tmp_path: Path, scrubbed_environment: dict[str, str]
) -> None:
    moments = random.Random(_SEED)  # noqa: S311 - the same kills every time
    async with _home(tmp_path, scrubbed_environment) as home:
        async with asyncio.TaskGroup() as tasks:
            talking = tasks.create_task(_talk(home, random.Random(_SEED + 1)), name="talk")  # noqa: S311
            clients_killed = 0
            for number in range(_KILLS):
                await asyncio.sleep(moments.uniform(0, 2))
                if number % 3:
                    clients_killed += home.kill_child()
                else:
                    await home.installation.kill()
                    await home.installation.start()
        asked, told = talking.result()
        # Between two lives of it there is none to kill.
        assert clients_killed >= _KILLS // 3
        await home.reaches("up", seconds=90)
        lines = await _settled(home, "self", asked)
        stored = await _settled(home, "family", told)
        assert [line["text"] for line in lines if line["direction"] == "in"] == asked
        shown = _read([line["text"] for line in stored if line["direction"] == "in"], home)
        assert [text for text, _ in shown] == told
        assert {text: content for text, content in shown if content} == {text: text for text in told if _is_file(text)}
        assert home.texts() == [line["text"] for line in lines if line["direction"] == "out"]
        identities = [one.id for one in home.network.sent if one.kind is Kind.MESSAGE and not one.again]
        assert len(identities) == len(set(identities))
        # A kill in the middle of a handshake is what the kills are for; nothing else is to be complained of.
        assert set(home.network.journal.problems) <= {HUNG_UP}
        fetched = {path for method, path in home.network.world.media.requests if method == "GET"}
        assert len(fetched) == sum(_is_file(text) for text in told)


def _read(texts: list[str], home: House) -> list[tuple[str, str]]:
    """What each says, and what is in its file."""
    family = home.installation.home / "groups" / "family"
    parts = [text.removesuffix("]").partition("\n[File ") for text in texts]
    return [(text, (family / file.partition(": ")[2]).read_text() if file else "") for text, _, file in parts]


def _is_file(text: str) -> bool:
    return text.endswith(("1", "5", "9"))


async def _talk(home: House, chance: random.Random) -> tuple[list[str], list[str]]:
    """Olga asks, Ann only tells and shows files; what each said. Bob sends files to a chat that is not registered."""
    asked, told = [], []
    for number in range(_MESSAGES):
        if number % 4:
            told.append(f"told {number}")
            if _is_file(told[-1]):
                sheet = Sheet(name=f"{number}.txt", media_type="text/plain", caption=told[-1])
                await home.ann.send_file(told[-1].encode(), sheet, chat=home.family)
                await home.bob.send_file(b"Not for you", sheet)
            else:
                await home.ann.say(told[-1], chat=home.family)
        else:
            asked.append(f"ask {number}")
            await home.network.phone.say(asked[-1])
        await asyncio.sleep(chance.uniform(0, 0.4))
    return asked, told


async def _settled(home: House, group: str, said: list[str]) -> list[dict[str, str]]:
    """The lines of a group once all was stored, answered and sent."""
    async with asyncio.timeout(200):
        while True:
            lines: list[dict[str, str]] = (await home.installation.get(f"/v1/messages?group={group}&limit=1000"))[
                "messages"
            ]
            came = [line for line in lines if line["direction"] == "in"]
            waiting = {"queued", "running", "pending", "sending"}
            if len(came) >= len(said) and not any(line["state"] in waiting for line in lines):
                return lines
            await asyncio.sleep(0.3)
