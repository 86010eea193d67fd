"""News for the owner: what cannot wait for a look at the status. Each is told once, by its key."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from nanoclaw.daemon.networks.owner_chats import OwnerChats
from nanoclaw.gateway.contract import BudgetCrossed, DomainRefused
from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.groups import GroupFolder
from nanoclaw.operations.alerts.contract import Alert, Level
from nanoclaw.operations.alerts.desk import AlertDesk
from nanoclaw.store.outbox import ALSO, Outbox

logger = logging.getLogger(__name__)

_WAITING_AT_MOST = 1000
_FULL = 100


class Tidings:
    """Tells the owner in their own chat. What comes in functions that cannot wait is queued, and written by a task."""

    def __init__(
        self, chats: OwnerChats, outbox: Outbox, deliver: Callable[[ChatAddress], None], desk: AlertDesk
    ) -> None:
        self._chats = chats
        self._outbox = outbox
        self._deliver = deliver
        self._desk = desk
        self._waiting: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue(_WAITING_AT_MOST)
        self._ask_domain: Callable[[GroupFolder, str, int], Awaitable[None]] | None = None

    def forward_domains(self, ask: Callable[[GroupFolder, str, int], Awaitable[None]]) -> None:
        """Who asks the owner about a host that was refused."""
        self._ask_domain = ask

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            work = await self._waiting.get()
            try:
                await work()
            except NanoclawError as error:
                logger.error("the owner could not be told", extra={"error": str(error)})  # noqa: TRY400 - no traceback needed

    async def tell(
        self, text: str, key: str, outside: Alert | None = None, *, avoid: ChannelName | None = None
    ) -> None:
        """Tell the owner, once for each key; by the alert routes too, in the words of ``outside`` where it is given.

        ``avoid``: the channel that this is about, which cannot carry it.
        """
        alert = outside or Alert(level=Level.WARNING, key=key, text=text)
        await self._desk.alert(alert.level, alert.key, alert.text)
        for owner, client_id in zip(
            await self._chats.pick(avoid), (f"owner-{key}", f"owner-{key}{ALSO}"), strict=False
        ):
            await self._put(owner, text, client_id)

    async def tell_again(self, channel: ChannelName) -> None:
        """What still waits for a channel that is down for long is told in another chat, too, where one works."""
        others = [chat for chat in await self._chats.pick(channel) if self._chats.works(chat)]
        for waiting in await self._outbox.waiting_news(channel) if others else ():
            if not waiting.client_id.endswith(ALSO):
                await self._put(others[0], waiting.text, f"{waiting.client_id}{ALSO}")

    async def _put(self, chat: ChatAddress, text: str, client_id: str) -> None:
        if await self._outbox.add(chat, text, client_id=client_id):
            self._deliver(chat)

    def domain_refused(self, event: DomainRefused) -> None:
        """Ask the owner about a host."""
        ask = self._ask_domain
        if ask is not None:
            self._later(lambda: ask(event.group, event.host, event.port))

    def budget_crossed(self, event: BudgetCrossed) -> None:
        """Warn of a budget that is nearly or wholly used up."""
        whose = "all groups together" if event.group is None else f"the group {event.group}"
        amount = f"{event.spent_usd:.2f} of {event.limit_usd:.2f} USD"
        text = f"The budget of {whose} for this {event.span} is used up to {event.percent} %: {amount}."
        if event.percent >= _FULL:
            text += f" No call to the model leaves until the next {event.span}."
        raised = (
            f"{event.span}_usd under [budget] in config.toml"
            if event.group is None
            else f"`nanoclaw groups set {event.group} budget_{event.span}_usd=…`"
        )
        # Once a period for each limit, however often the daemon starts.
        key = f"budget-{event.group}-{event.span}-{event.began}-{event.limit_usd:g}-{event.percent}"
        self._later(lambda: self.tell(f"{text} Raise it with {raised}.", key))

    def _later(self, work: Callable[[], Awaitable[None]]) -> None:
        if not self._waiting.full():
            self._waiting.put_nowait(work)
