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
from nanoclaw.channels.whatsapp.child.turns import IN, Turns
from nanoclaw.model.clock import Clock

_REMEMBERED = 5_000
_CONFIRMING = {"", "inactive", "sender", "peer_msg"}
_NAMES = ("from", "participant", "sender_lid", "sender_pn", "participant_lid", "participant_pn")
_TURN = 2.0


@dataclass(slots=True, kw_only=True)
class _Expected:
    """A message on its way through the client: how many parts it has, and what became of them."""

    parts: int
    key: bytes
    users: tuple[str, ...]
    chat: str
    number: int
    """Which of all that came it is."""
    settled: int = 0
    ignored: bool = False
    begun: bool = False
    leaving: bool = False
    """A receipt for it waits here."""
    recorded: list[int] = field(default_factory=list)
    """Numbers of its records."""

    @property
    def is_settled(self) -> bool:
        return self.settled >= self.parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What the gate writes to, and what it waits for."""

    spool: Spool
    turns: Turns
    clock: Clock


class Gate:
    """Between the client and the network. Called on Go's threads only."""

    def __init__(self, keys: Keys, *, patience: float, lost: Callable[[int, bytes, bytes], None]) -> None:
        """``lost`` is told of every record that is made here: number, key, bytes."""
        self._spool = keys.spool
        self._turns = keys.turns
        self._clock = keys.clock
        self._patience = patience
        self._lost = lost
        self._changed = threading.Condition()
        self._expected: dict[tuple[str, str], list[_Expected]] = {}
        """By id and origin; several where somebody uses an id again before it was confirmed."""
        self._count = 0
        self._current: _Expected | None = None

    def arrived(self, node: Node) -> None:
        """A message came. It is not decrypted yet."""
        identity, origin = node.attribute("id"), node.attribute("from")
        parts = max(1, node.holds("enc"))
        users = tuple(dict.fromkeys(nodes.user(node.attribute(name)) for name in _NAMES if node.attribute(name)))
        with self._changed:
            self._count += 1
            key = key_of(identity, origin, node.attribute("participant"))
            entry = _Expected(parts=parts, key=key, users=users, chat=origin, number=self._count)
            same = self._expected.setdefault((identity, nodes.user(origin)), [])
            same.append(entry)
            del same[:-_REMEMBERED]
            while len(self._expected) > _REMEMBERED:
                del self._expected[next(iter(self._expected))]

    def decrypting(self, user: str) -> None:
        """The client is about to decrypt a message of this person's: the oldest. Returns when it may.

        It may when what it decrypted before is written down, so that one message at most is ever in doubt, and when
        nothing is being encrypted, so that its keys can be put back.
        """
        with self._changed:
            before = self._current
            if before is not None:
                self._changed.wait_for(lambda: before.is_settled, self._patience)
                self._done(before)
            waiting = (one for same in self._expected.values() for one in same if not one.begun and user in one.users)
            entry = min(waiting, key=lambda one: one.number, default=None)
            if entry is None:
                return
            entry.begun = True
        if self._turns.take(IN, _TURN):
            self._current = entry
            doubt = {"since": self._clock.now(), "users": entry.users, "chat": entry.chat}
            self._spool.note(Kind.BEGUN, entry.key, json.dumps(doubt).encode())

    def _done(self, entry: _Expected) -> None:
        if self._current is entry:
            self._current = None
            self._spool.note(Kind.ENDED, entry.key)
            self._turns.give(IN)

    def ignored(self, identity: str) -> None:
        """The client will give no event for a part of it: it decrypted that part before."""
        with self._changed:
            for name in self._expected:
                if name[0] == identity and (entry := self._unsettled(name)):
                    entry.ignored = True
                    self._settle(entry, entry.settled + 1)

    def parts(self, identity: str, origin: str) -> int:
        """How many parts a message has that is on its way; 1 when it is not known."""
        with self._changed:
            entry = self._unsettled((identity, origin))
            return entry.parts if entry else 1

    def settled(self, identity: str, origin: str, number: int, *, whole: bool) -> None:
        """An event of it was written down under ``number``; 0: it told nothing. ``whole``: no more will come."""
        with self._changed:
            entry = self._unsettled((identity, origin))
            if entry is None:
                return
            if number:
                entry.recorded.append(number)
            self._settle(entry, entry.parts if whole else entry.settled + 1)

    def _forget(self, name: tuple[str, str], entry: _Expected) -> None:
        same = self._expected.get(name, [])
        if entry in same:
            same.remove(entry)
        if not same:
            self._expected.pop(name, None)

    def _unsettled(self, name: tuple[str, str]) -> _Expected | None:
        """The client takes messages in the order in which they came."""
        return next((one for one in self._expected.get(name, ()) if not one.is_settled), None)

    def _settle(self, entry: _Expected, settled: int) -> None:
        entry.settled = settled
        if entry.is_settled:
            self._done(entry)
        self._changed.notify_all()

    def leaving(self, node: Node) -> None:
        """A node is about to leave: returns when it may."""
        if not _confirms(node):
            return
        name = (node.attribute("id"), nodes.user(node.attribute("to")))
        with self._changed:
            entry = next((one for one in self._expected.get(name, ()) if not one.leaving), None)
            if entry is None:
                return
            entry.leaving = True
            if not node.attribute("error"):
                self._changed.wait_for(lambda: entry.is_settled, self._patience)
            overdue = not entry.is_settled
            self._forget(name, entry)
        if not entry.recorded and (overdue or entry.ignored):
            self._report(node, entry)
        with self._changed:
            self._settle(entry, entry.parts)
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
