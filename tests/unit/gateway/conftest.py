import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from nanoclaw.gateway.contract import GatewayEvent
from nanoclaw.gateway.gateway import Gateway
from nanoclaw.settings.schema import Credential, Upstream
from tests.unit.gateway.stand_ins import FakeMessagesApi, StillClock

StartGateway = Callable[..., Awaitable[Gateway]]


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder whose sockets can be connected to by path."""
    folder = Path(tempfile.mkdtemp(prefix="gateway-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def events() -> list[GatewayEvent]:
    return []


@pytest.fixture
async def api() -> AsyncIterator[FakeMessagesApi]:
    async with FakeMessagesApi().running() as running:
        yield running


@pytest.fixture
async def start_gateway(events: list[GatewayEvent], api: FakeMessagesApi) -> AsyncIterator[StartGateway]:
    """Starts gateways in front of the fake Messages API, by default with an API key, and closes them."""
    started: list[Gateway] = []

    async def start(upstream: Upstream | None = None, allow: tuple[str, ...] = (), **collaborators: object) -> Gateway:
        key = Credential(api_key=SecretStr("sk-real"), source="a test")
        chosen = upstream or Upstream(base_url=api.url, credential=key)
        gateway = Gateway(chosen, allow, StillClock(), events.append, **collaborators)  # type: ignore[arg-type]
        await gateway.start()
        started.append(gateway)
        return gateway

    yield start
    for gateway in started:
        await gateway.close()
