"""The client on its own thread, and what its callbacks do before it may go on."""

import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from nanoclaw.channels.whatsapp.child import history, inbound, nodes
from nanoclaw.channels.whatsapp.child.binding import Callbacks, Library
from nanoclaw.channels.whatsapp.child.condition import Condition
from nanoclaw.channels.whatsapp.child.gate import Gate, Keys
from nanoclaw.channels.whatsapp.child.journal import Journal
from nanoclaw.channels.whatsapp.child.protobufs import neonize_pb2
from nanoclaw.channels.whatsapp.child.spool import Kind, Record, Spool
from nanoclaw.channels.whatsapp.child.turns import OUT, Turns
from nanoclaw.channels.whatsapp.link import Person
from nanoclaw.model.clock import Clock

_ME, _PAIR, _CONNECTED, _TIMEOUT, _RESTORED, _DISCONNECTED, _HISTORY, _MESSAGE, _UNDECRYPTABLE = (
    0, 2, 3, 4, 5, 12, 13, 17, 44,
)  # fmt: skip
_EVENTS = bytes((_PAIR, _CONNECTED, _TIMEOUT, _RESTORED, _DISCONNECTED, _HISTORY, _MESSAGE, _UNDECRYPTABLE))
"""Others are read from the nodes: the library cannot encode those with a code that it does not know, and stops."""
_PATIENCE = 10.0
_EVIDENCE = 5_000
_PROVES_NOTHING = {"server-error", "retry-failed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the client tells the rest. Called on Go's threads: must only hand over."""

    record: Callable[[Record], None]
    code: Callable[[str], None]
    pairing: Callable[[str], None]
    account: Callable[[Person], None]
    regrouped: Callable[[str], None]
    """Something about a group changed."""
    ended: Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """Where things are written down."""

    spool: Spool
    journal: Journal
    condition: Condition
    clock: Clock
    turns: Turns = field(default_factory=Turns)


class Client:
    """One life of the library's client."""

    def __init__(self, library: Library, keeping: Keeping, told: Told) -> None:
        self.library = library
        self._spool = keeping.spool
        self._journal = keeping.journal
        self._condition = keeping.condition
        self._clock = keeping.clock
        self._told = told
        self._turns = keeping.turns
        self._gate = Gate(
            Keys(spool=keeping.spool, turns=keeping.turns, clock=keeping.clock),
            patience=_PATIENCE,
            lost=lambda number, key, data: told.record(Record(number=number, kind=Kind.LOST, key=key, data=data)),
        )
        self._arrived: OrderedDict[str, None] = OrderedDict()
        self.began = False
        """It showed a first sign of life: only now may the library be asked anything."""
        self.lives = False
        """The library has not given it up."""

    def start(self, database: str) -> None:
        """Let it live on a thread of its own. ``database``: see ``Library.live``."""
        self.lives = True
        threading.Thread(target=self._live, args=(database,), name="go", daemon=True).start()

    def has_arrived(self, network_id: str) -> bool:
        """Whether anybody ever told that a message of ours arrived, in this life."""
        return network_id in self._arrived

    def _live(self, database: str) -> None:
        callbacks = Callbacks(code=self._told.code, pairing=self._told.pairing, event=self._on_event, log=self._on_log)
        error = self.library.live(database, callbacks, _EVENTS)
        self.lives = False
        self._told.ended(error)

    def _on_log(self, name: bytes, line: bytes) -> None:
        self.began = True
        if name == b"Client/Recv":
            self._received(nodes.read(line))
        elif name == b"Client/Send":
            self._leaves(nodes.read(line))
        elif name == b"Client":
            if user := nodes.decrypting(line):
                self._gate.decrypting(user)
            elif identity := nodes.ignored(line):
                self._gate.ignored(identity)

    def _received(self, node: nodes.Node) -> None:
        self._condition.received(node)
        match node.tag:
            case "message":
                self._gate.arrived(node)
            case "receipt" if node.attribute("type") not in _PROVES_NOTHING:
                for identity in (node.attribute("id"), *node.items()):
                    self._arrived[identity] = None
                    # Before the client goes on: it answers for the receipt, which then never comes again.
                    self._journal.confirmed(identity)
                while len(self._arrived) > _EVIDENCE:
                    self._arrived.popitem(last=False)
            case "ack" if node.attribute("class") == "message" and not node.attribute("error"):
                self._journal.confirmed(node.attribute("id"))
            case "notification" if node.attribute("type") == "w:gp2":
                self._told.regrouped(node.attribute("from"))
            case _:
                pass

    def _leaves(self, node: nodes.Node) -> None:
        if node.tag != "message":
            self._gate.leaving(node)
        elif node.attribute("category") != "peer":
            self._journal.name(node.attribute("id"))
            self._turns.give(OUT)

    def _on_event(self, kind: int, data: bytes) -> None:
        match kind:
            case 17:
                self._message(data)
            case 44:
                self._undecryptable(data)
            case 13:
                self._history(data)
            case 0:
                self._account(data)
            case _:
                self._connection(kind, data)

    def _message(self, data: bytes) -> None:
        head = inbound.heading(data)
        if head.part_only and self._gate.parts(head.id, head.origin) > 1:
            self._gate.settled(head.id, head.origin, 0, whole=False)
            return
        number = 0
        if not self._spool.has(head.key):
            number = self._record(Kind.NOTHING if head.silent else Kind.MESSAGE, head.key, data)
        self._gate.settled(head.id, head.origin, number, whole=False)

    def _undecryptable(self, data: bytes) -> None:
        head, hidden = inbound.undecryptable_heading(data)
        kind = Kind.NOTHING if hidden or head.silent else Kind.LATER
        self._gate.settled(head.id, head.origin, self._record(kind, head.key, data), whole=True)

    def _history(self, data: bytes) -> None:
        for one in history.recent(data, self._clock.now()):
            if not self._spool.has(one.key) and not self._journal.is_ours(one.id):
                self._record(Kind.HISTORY, one.key, json.dumps(one.head).encode() + b"\0" + one.message)

    def _record(self, kind: Kind, key: bytes, data: bytes) -> int:
        data = b"" if kind is Kind.NOTHING else data
        number = self._spool.append(kind, key, data)
        if kind is not Kind.NOTHING:
            self._told.record(Record(number=number, kind=kind, key=key, data=data))
        return number

    def _account(self, data: bytes) -> None:
        device = neonize_pb2.Device.FromString(data)
        me = Person(
            lid=f"{device.LID.User}@lid" if device.LID.User else "",
            phone=f"{device.JID.User}@s.whatsapp.net" if device.JID.User else "",
            name=device.PushName,
        )
        self._condition.is_account(me)
        self._told.account(me)

    def _connection(self, kind: int, data: bytes) -> None:
        match kind:
            case 3:
                self._condition.set("connected")
            case 4:
                self._condition.set("unreachable", "the server does not answer keepalives")
            case 5:
                self._condition.set("connected")
            case 12 if self._condition.state != "unreachable":
                self._condition.set("unreachable", "the connection broke")
            case 2:
                status = neonize_pb2.PairStatus.FromString(data)
                if status.Status == neonize_pb2.PairStatus.ERROR:
                    self._condition.set("unpaired", "the telephone's proof of this account was not right")
            case _:
                pass
