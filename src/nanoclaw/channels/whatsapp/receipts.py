"""Blue ticks: what is on disk is shown as read, a little later and together, as a person would who opens the chat."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from nanoclaw.channels.contract import ChannelError
from nanoclaw.channels.whatsapp.identities import GROUP
from nanoclaw.channels.whatsapp.link import Done, Incoming, Order, Read

_TOGETHER_SECONDS = 0.5
_AT_ONCE = 100


class Receipts:
    """Collects what was read. Losing some to a crash costs a tick."""

    def __init__(self, order: Callable[[Order], Awaitable[Done]], *, together: float = _TOGETHER_SECONDS) -> None:
        self._order = order
        self._together = together
        self._read: dict[tuple[str, str], list[str]] = {}
        self._some = asyncio.Event()

    def add(self, said: Incoming) -> None:
        """A message of somebody is on disk."""
        sender = (said.sender.lid or said.sender.phone) if said.chat.endswith(GROUP) else said.chat
        self._read.setdefault((said.chat, sender), []).append(said.id)
        self._some.set()

    async def run(self) -> None:
        """Tell the network until cancelled."""
        while True:
            await self._some.wait()
            await asyncio.sleep(self._together)
            self._some.clear()
            waiting, self._read = self._read, {}
            for (chat, sender), ids in waiting.items():
                for start in range(0, len(ids), _AT_ONCE):
                    # A tick that is not shown is not worth anything else.
                    with contextlib.suppress(ChannelError):
                        await self._order(
                            Read(order=0, chat=chat, sender=sender, ids=tuple(ids[start : start + _AT_ONCE]))
                        )
