"""Has the child fetch the files of messages, in registered chats alone.

Whoever knows the account's number can send it files, and so does every group that it is in: what nobody will read is
left with the network.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nanoclaw.channels.whatsapp.child_contract import OrderFailedError
from nanoclaw.channels.whatsapp.inbound import WHATSAPP, Inbound
from nanoclaw.channels.whatsapp.link import Done, Fetch, Incoming, Order
from nanoclaw.channels.whatsapp.registered import Registered
from nanoclaw.model.chats import InboundMessage
from nanoclaw.model.errors import NanoclawError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tempo:
    """Seconds between tries, the last one for ever; and how many tries a file is worth while WhatsApp is reached."""

    pauses: tuple[float, ...] = (0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30)
    tries: int = 10


def is_due(said: Incoming) -> bool:
    """Whether it has a file that is still with the network."""
    return any(one.fetchable for one in said.media)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetcher:
    """Gives orders to fetch, again where that can help."""

    inbound: Inbound
    registered: Registered
    order: Callable[[Order], Awaitable[Done]]
    is_up: Callable[[], bool]
    tempo: Tempo = Tempo()

    async def fetch(self, said: Incoming) -> Incoming:
        """The message with its files, or with why they are not there; as it was where they are not wanted.

        Waits as long as the disk is full or the network away: a message comes with its files or not at all. Never
        raises.
        """
        tries, counted = 0, 0
        while True:
            try:
                if not await self._is_wanted(said):
                    return said
                done = await self.order(Fetch(order=0, number=said.number, id=said.id))
            except NanoclawError as error:
                logger.warning("file of a message waits", extra={"channel": WHATSAPP, "error": str(error)})
                counted += self.is_up()
                if self._is_over(error, counted):
                    return _without(said, str(error))
            except Exception:
                # The boundary around one message: it comes without its files rather than not at all.
                logger.exception("file of a message broke", extra={"channel": WHATSAPP})
                return said
            else:
                return said.model_copy(update={"media": done.media})
            await asyncio.sleep(self.tempo.pauses[min(tries, len(self.tempo.pauses) - 1)])
            tries += 1

    async def _is_wanted(self, said: Incoming) -> bool:
        read = self.inbound.read(said)
        return isinstance(read, InboundMessage) and await self.registered.has(said, read)

    def _is_over(self, error: NanoclawError, tries: int) -> bool:
        """Whether to go on without. Not for what keeps the message itself from being stored."""
        if not isinstance(error, OrderFailedError):
            return False
        return not error.full and (not error.again or tries >= self.tempo.tries)


def _without(said: Incoming, why: str) -> Incoming:
    media = tuple(one.model_copy(update={"fetchable": False, "problem": why}) for one in said.media)
    return said.model_copy(update={"media": media})
