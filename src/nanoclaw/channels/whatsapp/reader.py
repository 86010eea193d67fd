"""The child's messages on their way in: one after the other, each confirmed once it is on disk."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from nanoclaw.channels.contract import MessageRefusedError, Surroundings
from nanoclaw.channels.whatsapp.identities import Identities
from nanoclaw.channels.whatsapp.inbound import WHATSAPP, Inbound
from nanoclaw.channels.whatsapp.link import Incoming, Person
from nanoclaw.channels.whatsapp.media import discard
from nanoclaw.channels.whatsapp.receipts import Receipts
from nanoclaw.model.chats import InboundChange, InboundMessage
from nanoclaw.model.errors import NanoclawError

logger = logging.getLogger(__name__)

_FIRST_WAIT, _LONGEST_WAIT = 0.2, 30.0
_TRIES_OF_A_DEFECT = 5


@dataclass(slots=True, kw_only=True)
class Reader:
    """Hands in what was said. ``kept`` tells the child; ``receipts`` is None where nothing is shown as read."""

    inbound: Inbound
    book: Identities
    surroundings: Surroundings
    kept: Callable[[int], Awaitable[None]]
    receipts: Receipts | None
    folder: Path

    async def take(self, said: Incoming) -> None:
        """Bring one message to the disk, however long that takes, and confirm it."""
        wait, defects = _FIRST_WAIT, 0
        while True:
            try:
                await self._hand_in(said)
                break
            except MessageRefusedError as error:
                logger.warning("message refused", extra={"channel": WHATSAPP, "error": str(error)})
                break
            except NanoclawError as error:
                logger.warning("message waits", extra={"channel": WHATSAPP, "error": str(error)})
            except Exception:
                # The boundary around one message: one that we cannot bear must not hold up all the others for ever.
                defects += 1
                logger.exception("message broke", extra={"channel": WHATSAPP, "defects": defects})
                if defects >= _TRIES_OF_A_DEFECT:
                    break
            # Later ones wait behind it, here and on the child's disk: order is kept.
            await asyncio.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT)
        await self.kept(said.number)
        discard(said.media, self.folder)

    async def _hand_in(self, said: Incoming) -> None:
        read = self.inbound.read(said)
        if isinstance(read, InboundChange):
            await self.surroundings.change(read)
        if not isinstance(read, InboundMessage):
            return
        receipt = await self.surroundings.accept(read)
        if not receipt.registered and await self._moved(said, read):
            await self._hand_in(said)
        elif receipt.registered and self.receipts is not None and not (said.from_me or said.history):
            self.receipts.add(said)

    async def _moved(self, said: Incoming, read: InboundMessage) -> bool:
        """Whether the owner registered this chat by another id than the one under which it was known here."""
        person = said.chat_person
        if said.chat_is_group or not (person.lid and person.phone):
            return False
        other = person.phone if read.address.chat == person.lid else person.lid
        cards = await self.surroundings.conversations.chats(WHATSAPP)
        if other not in {card.chat for card in cards}:
            return False
        self.book.move(Person(lid=person.lid, phone=person.phone), other)
        return True
