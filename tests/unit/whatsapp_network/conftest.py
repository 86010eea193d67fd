"""The network, and the real client library in a process of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.fakes.whatsapp_network.client import BareClient
from tests.fakes.whatsapp_network.known import KnownAccount
from tests.fakes.whatsapp_network.server import WhatsAppNetwork


@pytest.fixture(scope="session")
def known_account(tmp_path_factory: pytest.TempPathFactory) -> KnownAccount:
    return KnownAccount(tmp_path_factory.mktemp("known") / "session")


@pytest.fixture
async def network(tmp_path: Path) -> AsyncIterator[WhatsAppNetwork]:
    async with WhatsAppNetwork(tmp_path / "network") as network:
        yield network


@pytest.fixture
async def new_client(
    network: WhatsAppNetwork, tmp_path: Path, scrubbed_environment: dict[str, str]
) -> AsyncIterator[Callable[[], BareClient]]:
    """Programs that share one session."""
    folder = tmp_path / "session"
    async with AsyncExitStack() as stack:

        def make() -> BareClient:
            folder.mkdir(exist_ok=True)
            made = BareClient(folder, network.environment(scrubbed_environment))
            stack.push_async_callback(made.kill)
            return made

        yield make


@pytest.fixture
async def client(
    network: WhatsAppNetwork, new_client: Callable[[], BareClient], known_account: KnownAccount, tmp_path: Path
) -> BareClient:
    """Linked and logged in."""
    if known_account.is_linked:
        known_account.plant(network, tmp_path / "session")
    else:
        await link(network, new_client(), known_account, tmp_path / "session")
    made = new_client()
    await made.start()
    await made.until("event", "Connected")
    return made


async def link(network: WhatsAppNetwork, client: BareClient, known_account: KnownAccount, session: Path) -> None:
    """As anybody does it, once in a run of tests."""
    await client.start()
    companion = await network.phone.scan((await client.until("code"))["code"])
    await client.until("event", "Connected")
    async with asyncio.timeout(10):
        await companion.has_keys.wait()
    await client.do("stop")
    known_account.remember(network, session)
