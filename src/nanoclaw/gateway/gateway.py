"""The gateway: a door for each agent, one session to the model's service behind them all."""

import asyncio
from pathlib import Path

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, web

from nanoclaw.gateway.budget import Exhausted, Spending
from nanoclaw.gateway.connect_proxy import ConnectProxy
from nanoclaw.gateway.contract import GatewayError, Listener
from nanoclaw.gateway.diversion import Diversions
from nanoclaw.gateway.model_api import ModelApi, Terms
from nanoclaw.gateway.network import (
    BUFFER,
    Dialer,
    DirectDialer,
    ProxyDialer,
    Resolver,
    SystemResolver,
    parse_proxy,
)
from nanoclaw.gateway.policy import GroupPolicy, parse_rules
from nanoclaw.gateway.reporting import Reporter
from nanoclaw.gateway.sockets import ListeningSocket, Owner, listen_in
from nanoclaw.model.clock import Clock
from nanoclaw.model.groups import GroupFolder
from nanoclaw.model.options import GroupOptions
from nanoclaw.settings.schema import Upstream

MODEL_SOCKET = "model.sock"
PROXY_SOCKET = "proxy.sock"

_CONNECT_SECONDS = 15.0
_IDLE_SECONDS = 300.0
_KEEP_ALIVE_SECONDS = 30.0
_MODEL_CONNECTIONS = 64


class _Crowded(asyncio.Protocol):
    """Hangs up on a connection that is one too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


class Door:
    """One agent's way out. Whoever can connect to its sockets speaks as its group."""

    def __init__(
        self, group: GroupFolder, sockets: list[ListeningSocket], model: ModelApi, proxy: ConnectProxy
    ) -> None:
        self.group = group
        self._sockets = sockets
        self._model = model
        self._proxy = proxy
        self._http = web.Server(
            model.handle, handler_cancellation=True, access_log=None, auto_decompress=False, keepalive_timeout=300.0
        )
        self._servers: list[asyncio.Server] = []

    @property
    def exhausted(self) -> Exhausted | None:
        """The budget for which the newest call was refused; None when it was not."""
        return self._model.exhausted

    @property
    def is_open(self) -> bool:
        """Whether it has not been closed."""
        return bool(self._sockets)

    async def start(self) -> None:
        """Begin to serve."""
        model, proxy = self._sockets
        loop = asyncio.get_running_loop()
        self._servers.append(await loop.create_server(self._http_connection, sock=model.socket))
        self._servers.append(await asyncio.start_server(self._proxy.serve, sock=proxy.socket, limit=BUFFER))

    async def close(self) -> None:
        """Take the sockets away and end the connections that came through them. Quiet when done already."""
        servers, self._servers = self._servers, []
        sockets, self._sockets = self._sockets, []
        for entry in sockets:
            entry.remove()
        for server in servers:
            server.close()
        await self._proxy.close()
        await self._model.close()
        # The calls are over, so this only hangs up on idle connections.
        await self._http.shutdown(timeout=0.1)

    def _http_connection(self) -> asyncio.Protocol:
        return self._http() if len(self._http.connections) < _MODEL_CONNECTIONS else _Crowded()


class Gateway:
    """Opens doors. Use between :meth:`start` and :meth:`close`, in one event loop.

    Args:
        upstream: the model's service, our credential, and the proxy on the way.
        allow: host names that agents may reach over HTTPS, such as ``example.org`` or ``*.example.org``.
        listener: told of decisions and calls.
        resolver: how host names are looked up; None asks the machine.
        dialer: how tunnels connect; None goes directly, or through the machine's proxy where there is one.
        spending: prices and budgets; None sets no limit.

    Raises:
        GatewayError: the allowlist or the proxy's address cannot be understood.
    """

    def __init__(  # noqa: PLR0913 - the last three are for tests and for what nobody limits
        self,
        upstream: Upstream,
        allow: tuple[str, ...],
        clock: Clock,
        listener: Listener,
        *,
        resolver: Resolver | None = None,
        dialer: Dialer | None = None,
        spending: Spending | None = None,
    ) -> None:
        self._upstream = upstream
        self._rules = parse_rules(allow)
        self._spending = spending or Spending.free(clock, listener)
        self._policies: dict[GroupFolder, GroupPolicy] = {}
        self._clock = clock
        self._listener = listener
        proxy = upstream.proxy.get_secret_value() if upstream.proxy else ""
        self._proxy = parse_proxy(proxy).geturl() if proxy else None
        self._resolver = resolver or SystemResolver()
        self._dialer = dialer or (ProxyDialer(proxy) if proxy else DirectDialer())
        self._session: ClientSession | None = None
        self._diversions = Diversions(clock, listener)
        self._doors: set[Door] = set()

    async def start(self) -> None:
        """Make ready; connects to nothing yet."""
        # HTTPS_PROXY is for https addresses: a model on this machine (http://127.0.0.1) is reached directly.
        through_proxy = self._upstream.base_url.lower().startswith("https:")
        self._session = ClientSession(
            connector=TCPConnector(limit=0, keepalive_timeout=_KEEP_ALIVE_SECONDS),
            cookie_jar=DummyCookieJar(),
            proxy=self._proxy if through_proxy else None,
            skip_auto_headers=("User-Agent", "Content-Type"),
            timeout=ClientTimeout(
                total=None, connect=_CONNECT_SECONDS, sock_connect=_CONNECT_SECONDS, sock_read=_IDLE_SECONDS
            ),
            trust_env=False,
        )
        self._diversions.start()

    async def open(self, group: GroupFolder, directory: Path, owner: Owner | None) -> Door:
        """Give an agent its door: ``model.sock`` and ``proxy.sock`` (600) in ``directory`` (700).

        Args:
            group: in whose name everything that comes through is recorded.
            directory: absolute, of any length on Linux; made if missing. Sockets that lie there are replaced.
            owner: user and group on the host that the directory and the sockets are given to.

        Raises:
            GatewayError: the sockets cannot be made there.
        """
        if self._session is None:
            raise GatewayError("The gateway has not been started")
        reporter = Reporter(group, self._clock, self._listener)
        policy = self._policy(group)
        terms = Terms(policy=policy, budgets=self._spending.budgets, prices=self._spending.prices)
        model = self._diversions.model(reporter, policy) or ModelApi(self._upstream, self._session, reporter, terms)
        proxy = ConnectProxy(policy, self._resolver, self._dialer, reporter)
        door = Door(group, listen_in(directory, (MODEL_SOCKET, PROXY_SOCKET), owner), model, proxy)
        await door.start()
        self._doors = {known for known in self._doors if known.is_open} | {door}
        return door

    def divert(self, group: GroupFolder, base_url: str) -> None:
        """Have the calls of a group that no person uses go to a scripted model, from the next door on.

        They are not signed with our credential, cost nothing and count for no budget.

        Raises:
            GatewayError: that is not on this machine's loopback address.
        """
        self._diversions.add(group, base_url)

    def forget(self, group: GroupFolder) -> None:
        """There is no such group any more, and no diversion of it."""
        self._diversions.remove(group)
        self._policies.pop(group, None)

    def set_options(self, group: GroupFolder, options: GroupOptions) -> None:
        """Hold a group to its own network policy and budgets from now on, doors that are open included.

        Raises:
            GatewayError: the options allow what is no host.
        """
        self._policy(group).set_options(options)
        self._spending.budgets.set_options(group, options)

    def grant_once(self, group: GroupFolder, host: str, port: int) -> None:
        """Let a group reach a host for ten minutes."""
        self._policy(group).grant(host, port)

    def _policy(self, group: GroupFolder) -> GroupPolicy:
        return self._policies.setdefault(group, GroupPolicy(self._rules, self._clock))

    async def close(self) -> None:
        """Close every door, and the connections to the model's service."""
        doors, self._doors = self._doors, set()
        for door in doors:
            await door.close()
        if self._session is not None:
            await self._session.close()
            self._session = None
        await self._diversions.close()
        self._resolver.close()
