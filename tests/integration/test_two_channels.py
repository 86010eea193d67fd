"""WhatsApp and Telegram in one installation: tried out together, and the one tells what became of the other."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nanoclaw.channels.telegram.channel import TelegramChannel
from nanoclaw.channels.whatsapp.channel import whatsapp_channel
from nanoclaw.channels.whatsapp.inbound import WHATSAPP
from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.groups import MAIN_FOLDER
from nanoclaw.settings.home import Home
from tests.fakes.channels_at_work import Channels
from tests.fakes.telegram_server import TOKEN, TelegramServer
from tests.fakes.waiting import until
from tests.fakes.whatsapp_account import link_account
from tests.fakes.whatsapp_house import SELF, House, house
from tests.fakes.whatsapp_network.journal import Kind
from tests.fakes.whatsapp_network.known import KnownAccount
from tests.fakes.whatsapp_network.server import WhatsAppNetwork
from tests.integration.installation import Installation
from tests.unit.store.conftest import new_group, open_store

pytestmark = pytest.mark.timeout(240)
OWNER = "1001"
TELEGRAM = ChannelName("telegram")


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> KnownAccount:
    return asyncio.run(link_account(tmp_path_factory.mktemp("linked")))


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramServer]:
    server = TelegramServer()
    async with server.running():
        yield server


def has_token(auth: Path) -> None:
    folder = auth / "telegram"
    folder.mkdir(mode=0o700)
    (folder / "token").touch(mode=0o600)
    (folder / "token").write_text(TOKEN)


@pytest.fixture
async def home(
    docker: Installation, account: KnownAccount, telegram: TelegramServer, tmp_path: Path
) -> AsyncIterator[House]:
    async with house(docker, account, tmp_path) as made:
        has_token(docker.home / "store" / "auth")
        docker.config += f'[channels.telegram]\napi_url = "{telegram.url}"\npoll_seconds = 2\n'
        docker.config += f'[alerts]\nchats = ["telegram:{OWNER}"]\n'
        await made.opens()
        await docker.add_group("phone", channel="telegram", chat=OWNER, requires_trigger=False)
        await made.lets(OWNER, "owner", channel="telegram")
        await docker.until("all(one['status'] == 'up' for one in status['channels'])")
        yield made


async def tried(installation: Installation, channel: str) -> dict[str, Any]:
    """What ``channels test`` says; it must have gone well."""
    ran = await asyncio.to_thread(lambda: installation.run("channels", "test", channel, "--json"))
    assert ran.stdout, ran.stderr
    shape: dict[str, Any] = json.loads(ran.stdout)
    assert (ran.returncode, shape["probe"], shape["message"]) == (0, "passed", "delivered"), ran.stdout
    return shape


@pytest.mark.docker
async def test_both_are_verified_without_a_word_to_anybody_and_tried_with_one_to_the_owner(
    home: House, telegram: TelegramServer
) -> None:
    ran = await asyncio.to_thread(lambda: home.installation.run("verify", "--json", seconds=200))
    assert ran.stdout, ran.stderr
    steps = {step["id"]: step["outcome"] for step in json.loads(ran.stdout)["steps"]}
    assert (steps["channel-whatsapp"], steps["channel-telegram"]) == ("passed", "passed"), ran.stdout
    assert ran.returncode == 0, ran.stdout
    assert home.texts() == []
    assert telegram.texts == []
    asked = len(home.installation.model.requests)
    by_whatsapp = await tried(home.installation, "whatsapp")
    by_telegram = await tried(home.installation, "telegram")
    for shape, texts in ((by_whatsapp, home.texts()), (by_telegram, telegram.texts)):
        (text,) = texts
        assert shape["message_detail"].rpartition(" ")[2] in text
        assert shape["probe_ms"] > 0
        assert shape["message_ms"] > 0
    assert (by_whatsapp["chat"], by_telegram["chat"]) == (SELF, OWNER)
    # Neither proof nor test is anything that the assistant reads or answers.
    assert len(home.installation.model.requests) == asked
    for group in ("self", "phone"):
        lines = (await home.installation.get(f"/v1/messages?group={group}"))["messages"]
        assert [(line["direction"], line["state"]) for line in lines] == [("out", "sent")]


@pytest.mark.docker
async def test_the_owner_hears_by_telegram_that_whatsapp_is_logged_out(home: House, telegram: TelegramServer) -> None:
    await home.network.phone.remove_devices()
    async with asyncio.timeout(30):
        while not telegram.texts:
            await asyncio.sleep(0.05)
    assert telegram.texts[0].startswith("The channel whatsapp does not work until you see to it.")
    assert "nanoclaw auth whatsapp" in telegram.texts[0]
    await home.reaches("down")
    assert home.texts() == []


@dataclass(frozen=True, slots=True, kw_only=True)
class AtWork:
    """The channels in the daemon's own parts: a daemon's canaries take their time, these are asked by the test."""

    channels: Channels
    whatsapp: WhatsAppNetwork

    async def ask(self, name: ChannelName, minutes: float) -> None:
        """Time passes, and a channel that is due is asked."""
        self.channels.clock.ahead += minutes * 60
        assert name in self.channels.canary.due()
        await self.channels.canary.ask(name)

    def how(self, name: ChannelName) -> tuple[str, str]:
        shape = self.channels.shape(name)
        return shape.status, shape.condition


@pytest.fixture
async def at_work(account: KnownAccount, telegram: TelegramServer, tmp_path: Path) -> AsyncIterator[AtWork]:
    home = Home(tmp_path / "home")
    home.create()
    store = await open_store(tmp_path / "messages.db")
    await store.groups.add(new_group("main", is_main=True))
    network = WhatsAppNetwork(tmp_path / "network")
    account.plant(network, home.channel("whatsapp"))
    has_token(home.channel("telegram").parent)
    async with network:
        environment = network.environment({"PATH": os.defpath, "HOME": str(tmp_path)})
        mine = (
            ChatAddress(channel=TELEGRAM, chat=OWNER),
            ChatAddress(channel=WHATSAPP, chat=SELF),
        )
        for address in mine:
            await store.groups.bind(MAIN_FOLDER, address, "Me")
        channels = Channels(
            store,
            home,
            [whatsapp_channel(environment), TelegramChannel()],
            tuple(f"{one.channel}:{one.chat}" for one in mine),
            {"telegram": {"api_url": telegram.url, "poll_seconds": 2}, "whatsapp": {}},
        )
        channels.canary.minutes = {WHATSAPP: 30, TELEGRAM: 30}
        async with channels.running(30):
            channels.canary.due()
            yield AtWork(channels=channels, whatsapp=network)
    await store.database.close()


async def test_a_whatsapp_that_swallows_messages_is_found_out_and_told_by_telegram(
    at_work: AtWork, telegram: TelegramServer
) -> None:
    channels, network = at_work.channels, at_work.whatsapp
    await at_work.ask(WHATSAPP, 31)
    assert at_work.how(WHATSAPP) == ("up", "")
    network.faults.swallow_sends = True
    channels.canary.patience = 1
    await at_work.ask(WHATSAPP, 31)
    await at_work.ask(WHATSAPP, 1.1)
    assert at_work.how(WHATSAPP) == ("down", "broken")
    await channels.pass_(16)
    await until(lambda: telegram.texts, 20)
    assert telegram.texts[0].startswith("The channel whatsapp has been down for 1")
    assert any("whatsapp" in alert for alert in channels.alerts())
    network.faults.swallow_sends = False
    logins = len(network.journal.logins)
    network.cut()
    await until(lambda: len(network.journal.logins) > logins and channels.roster.claims_to_be_up(WHATSAPP), 20)
    channels.canary.patience = 20
    await channels.canary.ask(WHATSAPP)
    assert at_work.how(WHATSAPP) == ("up", "")
    await channels.pass_(2)
    await until(lambda: [text for text in telegram.texts if "works again" in text], 20)
    # All that ever left, and all that anybody could have read.
    assert {(one.kind, one.text, one.readers) for one in network.sent} == {(Kind.REACTION, "", ("Owner",))}


async def test_a_telegram_that_answers_polls_alone_is_found_out_and_told_by_whatsapp(
    at_work: AtWork, telegram: TelegramServer
) -> None:
    channels, network = at_work.channels, at_work.whatsapp
    await at_work.ask(TELEGRAM, 31)
    assert at_work.how(TELEGRAM) == ("up", "")
    telegram.fails("getMe", "silent", "silent")
    channels.canary.patience = 1
    await at_work.ask(TELEGRAM, 31)
    await at_work.ask(TELEGRAM, 1.1)
    assert at_work.how(TELEGRAM) == ("down", "broken")
    await channels.pass_(16)
    told = await network.next_sent(20)
    assert told.text.startswith("The channel telegram has been down for 1")
    await at_work.ask(TELEGRAM, 1.1)
    assert at_work.how(TELEGRAM) == ("up", "")
    await channels.pass_(2)
    await until(lambda: [text for text in telegram.texts if "works again" in text], 20)
