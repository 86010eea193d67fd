"""What every channel promises. The contract suite in ``tests/contracts/test_channels.py`` holds them to it."""

import math
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from nanoclaw.events.kinds import Event
from nanoclaw.model.chats import Attachment, ChannelName, ChatAddress, InboundChange, InboundMessage, MessageId
from nanoclaw.model.clock import Clock, Milliseconds
from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.turns import OutgoingFile, Reply, ReplyKind, TurnId


class ChannelError(NanoclawError):
    """A channel could not start, receive or send."""


class TemporarySendError(ChannelError):
    """Sending failed in a way that may pass: the outbox tries again, in ``after`` seconds at the earliest."""

    def __init__(self, what: str, *, hint: str = "", after: float = 0.0) -> None:
        super().__init__(what, hint=hint)
        self.after = after


class PermanentSendError(ChannelError):
    """This message can never be sent to this chat; trying again is useless."""


class MessageRefusedError(NanoclawError):
    """``accept`` will never take this message in: it counts as arrived, and is not brought again."""


class Dialect(StrEnum):
    """How a channel writes emphasis, links and code."""

    MARKDOWN = "markdown"
    PLAIN = "plain"
    WHATSAPP = "whatsapp"
    HTML = "html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a network can do. ``text_limit`` in units of ``measure``; ``idempotent``: it honours client-chosen ids.

    What a network cannot do, the delivery replaces by text before ``send``: a channel is never given a reply of a kind
    that it does not claim.
    """

    dialect: Dialect
    text_limit: int
    idempotent: bool
    measure: Callable[[str], int] = len
    """How long a text is for this network: some count UTF-16 units."""
    quotes: bool = False
    """Shows which message a reply answers: ``Reply.quote``."""
    typing: bool = False
    streams: bool = False
    """Shows an answer while it is being written."""
    files: bool = False
    """Carries files of up to ``file_limit`` bytes, with a caption."""
    file_limit: int = 25 * 1024 * 1024
    reactions: bool = False
    """Puts an emoji on an earlier message, either side's. What a person puts on one comes in as ``change``."""
    edits: bool = False
    """Changes the text of a message that it sent."""
    edit_seconds: float = math.inf
    """For how long after it was sent: a later edit would be taken, and shown to nobody."""
    choices: bool = False
    """Shows ``Reply.choices`` as buttons. What is chosen comes in with ``InboundMessage.answers``."""


class ChannelStatus(StrEnum):
    """Whether a channel works. It is ``up`` only while traffic or a keepalive proves it."""

    STARTING = "starting"
    UP = "up"
    DOWN = "down"


class ChannelCondition(StrEnum):
    """Why a channel is not up. It decides who is told, and how soon: see ``waits_for_owner``."""

    NONE = ""
    UNREACHABLE = "unreachable"
    """The network does not answer; the channel goes on trying."""
    BROKEN = "broken"
    """The channel's own program ended or hung, and is started again after a pause."""
    PAUSED = "paused"
    """The network asked us to wait, and said for how long."""
    UNPAIRED = "unpaired"
    """No account was ever linked."""
    LOGGED_OUT = "logged-out"
    """The account's owner, or the network, ended the session."""
    REPLACED = "replaced"
    """Another program took the session over."""
    BANNED = "banned"
    """The network closed the account, for a time or for good."""
    OUTDATED = "outdated"
    """The network refuses this version of the client."""
    REFUSED = "refused"
    """The network does not accept the token, or the way of logging in."""

    @property
    def waits_for_owner(self) -> bool:
        """Whether nothing but the owner can mend it: trying again would not, or would do harm."""
        return self not in _PASSING


_PASSING = frozenset(
    {
        ChannelCondition.NONE,
        ChannelCondition.UNREACHABLE,
        ChannelCondition.BROKEN,
        ChannelCondition.PAUSED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelState:
    """A channel's status, with a sentence for a person when it is not up, and where to find it when it is."""

    status: ChannelStatus
    detail: str = ""
    condition: ChannelCondition = ChannelCondition.NONE
    hint: str = ""
    """What the owner can do about it, in words; empty when there is nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """An incoming message is on disk. ``duplicate``: it was there already. ``turn``: it woke the agent."""

    message: MessageId
    duplicate: bool
    turn: TurnId | None
    registered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatLine:
    """One line of a chat's history, either direction. ``id`` is ``in-N`` or ``out-N``; ``state`` a word for people.

    ``name`` is what the network calls the message: ``external_id`` of one that came in, ``client_id`` of one that went
    out. ``target`` is the ``id`` of the line that a reaction or an edit is about.
    """

    id: str
    at: Milliseconds
    direction: str
    sender: str
    text: str
    state: str
    name: str = ""
    kind: ReplyKind = ReplyKind.TEXT
    target: str = ""
    file: OutgoingFile | None = None
    attachments: tuple[Attachment, ...] = ()
    choices: tuple[str, ...] = ()
    """What can still be answered; empty once the question is answered or over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatCard:
    """A registered chat of this channel: its id, and the name and folder of the group behind it."""

    chat: str
    name: str
    folder: str
    hidden: bool = False
    """Of a temporary group: it can be used, and is not listed."""


class Conversations(Protocol):
    """What a channel with a face of its own (a page, a terminal) may ask about its own chats."""

    async def chats(self, channel: ChannelName) -> tuple[ChatCard, ...]:
        """The registered chats of a channel."""
        ...

    async def history(self, address: ChatAddress, *, limit: int) -> tuple[ChatLine, ...]:
        """The newest lines of a chat, oldest first."""
        ...

    async def line(self, address: ChatAddress, line: str) -> ChatLine | None:
        """One line of a chat by its id; None when this chat has no such line."""
        ...

    def watch(self, address: ChatAddress) -> AbstractContextManager[AsyncIterator[Event]]:
        """Events of one chat, from the moment the ``with`` block is entered."""
        ...

    async def expect(self, address: ChatAddress) -> None:
        """Someone is typing: an agent may be started ahead."""
        ...

    async def interrupt(self, address: ChatAddress) -> bool:
        """Stop what the agent does for this chat; False when it does nothing."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the composition root gives a channel."""

    accept: Callable[[InboundMessage], Awaitable[Receipt]]
    """Returns once the message is on disk: only then may the network be told that it arrived."""
    change: Callable[[InboundChange], Awaitable[None]]
    """Someone edited, took back or reacted to an earlier message, either side's; returns once that is on disk."""
    state_changed: Callable[[], None]
    """What ``state()`` returns is another than a moment ago: the owner may have to be told."""
    conversations: Conversations
    clock: Clock
    directory: Path
    """The channel's own folder for what it must keep, mode 700; created by the root."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """The table ``[channels.NAME]`` of the configuration, for the channel to parse."""


@runtime_checkable
class Probing(Protocol):
    """What a channel may offer besides: a proof that it works, for `nanoclaw verify`."""

    async def probe(self) -> str:
        """Go to the network and back, and show nothing to anybody; what that proved, in words. At most 30 s.

        Raises:
            ChannelError: it does not work, and what to do about it.
        """
        ...


class PairingFault(StrEnum):
    """Why an account could not be linked."""

    ALREADY = "already-paired"
    """An account is linked; ``logout`` first."""
    TIMEOUT = "timeout"
    """Nobody used a code while the network gave them out."""
    UNREACHABLE = "unreachable"
    OUTDATED = "outdated"
    """The network refuses this version of the client."""
    PASSKEY = "passkey"
    """The account demands a passkey, which this client cannot give."""
    BROKEN = "broken"
    """The channel's own program ended or hung."""
    REFUSED = "refused"
    """The network said no: a token, a telephone number, an account that is closed."""
    BUSY = "busy"
    """Someone else is pairing at this moment."""


class PairingError(ChannelError):
    """No account was linked. The text and the hint are for the owner."""

    def __init__(self, what: str, *, hint: str = "", fault: PairingFault) -> None:
        super().__init__(what, hint=hint)
        self.fault = fault


@dataclass(frozen=True, slots=True, kw_only=True)
class PairingCode:
    """What the owner does next. It replaces the code before; after ``expires`` seconds it is of no more use."""

    expires: float
    qr: str = ""
    """The content of a picture to scan; empty where there is only text."""
    code: str = ""
    """What to type: on the telephone, or to the bot."""
    words: str = ""
    """Where, in a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairingDone:
    """An account is linked, and what signs it in is on disk. Ids as the channel has them in addresses, "" if unknown.

    ``account`` is what the assistant writes as; ``owner`` is known by proof to be the owner, and becomes one;
    ``chat`` is the chat of the owner alone, which can be registered as main.
    """

    account: str = ""
    owner: str = ""
    chat: str = ""
    name: str = ""
    """What the owner, or the account, calls itself."""


PairingStep = PairingCode | PairingDone


@runtime_checkable
class Pairing(Protocol):
    """What a channel may offer besides: to link the owner's account, for `nanoclaw auth`. Both only beside ``run``."""

    def pair(self, phone: str = "") -> AsyncGenerator[PairingStep, None]:
        """Any number of codes, then that it is done, which is the last step. Closing it gives it up.

        ``phone``: link by a code to type, for this number (digits with country code), where the network has that.

        Raises:
            PairingError: it is over, and nothing was linked.
        """
        ...

    async def logout(self) -> None:
        """End the session at the network, and forget it here. Also safe where there is none.

        Raises:
            ChannelError: the network could not be told; here nothing was forgotten.
        """
        ...


class Channel(Protocol):
    """One network."""

    @property
    def name(self) -> ChannelName:
        """What it is called in the configuration and in addresses."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What the network can do; never changes."""
        ...

    def state(self) -> ChannelState:
        """How it is right now."""
        ...

    async def run(self, surroundings: Surroundings) -> None:
        """Connect, receive until cancelled, and tidy up. Reconnects by itself.

        Raises:
            ChannelError: it can never work as configured; the daemon reports it and goes on without this channel.
        """
        ...

    async def send(self, reply: Reply) -> str:
        """Deliver one message of a kind the channel claims; the network's id for it, by which it can be changed later.

        A text fits ``text_limit`` and is Markdown, for the channel to write in its dialect; a file was there, and not
        too large, a moment ago.
        Called again with the same ``client_id`` after a crash. Where the network is idempotent that is one message.

        Raises:
            TemporarySendError: try again later.
            PermanentSendError: do not.
        """
        ...

    async def show_typing(self, address: ChatAddress, *, typing: bool) -> None:
        """Show or clear "typing…". Best effort; never raises for the network's sake."""
        ...
