"""The child's messages on their way in: those of a chat in order, each confirmed once it is on disk."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from nanoclaw.channels.contract import MessageRefusedError, Surroundings
from nanoclaw.channels.whatsapp.answered import Answered
from nanoclaw.channels.whatsapp.fetching import Fetcher, is_due
from nanoclaw.channels.whatsapp.inbound import WHATSAPP, Inbound
from nanoclaw.channels.whatsapp.link import Incoming
from nanoclaw.channels.whatsapp.media import discard
from nanoclaw.channels.whatsapp.receipts import Receipts
from nanoclaw.channels.whatsapp.registered import Registered
from nanoclaw.model.chats import InboundChange, InboundMessage
from nanoclaw.model.errors import NanoclawError

logger = logging.getLogger(__name__)

_FIRST_WAIT, _LONGEST_WAIT = 0.2, 30.0
_TRIES_OF_A_DEFECT = 5


@dataclass(slots=True, kw_only=True)
class Reader:
    """Hands in what was said. ``kept`` tells the child; ``receipts`` is None where nothing is shown as read.

    A message that must wait, for its file or for want of room on the disk, holds up those that follow it in its chat,
    and no other.
    """

    inbound: Inbound
    registered: Registered
    fetcher: Fetcher
    surroundings: Surroundings
    kept: Callable[[int], Awaitable[None]]
    receipts: Receipts | None
    _waiting: dict[str, deque[Incoming]] = field(default_factory=dict)
    _answered: Answered = field(default_factory=Answered)

    async def take(self, said: Incoming, tasks: asyncio.TaskGroup) -> None:
        """Bring one message to the disk, or have it wait; what waits is seen to by a task of its chat."""
        if said in self._answered:
            await self.kept(said.number)  # the child's earlier life did not hear it
            return
        if self._answered.is_in_hand(said):
            return
        chat = self.inbound.book.identity(said.chat_person.phone or said.chat)
        if (waiting := self._waiting.get(chat)) is not None:
            waiting.append(said)
        elif is_due(said) or not await self._bring(said):
            self._waiting[chat] = deque([said])
            tasks.create_task(self._bring_all(chat), name="whatsapp-waiting")
        else:
            return
        self._answered.begin(said)

    async def _bring_all(self, chat: str) -> None:
        """One after the other, each as long as it takes."""
        waiting = self._waiting[chat]
        while waiting:
            said = await self.fetcher.fetch(waiting[0]) if is_due(waiting[0]) else waiting[0]
            try:
                await self._bring_at_last(said)
            finally:
                discard(said.media, self.inbound.folder)
            waiting.popleft()
        del self._waiting[chat]

    async def _bring_at_last(self, said: Incoming) -> None:
        wait, tries = _FIRST_WAIT, 1
        while not await self._bring(said, last=tries >= _TRIES_OF_A_DEFECT):
            await asyncio.sleep(wait)
            wait, tries = min(2 * wait, _LONGEST_WAIT), tries + 1

    async def _bring(self, said: Incoming, *, last: bool = False) -> bool:
        """One try; False: it must be tried again. ``last``: a defect of ours is no reason for yet another try."""
        try:
            await self._hand_in(said)
        except MessageRefusedError as error:
            logger.warning("message refused", extra={"channel": WHATSAPP, "error": str(error)})
        except NanoclawError as error:
            logger.warning("message waits", extra={"channel": WHATSAPP, "error": str(error)})
            return False
        except Exception:
            # The boundary around one message: one that we cannot bear must not hold up its chat for ever.
            logger.exception("message broke", extra={"channel": WHATSAPP})
            if not last:
                return False
        self._answered.end(said)
        await self.kept(said.number)
        return True

    async def _hand_in(self, said: Incoming) -> None:
        read = self.inbound.read(said)
        if isinstance(read, InboundChange):
            await self.surroundings.change(read)
        if not isinstance(read, InboundMessage):
            return
        receipt = await self.surroundings.accept(read)
        if not receipt.registered and await self.registered.moved(said, read):
            await self._hand_in(said)
        elif receipt.registered and self.receipts is not None and not (said.from_me or said.history):
            self.receipts.add(said)
