"""Calls that go to a scripted model and not to the service: of groups that `nanoclaw verify` made, and of no other.

What is diverted has a session of its own, without the machine's proxy, and never sees the credential.
"""

import re

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar
from pydantic import SecretStr

from nanoclaw.gateway.budget import Budgets, Spending
from nanoclaw.gateway.contract import GatewayError, Listener
from nanoclaw.gateway.model_api import ModelApi, Terms
from nanoclaw.gateway.policy import GroupPolicy
from nanoclaw.gateway.prices import Prices
from nanoclaw.gateway.reporting import Reporter
from nanoclaw.model.clock import Clock
from nanoclaw.model.groups import GroupFolder
from nanoclaw.settings.schema import Credential, PriceSettings, Upstream

_LOOPBACK = re.compile(r"http://127\.0\.0\.1:[1-9][0-9]{0,4}", re.ASCII)
_SECONDS = 60.0
_PLACEHOLDER = Credential(api_key=SecretStr("no-credential"), source="a verification")
_NOTHING = PriceSettings(input=0, output=0, cache_read=0, cache_write=0)


class Diversions:
    """Which groups are diverted, and where to. Use between :meth:`start` and :meth:`close`."""

    def __init__(self, clock: Clock, listener: Listener) -> None:
        self._budgets: Budgets = Spending.free(clock, listener).budgets
        self._prices = Prices({"": _NOTHING})
        self._upstreams: dict[GroupFolder, Upstream] = {}
        self._session: ClientSession | None = None

    def start(self) -> None:
        """Make ready; connects to nothing yet."""
        timeout = ClientTimeout(total=None, connect=_SECONDS, sock_connect=_SECONDS, sock_read=_SECONDS)
        self._session = ClientSession(
            cookie_jar=DummyCookieJar(),
            skip_auto_headers=("User-Agent", "Content-Type"),
            timeout=timeout,
            trust_env=False,
        )

    async def close(self) -> None:
        """Hang up."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def add(self, group: GroupFolder, base_url: str) -> None:
        """Divert a group. Raises GatewayError for what is not http, 127.0.0.1 and a port."""
        if not _LOOPBACK.fullmatch(base_url):
            raise GatewayError(
                f"{base_url[:80]!r} is not a scripted model's address", hint="It is http://127.0.0.1 and a port."
            )
        self._upstreams[group] = Upstream(base_url=base_url, credential=_PLACEHOLDER)

    def remove(self, group: GroupFolder) -> None:
        """Divert it no more. Doors that are open stay what they are."""
        self._upstreams.pop(group, None)

    def model(self, reporter: Reporter, policy: GroupPolicy) -> ModelApi | None:
        """The model's door of a group that is diverted; None for all others."""
        upstream = self._upstreams.get(reporter.group)
        if upstream is None or self._session is None:
            return None
        terms = Terms(policy=policy, budgets=self._budgets, prices=self._prices)
        return ModelApi(upstream, self._session, reporter, terms)
