"""The network, and the real client library in a process of its own."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.fakes.whatsapp_network.client import BareClient
from tests.fakes.whatsapp_network.server import WhatsAppNetwork


@pytest.fixture
async def network(tmp_path: Path) -> AsyncIterator[WhatsAppNetwork]:
    async with WhatsAppNetwork(tmp_path / "network") as network:
        yield network


@pytest.fixture
async def new_client(
    network: WhatsAppNetwork, tmp_path: Path, scrubbed_environment: dict[str, str]
) -> AsyncIterator[Callable[[], BareClient]]:
    async with AsyncExitStack() as stack:

        def make() -> BareClient:
            folder = tmp_path / "session"
            folder.mkdir(exist_ok=True)
            made = BareClient(folder, network.environment(scrubbed_environment))
            stack.push_async_callback(made.kill)
            return made

        yield make


@pytest.fixture
async def client(network: WhatsAppNetwork, new_client: Callable[[], BareClient]) -> BareClient:
    """Linked and logged in."""
    made = new_client()
    await made.start()
    await network.phone.scan((await made.until("code"))["code"])
    await made.until("event", "Connected")
    return made
