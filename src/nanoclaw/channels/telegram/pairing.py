"""A code that the owner sends to the bot, which proves who the owner is: once, soon, and with few tries."""

import asyncio
import hmac
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from nanoclaw.model.clock import Clock

LIFETIME_SECONDS = 600.0
TRIES = 10
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that looks like something else
_LENGTH = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """Who sent the code, and where, as addresses have it: a chat of two."""

    user: str
    chat: str
    name: str


def random_code() -> str:
    """Forty bits, in signs that are easy to type."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


class Code:
    """One code. It ends by being sent, by its age, or by too many wrong ones."""

    def __init__(self, clock: Clock, make: Callable[[], str] = random_code) -> None:
        self.text = make()
        self._clock = clock
        self._ends = clock.monotonic() + LIFETIME_SECONDS
        self._tries = TRIES
        self._over = asyncio.Event()
        self._sender: Paired | None = None

    @property
    def is_open(self) -> bool:
        """Whether it can still be used."""
        return not self._over.is_set() and self._clock.monotonic() < self._ends

    @property
    def seconds_left(self) -> float:
        """How long it can still be used."""
        return max(0.0, self._ends - self._clock.monotonic())

    def offer(self, text: str, sender: Paired) -> bool:
        """Whether a text is this code. What does not look like one at all is no try."""
        given = text.strip().removeprefix("/start").strip().upper()
        if not self.is_open or len(given) != _LENGTH or not set(given) <= set(_ALPHABET):
            return False
        if hmac.compare_digest(given.encode(), self.text.encode()):
            self._sender = sender
            self._over.set()
            return True
        self._tries -= 1
        if self._tries == 0:
            self._over.set()
        return False

    async def sent(self) -> Paired | None:
        """Who sent it; None when it ended otherwise."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.seconds_left):
                await self._over.wait()
        return self._sender
