"""WhatsApp and Telegram in one installation: tried out together, and the one tells what became of the other."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.telegram_server import TOKEN, TelegramServer
from tests.fakes.whatsapp_account import link_account
from tests.fakes.whatsapp_house import House, house
from tests.fakes.whatsapp_network.known import KnownAccount
from tests.integration.installation import Installation

pytestmark = [pytest.mark.docker, pytest.mark.timeout(240)]
OWNER = "1001"


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> KnownAccount:
    return asyncio.run(link_account(tmp_path_factory.mktemp("linked")))


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramServer]:
    server = TelegramServer()
    async with server.running():
        yield server


@pytest.fixture
async def home(
    docker: Installation, account: KnownAccount, telegram: TelegramServer, tmp_path: Path
) -> AsyncIterator[House]:
    async with house(docker, account, tmp_path) as made:
        folder = docker.home / "store" / "auth" / "telegram"
        folder.mkdir(mode=0o700)
        (folder / "token").touch(mode=0o600)
        (folder / "token").write_text(TOKEN)
        docker.config += f'[channels.telegram]\napi_url = "{telegram.url}"\npoll_seconds = 2\n'
        docker.config += f'[alerts]\nchats = ["telegram:{OWNER}"]\n'
        await made.opens()
        await docker.add_group("phone", channel="telegram", chat=OWNER, requires_trigger=False)
        await made.lets(OWNER, "owner", channel="telegram")
        await docker.until("all(one['status'] == 'up' for one in status['channels'])")
        yield made


async def test_both_are_verified_without_a_word_to_anybody(home: House, telegram: TelegramServer) -> None:
    ran = await asyncio.to_thread(lambda: home.installation.run("verify", "--json", seconds=200))
    steps = {step["id"]: step["outcome"] for step in json.loads(ran.stdout)["steps"]}
    assert (steps["channel-whatsapp"], steps["channel-telegram"]) == ("passed", "passed"), ran.stdout
    assert ran.returncode == 0, ran.stdout
    assert home.texts() == []
    assert telegram.texts == []


async def test_the_owner_hears_by_telegram_that_whatsapp_is_logged_out(home: House, telegram: TelegramServer) -> None:
    await home.network.phone.remove_devices()
    async with asyncio.timeout(30):
        while not telegram.texts:
            await asyncio.sleep(0.05)
    assert telegram.texts[0].startswith("The channel whatsapp does not work until you see to it.")
    assert "nanoclaw auth whatsapp" in telegram.texts[0]
    await home.reaches("down")
    assert home.texts() == []
