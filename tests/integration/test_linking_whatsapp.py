"""An account is linked as its owner does it, on a WhatsApp of one's own: the real client, with and without a daemon."""

import asyncio
import io
import os
import stat
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from nanoclaw.channels.contract import Channel
from nanoclaw.channels.whatsapp import link
from nanoclaw.channels.whatsapp.channel import whatsapp_channel
from nanoclaw.cli.auth.follow import follow
from nanoclaw.cli.auth.own_channel import Plan, running, settled
from nanoclaw.cli.auth.screen import Screen
from nanoclaw.cli.auth.sources import OwnSource
from nanoclaw.control.client import Document
from nanoclaw.model.clock import SystemClock
from nanoclaw.operations.pairing.session import PairingSession
from nanoclaw.settings.home import Home
from nanoclaw.store.whatsapp import is_device_linked
from tests.fakes.whatsapp_network.server import OWNER_PHONE, WhatsAppNetwork
from tests.fakes.whatsapp_rig import rig

_ACCOUNT = f"{OWNER_PHONE}@s.whatsapp.net"


class Owner(Screen):
    """Sees what the terminal shows, and uses each code it is told to."""

    def __init__(self, folder: Path, use: Callable[[Document], "asyncio.Future[object] | None"]) -> None:
        self.stream = io.StringIO()
        super().__init__(self.stream, {}, folder / "code.png", lambda: os.terminal_size((80, 24)))
        self.codes: list[Document] = []
        self._use = use
        self._using: set[asyncio.Future[object]] = set()

    def show(self, shape: Document) -> None:
        super().show(shape)
        if shape["state"] == "code" and shape["number"] not in {code["number"] for code in self.codes}:
            self.codes.append(shape)
            if (using := self._use(shape)) is not None:
                self._using.add(using)


@pytest.fixture
async def network(tmp_path: Path) -> AsyncIterator[WhatsAppNetwork]:
    async with WhatsAppNetwork(tmp_path / "network") as network:
        yield network


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "nanoclaw")
    home.create()
    return home


@pytest.fixture
def make(network: WhatsAppNetwork, scrubbed_environment: dict[str, str]) -> Callable[[str], Channel]:
    return lambda _name: whatsapp_channel(network.environment(scrubbed_environment))


async def _link(
    home: Home, make: Callable[[str], Channel], owner: Screen, *, phone: str = "", seconds: float = 30
) -> Document:
    clock = SystemClock()
    plan = Plan(home=home, name="whatsapp", options={}, clock=clock)

    async def finish(_done: object) -> None:
        return

    async with running(plan, make) as channel, asyncio.TaskGroup() as tasks:
        source = OwnSource("whatsapp", clock, tasks, lambda number: PairingSession(channel, number, clock, finish))
        shape = await follow(source, owner, phone, seconds=seconds, clock=clock)
        if shape["state"] == "done":
            await settled(channel)
        return shape


def _scan(network: WhatsAppNetwork) -> Callable[[Document], "asyncio.Future[object] | None"]:
    return lambda shape: asyncio.ensure_future(network.phone.scan(shape["qr"]))  # noqa: TID251 - the owner of it is kept


async def test_a_scanned_code_links_the_account_and_its_files_are_private(
    network: WhatsAppNetwork, home: Home, make: Callable[[str], Channel], tmp_path: Path
) -> None:
    owner = Owner(tmp_path, _scan(network))
    shape = await _link(home, make, owner)
    assert (shape["state"], shape["account"], shape["owner"], shape["chat"]) == ("done", _ACCOUNT, _ACCOUNT, _ACCOUNT)
    assert len(owner.codes) == 1
    assert "Linked devices" in owner.stream.getvalue()
    folder = home.channel("whatsapp")
    assert is_device_linked(folder / "session.db")
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*"))}
    assert modes <= {0o700, 0o600}
    again = await _link(home, make, owner)
    assert (again["state"], again["fault"]) == ("failed", "already-paired")


async def test_a_code_that_is_typed_on_the_telephone_links_it_too(
    network: WhatsAppNetwork, home: Home, make: Callable[[str], Channel], tmp_path: Path
) -> None:
    owner = Owner(tmp_path, lambda shape: asyncio.ensure_future(network.phone.enter(shape["code"])))  # noqa: TID251
    shape = await _link(home, make, owner, phone="+49 170 0000001")
    assert (shape["state"], shape["account"]) == ("done", _ACCOUNT)
    (code,) = owner.codes
    assert (len(code["code"]), code["code"][4], code["qr"]) == (9, "-", "")
    assert "then type this" in owner.stream.getvalue()


async def test_an_outdated_client_is_told_to_be_updated(
    network: WhatsAppNetwork, home: Home, make: Callable[[str], Channel], tmp_path: Path
) -> None:
    network.fail_logins(405)
    shape = await _link(home, make, Owner(tmp_path, lambda _: None))
    assert (shape["fault"], "Update NanoClaw" in shape["hint"]) == ("outdated", True)


async def test_a_demanded_passkey_is_explained(
    network: WhatsAppNetwork, home: Home, make: Callable[[str], Channel], tmp_path: Path
) -> None:
    network.faults.passkey = True
    shape = await _link(home, make, Owner(tmp_path, _scan(network)))
    assert (shape["fault"], "Passkeys" in shape["hint"]) == ("passkey", True)


async def test_without_the_network_it_says_so(
    network: WhatsAppNetwork, home: Home, make: Callable[[str], Channel], tmp_path: Path
) -> None:
    network.go_down()
    shape = await _link(home, make, Owner(tmp_path, lambda _: None))
    assert (shape["state"], shape["fault"]) == ("failed", "unreachable")


async def test_a_code_that_nobody_uses_ends_with_the_owners_time(
    network: WhatsAppNetwork, home: Home, make: Callable[[str], Channel], tmp_path: Path
) -> None:
    shape = await _link(home, make, Owner(tmp_path, lambda _: None), seconds=2)
    assert shape["fault"] == "timeout"
    assert not is_device_linked(home.channel("whatsapp") / "session.db")


async def test_a_pairing_that_is_given_up_ends_at_the_client_and_makes_room_for_the_next(tmp_path: Path) -> None:
    async with rig(tmp_path, linked=False) as one:
        await one.keeper.order(link.Pair(order=0))
        first = await one.next(link.Code)
        await one.keeper.order(link.StopPairing(order=0))
        assert (await one.next(link.NotPaired)).why == "timeout"
        said = len(one.heard)
        await one.keeper.order(link.Pair(order=0))
        second = await one.next(link.Code, since=said)
        assert second.qr != first.qr
        await one.network.phone.scan(second.qr)
        await one.state("connected")
