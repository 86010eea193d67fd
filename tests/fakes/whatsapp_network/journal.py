"""What the client did, as the other side saw it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a message is about."""

    MESSAGE = "message"
    EDIT = "edit"
    DELETE = "delete"
    REACTION = "reaction"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file as its recipient has it, decrypted."""

    kind: str
    name: str
    media_type: str
    content: bytes
    voice: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A message of the client, as its recipients read it. Addresses are in their written form, of accounts."""

    id: str
    chat: str
    kind: Kind
    text: str = ""
    target: str = ""
    """The id of the message that an edit, a deletion or a reaction is about."""
    target_sender: str = ""
    quoted: str = ""
    quoted_sender: str = ""
    quoted_text: str = ""
    mentions: tuple[str, ...] = ()
    file: File | None = None
    readers: tuple[str, ...] = ()
    """Who could decrypt it."""
    again: bool = False
    """Its id was used before in this chat: people see it once."""
    raw: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """``kind``: ``inactive`` or ``delivered`` (it arrived), ``read``, ``sender`` (an own one arrived), ``retry``…"""

    kind: str
    chat: str
    participant: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Typing:
    """``state``: ``composing`` or ``paused``."""

    chat: str
    state: str


class Journal:
    """Lists that only grow; whoever waits is woken by every entry."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.receipts: list[Receipt] = []
        self.presences: list[str] = []
        self.typing: list[Typing] = []
        self.logins: list[str] = []
        self.nacks: list[tuple[str, int]] = []
        """Ids and error codes of what the client could not make sense of."""
        self.problems: list[str] = []
        """What went wrong on the network's side, or what a recipient could not read."""
        self._handed_out = 0
        self._changed = asyncio.Event()

    def woke(self) -> None:
        """Something was added."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def until(self, holds: Callable[[], bool], seconds: float) -> None:
        """Wait until it holds; looked at after every entry.

        Raises:
            TimeoutError: not in time.
        """
        async with asyncio.timeout(seconds):
            while not holds():
                await self._changed.wait()

    async def next_sent(self, seconds: float) -> Sent:
        """The oldest message of the client that was not handed out yet.

        Raises:
            TimeoutError: none came in time.
        """
        await self.until(lambda: len(self.sent) > self._handed_out, seconds)
        self._handed_out += 1
        return self.sent[self._handed_out - 1]
