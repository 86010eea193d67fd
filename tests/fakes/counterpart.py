"""The other side of a channel, as the channel contract suite needs it: the network and a person who writes there."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from nanoclaw.channels.contract import Channel, Surroundings
from nanoclaw.model.turns import Reply

CHAT = "main"
"""The one chat of the suite, where the network lets us choose its id; registered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the network was told about a message: that it arrived, or why not. ``name``: the network's id for it."""

    accepted: bool
    why: str = ""
    name: str = ""


class Person(Protocol):
    """Someone in the chat."""

    async def say(self, external_id: str, text: str) -> Told:
        """Send a message under this id (a UUID); returns when the network was told how it fared.

        A network that gives ids itself brings the same message, under the id that it gave it, again and again.
        """
        ...

    async def give(self, external_id: str, text: str, file: Path) -> Told:
        """Send a message with a file. Where a sender cannot be refused, one too large may come as words about it."""
        ...

    async def sees(self) -> list[str]:
        """The texts of the assistant's messages in the chat, oldest first, each as often as it is shown.

        In the Markdown that the assistant wrote, where its dialect can be read back.
        """
        ...

    async def gets(self, reply: Reply) -> bytes:
        """The content of a file that the assistant sent."""
        ...


class Counterpart(Protocol):
    """One channel's network."""

    @property
    def chat(self) -> str:
        """The id of the suite's one chat; registered."""
        ...

    def open(self) -> AbstractAsyncContextManager[None]:
        """The network is there for the length of the block; ``options`` are asked for inside."""
        ...

    @property
    def options(self) -> Mapping[str, Any]:
        """A configuration that works."""
        ...

    @property
    def bad_options(self) -> tuple[tuple[Mapping[str, Any], str], ...]:
        """Tables that must be refused, each with the key that must be named."""
        ...

    def make(self) -> Channel:
        """A fresh channel, as the composition root makes it."""
        ...

    def join(self, channel: Channel, surroundings: Surroundings) -> AbstractAsyncContextManager[Person]:
        """A person at a channel that is up; ``surroundings`` are the channel's, for those who read the store."""
        ...

    async def answers(self, where: str) -> bool:
        """Whether anything still answers at the place that ``state().detail`` named."""
        ...
