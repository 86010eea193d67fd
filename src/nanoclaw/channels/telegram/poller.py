"""Long polling. An update is confirmed by the poll after it, so only once what it brought is on disk."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from telegram import User
from telegram.error import InvalidToken, TelegramError

from nanoclaw.channels.contract import MessageRefusedError
from nanoclaw.channels.telegram.faults import Trouble, trouble
from nanoclaw.channels.telegram.session import Session
from nanoclaw.model.errors import NanoclawError

logger = logging.getLogger(__name__)

_TRIES = 5


class UnreadableError(Exception):
    """An update is not what the Bot API describes. Its text names the kind of the error, and nothing of the update."""


Take = Callable[[dict[str, Any], int], Awaitable[None]]
"""Takes an update in; told how often it was tried before. Returns once what it brought is on disk.

Raises:
    MessageRefusedError, UnreadableError: it will never be taken in.
    Exception: it may go better later.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """Who takes updates."""

    take: Take
    glance: Callable[[dict[str, Any]], Awaitable[bool]]
    """Whether an update behind one that waits is a proof of who the owner is: that waits for nothing, and is done with.

    Raises:
        Exception: it cannot be looked at.
    """


class Poller:
    """Asks for news of one bot until cancelled, or until its token is refused."""

    def __init__(
        self,
        session: Session,
        begin: Callable[[User], Hands],
        *,
        proven: Callable[[], None],
        failed: Callable[[Trouble], None],
        seconds: int,
        pauses: Sequence[float],
    ) -> None:
        self._session = session
        self._begin = begin
        self._hands: Hands | None = None
        self._proven = proven
        self._failed = failed
        self._seconds = seconds
        self._pauses = pauses
        self._offset: int | None = None
        self._stuck = (0, 0)
        self._glanced: dict[int, bool] = {}
        """Updates behind one that waits, and whether they are done with."""

    async def run(self) -> None:
        """Poll; returns when Telegram refuses the token, which trying again would not change."""
        failures, patience = 0, 0
        while True:
            try:
                updates = await self._ask(patience)
            except InvalidToken as error:
                self._failed(trouble(error))
                return
            except TelegramError as error:
                found = trouble(error)
                self._failed(found)
                await asyncio.sleep(max(found.wait, self._pause(failures)))
                failures, patience = failures + 1, 0
                continue
            self._proven()
            done = await self._take_all(updates)
            failures, patience = (0, self._seconds) if done else (failures + 1, 0)
            if not done:
                await asyncio.sleep(self._pause(failures - 1))

    async def _ask(self, patience: int) -> list[Any]:
        if self._hands is None:
            self._hands = self._begin(await self._session.me())
        return await self._session.updates(self._offset, patience)

    def _pause(self, failures: int) -> float:
        return self._pauses[min(failures, len(self._pauses) - 1)]

    async def _take_all(self, updates: list[Any]) -> bool:
        """Take updates in, in their order; False when it stopped before one that must come again."""
        if not updates:
            # Everything was confirmed. After a week of silence Telegram counts anew, maybe below where we were.
            self._offset = None
            return True
        hands = self._hands
        if hands is None:
            return False
        moved = False
        for place, raw in enumerate(updates):
            number = raw.get("update_id") if isinstance(raw, dict) else None
            if not isinstance(number, int) or isinstance(number, bool):
                logger.warning("an update without a number was passed over")
                continue
            if not self._glanced.get(number) and not await self._took(hands.take, raw, number):
                await self._glance(hands, updates[place + 1 :])
                return False
            self._glanced.pop(number, None)
            self._offset, moved = number + 1, True
        return moved

    async def _glance(self, hands: Hands, updates: list[Any]) -> None:
        """Look at what comes behind an update that waits, at each once."""
        for raw in updates:
            number = raw.get("update_id") if isinstance(raw, dict) else None
            if isinstance(number, int) and number not in self._glanced:
                self._glanced[number] = False
                # The boundary around what others wrote: it is told when it is its turn.
                with suppress(Exception):
                    self._glanced[number] = await hands.glance(raw)

    async def _took(self, take: Take, raw: dict[str, Any], number: int) -> bool:
        """Whether an update is done with: taken in, or never to be."""
        before = self._stuck[1] if self._stuck[0] == number else 0
        try:
            await take(raw, before)
        except (MessageRefusedError, UnreadableError) as error:
            logger.warning("an update was passed over", extra={"update": number, "error": str(error)})
        except (NanoclawError, TelegramError) as error:
            self._stuck = (number, before + 1)
            # The text of the library's errors may quote what was sent.
            why = str(error) if isinstance(error, NanoclawError) else type(error).__name__
            logger.warning("an update waits", extra={"update": number, "error": why, "tries": before + 1})
            return False
        except Exception as error:  # noqa: BLE001 - see below
            # The boundary around everything behind: one update that breaks it again and again holds up no other.
            self._stuck = (number, before + 1)
            given_up = before + 1 >= _TRIES
            # Without its text, which may quote what was sent.
            logger.error(  # noqa: TRY400
                "an update was given up" if given_up else "an update broke something",
                extra={"update": number, "error": type(error).__name__, "tries": before + 1},
            )
            return given_up
        return True
