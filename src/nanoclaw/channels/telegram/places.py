"""Which chat is meant: topics are chats of their own, and a group that became a supergroup keeps its first id.

An address is ``CHAT`` or ``CHAT/TOPIC``, a message ``ID``, all numbers that never change. Where a group moved, its new
messages count anew: they are named ``CHAT:ID``, and the group stays the one that it was.
"""

import asyncio
import re
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nanoclaw.channels.contract import ChannelError
from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.settings.whole_files import replace_file

TELEGRAM = ChannelName("telegram")
_ADDRESS = re.compile(r"(-?[1-9][0-9]{0,18})(?:/([1-9][0-9]{0,18}))?", re.ASCII)
_MESSAGE = re.compile(r"(?:(-?[1-9][0-9]{0,18}):)?([1-9][0-9]{0,18})", re.ASCII)
_REMEMBERED = 2_000
_LARGEST = 1_048_576


class _Notes(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    moved: dict[int, int] = Field(default_factory=dict)
    """The id under which a group was seen first, by the id that it has now."""
    topics: tuple[tuple[int, int, int], ...] = ()
    """Chat, message and topic of the newest messages in topics: a reaction does not name its topic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where Telegram is to put something: a chat as it is called today, and a topic in it."""

    chat: int
    topic: int | None = None


class Places:
    """What is known of chats, and kept in ``notes.json`` of the channel's folder."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "notes.json"
        self._moved: dict[int, int] = {}
        self._topics: OrderedDict[tuple[int, int], int] = OrderedDict()
        self._fresh = False
        self._writing = asyncio.Lock()

    def load(self) -> None:
        """Read what an earlier run kept. Blocks. What is torn is nothing.

        Raises:
            ChannelError: it cannot be read.
        """
        try:
            with self._path.open("rb") as file:
                notes = _Notes.model_validate_json(file.read(_LARGEST))
        except FileNotFoundError:
            return
        except ValidationError:
            notes = _Notes()
        except OSError as error:
            raise ChannelError(
                f"Cannot read {self._path}: {error.strerror}", hint="Mend its mode or its owner."
            ) from error
        self._moved = dict(notes.moved)
        self._topics = OrderedDict(((chat, message), topic) for chat, message, topic in notes.topics)

    async def save(self) -> None:
        """Keep what was learned since.

        Raises:
            ChannelError: it cannot be written; nothing that rests on it may be confirmed.
        """
        async with self._writing:
            if not self._fresh:
                return
            self._fresh = False
            topics = tuple((chat, message, topic) for (chat, message), topic in self._topics.items())
            content = _Notes(moved=self._moved, topics=topics).model_dump_json()
            try:
                await asyncio.to_thread(replace_file, self._path, content.encode())
            except OSError as error:
                self._fresh = True
                raise ChannelError(
                    f"Cannot write {self._path}: {error.strerror}", hint="Mend its folder's mode, or free some space."
                ) from error

    def address(self, chat: int, topic: int | None = None) -> ChatAddress:
        """What a chat, or a topic in it, is called."""
        first = self._moved.get(chat, chat)
        return ChatAddress(channel=TELEGRAM, chat=str(first) if topic is None else f"{first}/{topic}")

    def place(self, address: ChatAddress) -> Place | None:
        """Where an address leads today; None when it is none of Telegram's."""
        found = _ADDRESS.fullmatch(address.chat)
        if found is None:
            return None
        chat = int(found[1])
        now = next((new for new, first in self._moved.items() if first == chat), chat)
        return Place(chat=now, topic=int(found[2]) if found[2] else None)

    def name(self, chat: int, message: int) -> str:
        """What a message is called."""
        return f"{chat}:{message}" if chat in self._moved else str(message)

    def message(self, name: str, chat: int) -> int | None:
        """The number, in this chat as it is today, of a message that is called so; None when it is not there."""
        found = _MESSAGE.fullmatch(name)
        if found is None or (chat in self._moved) != (found[1] is not None):
            return None
        return int(found[2]) if found[1] in {None, str(chat)} else None

    def moves(self, old: int, new: int) -> bool:
        """A group is called otherwise from now on; whether that is news."""
        first = self._moved.get(old, old)
        if self._moved.get(new) == first or new == first:
            return False
        self._moved.pop(old, None)
        self._moved[new] = first
        self._fresh = True
        return True

    def in_topic(self, chat: int, message: int, topic: int) -> None:
        """A message stands in a topic."""
        if self._topics.get((chat, message)) != topic:
            self._topics[chat, message] = topic
            self._fresh = True
        while len(self._topics) > _REMEMBERED:
            self._topics.popitem(last=False)

    def topic_of(self, chat: int, message: int) -> int | None:
        """The topic of an earlier message; None outside of topics, and for what was long ago."""
        return self._topics.get((chat, message))
