"""What waits for a linked device, in order, until it has said that it has it. What it has not said comes again."""

import asyncio
from collections import defaultdict, deque
from dataclasses import replace
from itertools import count
from typing import NamedTuple

from tests.fakes.whatsapp_network.nodes import Node

WINDOW = 400
"""How many stanzas may be on their way unconfirmed; the client's own queue loses the order beyond 2,048."""


class Key(NamedTuple):
    """Which stanza a confirmation is about."""

    tag: str
    id: str
    source: str
    participant: str


def key_of(node: Node) -> Key:
    """The key of a stanza to the client."""
    return _key(node.tag, node, "from")


def confirmed_by(node: Node) -> list[Key]:
    """What a receipt or an acknowledgement of the client confirms; nothing, when it asks for a message once more."""
    if node.tag == "ack":
        return [_key(node.text("class"), node, "to")]
    if node.text("type") in {"retry", "server-error"}:
        return []
    first = _key("message", node, "to")
    listed = node.find("list")
    return [first, *(first._replace(id=item.text("id")) for item in listed.children("item"))] if listed else [first]


class Mailbox:
    """One reader at a time; whoever reads anew gets everything again that was not confirmed."""

    def __init__(self) -> None:
        self._numbers = count()
        self._waiting: dict[int, Node] = {}
        self._by_key: dict[Key, deque[int]] = defaultdict(deque)
        self._sent: set[int] = set()
        self._next = 0
        self._backlog_ends = 0
        self._changed = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, node: Node) -> None:
        """Add at the end."""
        number = next(self._numbers)
        self._waiting[number] = node
        self._by_key[key_of(node)].append(number)
        self._changed.set()

    def begin(self) -> list[Node]:
        """A new login: everything that waits counts as not sent, and is the backlog that is returned."""
        self._sent.clear()
        self._next = min(self._waiting, default=next(self._numbers))
        self._backlog_ends = max(self._waiting, default=-1) + 1
        self._changed.set()
        return list(self._waiting.values())

    def confirm(self, key: Key) -> bool:
        """The client has it. False when nothing of the kind was sent."""
        numbers = self._by_key.get(key)
        number = next((number for number in numbers or () if number in self._sent), None)
        if numbers is None or number is None:
            return False
        numbers.remove(number)
        if not numbers:
            del self._by_key[key]
        self._sent.discard(number)
        del self._waiting[number]
        self._changed.set()
        return True

    async def next(self) -> Node:
        """The next to send, marked when it waited for this login. Waits while there is none, or too many are out."""
        while True:
            self._changed.clear()
            number = next((number for number in self._waiting if number >= self._next), None)
            if number is not None and len(self._sent) < WINDOW:
                self._sent.add(number)
                self._next = number + 1
                node = self._waiting[number]
                if number < self._backlog_ends:
                    return replace(node, attributes={**node.attributes, "offline": number % 1000})
                return node
            await self._changed.wait()

    def backlog_is_out(self) -> bool:
        """Whether all that had waited for this login was sent."""
        return self._next >= self._backlog_ends


def _key(tag: str, node: Node, direction: str) -> Key:
    source, participant = node.address(direction), node.address("participant")
    return Key(
        tag,
        node.text("id"),
        str(source.account) if source else "",
        str(participant.account) if participant else "",
    )
