import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from nanoclaw.gateway.connect_proxy import ConnectProxy, ProxyLimits
from nanoclaw.gateway.contract import GatewayEvent
from nanoclaw.gateway.gateway import Gateway
from nanoclaw.gateway.network import Resolver
from nanoclaw.gateway.policy import GroupPolicy, parse_rules
from nanoclaw.gateway.reporting import Reporter
from nanoclaw.model.groups import parse_folder
from nanoclaw.settings.schema import Credential, Upstream
from tests.fakes.clocks import HeldClock
from tests.unit.gateway.proxy_door import ALLOW, ZONE, Door, Open
from tests.unit.gateway.stand_ins import FakeMessagesApi, FixedResolver, LoopbackDialer

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
        gateway = Gateway(chosen, allow, HeldClock(step=1), events.append, **collaborators)  # type: ignore[arg-type]
        await gateway.start()
        started.append(gateway)
        return gateway

    yield start
    for gateway in started:
        await gateway.close()


@pytest.fixture
async def open_door(short_path: Path, events: list[GatewayEvent]) -> AsyncIterator[Open]:
    opened: list[tuple[asyncio.Server, ConnectProxy]] = []

    async def start(
        limits: ProxyLimits | None = None,
        resolver: Resolver | None = None,
        port: int = 9,
        *,
        looks_names_up: bool = False,
    ) -> Door:
        dialer = LoopbackDialer(port, looks_names_up=looks_names_up)
        reporter = Reporter(parse_folder("family"), HeldClock(step=1), events.append)
        policy = GroupPolicy(parse_rules(ALLOW), HeldClock(step=1))
        proxy = ConnectProxy(
            policy,
            resolver or FixedResolver(dict(ZONE)),
            dialer,
            reporter,
            limits,
        )
        server = await asyncio.start_unix_server(proxy.serve, short_path / "proxy.sock")
        opened.append((server, proxy))
        return Door(short_path / "proxy.sock", proxy, dialer, policy)

    yield start
    for server, proxy in opened:
        server.close()
        await proxy.close()
