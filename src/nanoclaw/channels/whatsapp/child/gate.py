"""Holds back what tells the network that a message arrived, until the message is on disk.

The client answers a message with a receipt, or an acknowledgement, from a goroutine of its own that does not wait for
anybody, but logs the node first. Every message is noted when it comes (``arrived``), every event that it gave and
every "ignored" is counted, and the receipt waits until all of its parts are settled and the record is durable. A
message that gives nothing in time, or was decrypted before but never written down, is written down as lost; then it
may be confirmed.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from nanoclaw.channels.whatsapp.child import nodes
from nanoclaw.channels.whatsapp.child.nodes import Node
from nanoclaw.channels.whatsapp.child.spool import Kind, Spool, key_of

_REMEMBERED = 5_000
_CONFIRMING = {"", "inactive", "sender", "peer_msg"}


@dataclass(slots=True, kw_only=True)
class _Expected:
    """A message on its way through the client: how many parts it has, and what became of them."""

    parts: int
    settled: int = 0
    ignored: bool = False
    recorded: list[int] = field(default_factory=list)
    """Numbers of its records."""
    known: bool = False
    """Something of it is written down, or is of no interest."""


class Gate:
    """Between the client and the network. Called on Go's threads only."""

    def __init__(self, spool: Spool, *, patience: float, lost: Callable[[int, bytes, bytes], None]) -> None:
        """``lost`` is told of every record that is made here: number, key, bytes."""
        self._spool = spool
        self._patience = patience
        self._lost = lost
        self._changed = threading.Condition()
        self._expected: dict[tuple[str, str], _Expected] = {}

    def arrived(self, node: Node) -> None:
        """A message came. It is not decrypted yet."""
        name = (node.attribute("id"), nodes.user(node.attribute("from")))
        parts = max(1, node.holds("enc"))
        with self._changed:
            entry = self._expected.get(name)
            if entry is None:
                self._expected[name] = _Expected(parts=parts)
            else:
                entry.parts += parts
            while len(self._expected) > _REMEMBERED:
                del self._expected[next(iter(self._expected))]

    def ignored(self, identity: str) -> None:
        """The client will give no event for a part of it: it decrypted that part before."""
        with self._changed:
            for (other, _), entry in self._expected.items():
                if other == identity:
                    entry.settled += 1
                    entry.ignored = True
            self._changed.notify_all()

    def parts(self, identity: str, origin: str) -> int:
        """How many parts a message has that is on its way; 1 when it is not known."""
        with self._changed:
            entry = self._expected.get((identity, origin))
            return entry.parts if entry else 1

    def settled(self, identity: str, origin: str, number: int, *, whole: bool) -> None:
        """An event of it was written down under ``number``; 0: it told nothing. ``whole``: no more will come."""
        with self._changed:
            entry = self._expected.get((identity, origin))
            if entry is None:
                return
            entry.settled = entry.parts if whole else entry.settled + 1
            if number:
                entry.recorded.append(number)
                entry.known = True
            self._changed.notify_all()

    def leaving(self, node: Node) -> None:
        """A node is about to leave: returns when it may."""
        if not _confirms(node):
            return
        name = (node.attribute("id"), nodes.user(node.attribute("to")))
        with self._changed:
            entry = self._expected.get(name)
            if entry is None:
                return
            if not node.attribute("error"):
                self._changed.wait_for(lambda: entry.settled >= entry.parts, self._patience)
            overdue = entry.settled < entry.parts
            self._expected.pop(name, None)
        if not entry.known and (overdue or entry.ignored):
            self._report(node, entry)
        for number in entry.recorded:
            # For as long as the disk is full: the network may bring it again, we could not decrypt it again.
            while not self._spool.wait(number, 60):
                pass

    def _report(self, node: Node, entry: _Expected) -> None:
        chat, sender = node.attribute("to"), node.attribute("participant") or node.attribute("to")
        key = key_of(node.attribute("id"), nodes.user(chat), nodes.user(sender))
        if self._spool.has(key):
            return
        told = {"id": node.attribute("id"), "chat": chat, "sender": sender, "recipient": node.attribute("recipient")}
        data = json.dumps(told).encode()
        number = self._spool.append(Kind.LOST, key, data)
        entry.recorded.append(number)
        self._lost(number, key, data)


def _confirms(node: Node) -> bool:
    if node.tag == "ack":
        return node.attribute("class") == "message"
    return node.tag == "receipt" and node.attribute("type") in _CONFIRMING
