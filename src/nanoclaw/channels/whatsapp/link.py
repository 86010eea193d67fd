"""What the channel and its child say to each other: one JSON object a line, over a Unix socket that both inherit.

Ids of chats and people are WhatsApp's own, without device: ``491701112223@s.whatsapp.net`` (a phone number),
``222200000000002@lid`` (an account), ``1203630@g.us`` (a group). Times are milliseconds since 1970. The child is
answered for every ``incoming`` by a ``kept`` with its number; what was not answered for is said again after a restart.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

LINE_LIMIT = 4 * 1024 * 1024
"""Longest line, in bytes. Files travel as paths."""


class Line(BaseModel):
    """One line of either side."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Person(Line):
    """Someone, by every id that the network told: ``lid`` and ``phone`` name the same account, one may be empty."""

    lid: str = ""
    phone: str = ""
    name: str = ""
    """What they call themselves today; proves nothing."""


class Quoted(Line):
    """The message that another one answers. ``sender`` is an id in the form that the network used."""

    id: str
    sender: str
    text: str = ""


class Media(Line):
    """A file that came with a message. ``path`` is the child's private copy, the parent's from now on.

    The path is empty while it is ``fetchable``, which a ``fetch`` changes, and when there is none: ``problem`` says
    why, in words for a person.
    """

    name: str
    media_type: str
    size: int = 0
    path: str = ""
    problem: str = ""
    voice: bool = False
    """Spoken into the telephone, rather than an audio file."""
    fetchable: bool = False
    """Still with the network: what is not ordered is never fetched."""


# ---- what the child says


class Incoming(Line):
    """Something was said, edited, taken back or reacted to. On the child's disk until it is ``kept``."""

    says: Literal["incoming"] = "incoming"
    number: int
    """The child's own count, growing."""
    kind: Literal["message", "edited", "deleted", "reacted", "unreadable"]
    """``unreadable``: it could not be decrypted, and asking for it again did not help."""
    id: str
    chat: str
    chat_is_group: bool
    chat_name: str = ""
    chat_person: Person = Person()
    """In a chat of two the other one; empty in groups."""
    sender: Person
    from_me: bool
    """Written by the account's owner on their telephone or another device."""
    at: int
    text: str = ""
    target: str = ""
    """The id of the message that an edit, a deletion or a reaction is about."""
    target_sender: str = ""
    """Who wrote that message, in the form that the network used; empty when it does not say: then it is ours."""
    target_from_me: bool = False
    """It is the account's own message."""
    by_admin: bool = False
    """Of a deletion in a group: the network lists who made it among those who administer the group."""
    quoted: Quoted | None = None
    mentions: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()
    history: bool = False
    """From the time before or between connections."""


class Standing(Line):
    """How the client is. Said at every change, and as a sign of life every few seconds while it is the same."""

    says: Literal["standing"] = "standing"
    state: Literal[
        "starting",
        "unpaired",
        "connecting",
        "connected",
        "unreachable",
        "logged-out",
        "replaced",
        "banned",
        "outdated",
        "passkey",
        "failed",
    ]
    detail: str = ""
    """What the network said, for the log: a code and its words, no ids."""
    until: int = 0
    """When a ban ends; 0 for one without end."""
    me: Person = Person()
    proven: float = 0.0
    """Seconds since traffic or a keepalive last proved the connection; meant only while connected."""


class Code(Line):
    """What the owner enters or scans to pair. ``qr`` is the content of the picture; ``expires`` in seconds from now."""

    says: Literal["code"] = "code"
    qr: str = ""
    pairing: str = ""
    expires: float


class Paired(Line):
    """An account was linked; its session is on disk."""

    says: Literal["paired"] = "paired"
    me: Person


class NotPaired(Line):
    """The pairing that was ordered is over, and linked nobody; its codes are of no more use."""

    says: Literal["not-paired"] = "not-paired"
    why: Literal["timeout", "outdated", "passkey", "unreachable", "refused", "failed"]
    """``timeout``: nobody used one of the codes, which the network gives out for some minutes."""
    detail: str = ""
    """As of a ``standing``."""


class Done(Line):
    """The order ``order`` was carried out. ``id`` is the network's id of the message that was sent, where one was."""

    says: Literal["done"] = "done"
    order: int
    id: str = ""
    media: tuple[Media, ...] = ()
    """After a ``fetch``: the message's files, each with a path or a problem."""


class Failed(Line):
    """An order was not carried out. ``unsure``: it may have been all the same. ``again``: trying later may help."""

    says: Literal["failed"] = "failed"
    order: int
    why: str
    again: bool
    unsure: bool = False
    code: int = 0
    """The server's error, 0 when there is none: 463 forbids to write first to someone."""
    full: bool = False
    """The disk is: it helps to try again once there is room, whenever that is."""


FromChild = Annotated[Incoming | Standing | Code | Paired | NotPaired | Done | Failed, Field(discriminator="says")]

# ---- what the parent says


class Order(Line):
    """Something to do; the child answers each with ``done`` or ``failed``."""

    order: int
    """The parent's own count."""


class Kept(Line):
    """An ``incoming`` is on the parent's disk, or was refused for good: the child may forget it."""

    says: Literal["kept"] = "kept"
    number: int


class Fetch(Order):
    """Fetch the files of an ``incoming`` that is not ``kept`` yet. It may be ordered again, and needs no connection.

    Fails with ``again`` for a message that the child did not tell yet: one that was told by the child before it; and
    for a file that the network does not hand out now.
    """

    says: Literal["fetch"] = "fetch"
    number: int
    id: str
    """The message's own, for no other's files to be taken for it."""


class Pair(Order):
    """Link an account: by QR codes, or by a pairing code for this phone number (digits with country code).

    Done as soon as it has begun; then come ``code`` lines, each in place of the one before, and in the end ``paired``
    or ``not-paired``. A session that is over (logged out) is forgotten before; one that lives makes it fail. Ordered
    again, it begins anew.
    """

    says: Literal["pair"] = "pair"
    phone: str = ""


class StopPairing(Order):
    """Nobody uses the codes any more: ``not-paired`` follows, where a pairing goes on."""

    says: Literal["stop-pairing"] = "stop-pairing"


class Write(Order):
    """Send a text, or a file with ``text`` as its caption. ``client_id`` is the same at every try."""

    says: Literal["write"] = "write"
    client_id: str
    chat: str
    text: str
    mentions: tuple[str, ...] = ()
    quoted: Quoted | None = None
    file: str = ""
    """An absolute path; empty for a text."""
    name: str = ""
    media_type: str = ""
    voice: bool = False


class React(Order):
    """Put an emoji on a message, or take it away with an empty one."""

    says: Literal["react"] = "react"
    client_id: str
    chat: str
    target: str
    target_sender: str
    """Empty for a message of ours."""
    emoji: str


class Edit(Order):
    """Replace the text of a message of ours."""

    says: Literal["edit"] = "edit"
    client_id: str
    chat: str
    target: str
    text: str
    mentions: tuple[str, ...] = ()


class Typing(Order):
    """Show or clear "typing…"."""

    says: Literal["typing"] = "typing"
    chat: str
    on: bool


class Read(Order):
    """Show messages of one sender as read."""

    says: Literal["read"] = "read"
    chat: str
    sender: str
    ids: tuple[str, ...]


class Probe(Order):
    """Go to the server and back without writing to anybody."""

    says: Literal["probe"] = "probe"


class Logout(Order):
    """End the session at the server and forget it."""

    says: Literal["logout"] = "logout"


FromParent = Annotated[
    Kept | Fetch | Pair | StopPairing | Write | React | Edit | Typing | Read | Probe | Logout,
    Field(discriminator="says"),
]

_CHILD: TypeAdapter[FromChild] = TypeAdapter(FromChild)
_PARENT: TypeAdapter[FromParent] = TypeAdapter(FromParent)


def to_line(said: Line) -> bytes:
    """One line, with its end."""
    return said.model_dump_json(exclude_defaults=False).encode() + b"\n"


def from_child(line: bytes) -> FromChild:
    """What the child said.

    Raises:
        pydantic.ValidationError: nothing of the sort.
    """
    return _CHILD.validate_json(line)


def from_parent(line: bytes) -> FromParent:
    """What the parent said.

    Raises:
        pydantic.ValidationError: nothing of the sort.
    """
    return _PARENT.validate_json(line)
