"""What WhatsApp says, as the messages and changes of this program.

A message of somebody is named ``SENDER/ID``, so that nobody can take the name of another's; the account's own ``ID``.
Who wrote is decided by ids alone: what people and groups call themselves changes nothing.
"""

from dataclasses import dataclass, field
from pathlib import Path

from nanoclaw.channels.whatsapp.crowd import Crowd
from nanoclaw.channels.whatsapp.identities import GROUP, LID, PHONE, Identities
from nanoclaw.channels.whatsapp.link import Incoming, Person
from nanoclaw.channels.whatsapp.media import Taken, take
from nanoclaw.channels.whatsapp.options import WhatsAppOptions
from nanoclaw.channels.whatsapp.sent import SentIds
from nanoclaw.model.chats import (
    ChangeKind,
    ChannelName,
    ChatAddress,
    InboundChange,
    InboundMessage,
    Quote,
    Sender,
)
from nanoclaw.model.clock import Clock, Milliseconds

WHATSAPP = ChannelName("whatsapp")

_DAY = 86_400_000
_UNREADABLE = "[A message came that could not be decrypted. Ask for it once more if it matters.]"
_CUT = "[… It was longer than any telephone writes, and is cut off here.]"
_LONGEST = 65_536
"""In characters; what the child hands in is never longer."""
_UNKNOWN = "[A message of a kind that cannot be shown here.]"
_CHANGES = {"edited": ChangeKind.EDITED, "deleted": ChangeKind.DELETED, "reacted": ChangeKind.REACTED}


@dataclass(slots=True, kw_only=True)
class Inbound:
    """Reads what the child hands in. ``me`` is the account, by every id that is known."""

    book: Identities
    crowd: Crowd
    sent: SentIds
    options: WhatsAppOptions
    folder: Path
    clock: Clock
    me: Person = field(default_factory=Person)

    def read(self, said: Incoming) -> InboundMessage | InboundChange | None:
        """The message or the change; None for what is nothing to us. Blocks for a look at files, and for the book.

        Raises:
            ChannelError: the book cannot be written.
        """
        if not said.chat.endswith((GROUP, PHONE, LID)) or self._too_old(said):
            return None
        chat = self._chat(said)
        if chat == self.book.settle(self.me) and not self.options.self_chat:
            return None
        sender = self._sender(said)
        if not said.from_me:
            self.crowd.saw(chat, said.sender)
        if said.kind in _CHANGES:
            return self._change(said, chat, sender)
        return self._message(said, chat, sender)

    def is_me(self, raw: str) -> bool:
        """Whether an id is the account's own."""
        return bool(raw) and raw in {self.me.lid, self.me.phone}

    def _too_old(self, said: Incoming) -> bool:
        return said.history and said.at < self.clock.now() - self.options.history_days * _DAY

    def _chat(self, said: Incoming) -> str:
        if said.chat_is_group:
            return said.chat
        if self.is_me(said.chat):
            return self.book.settle(self.me)
        other = said.chat_person
        if not (other.lid or other.phone):
            other = Person(lid=said.chat) if said.chat.endswith(LID) else Person(phone=said.chat)
        identity = self.book.settle(other)
        self.book.meet(identity)
        return identity

    def _sender(self, said: Incoming) -> Sender:
        identity = self.book.settle(self.me if said.from_me else said.sender)
        name = (self.me.name or said.sender.name or "You") if said.from_me else said.sender.name
        return Sender(id=identity, name=name or f"+{identity.partition('@')[0]}", also=self.book.others(identity))

    def _message(self, said: Incoming, chat: str, sender: Sender) -> InboundMessage:
        taken = take(said.media, self.folder)
        return InboundMessage(
            address=ChatAddress(channel=WHATSAPP, chat=chat),
            external_id=_named(said.from_me, sender.id, said.id),
            sender=sender,
            text=_text(said, taken),
            sent_at=Milliseconds(said.at if said.at > 0 else self.clock.now()),
            chat_name=said.chat_name or said.chat_person.name,
            quote=self._quote(said, chat),
            files=taken.files,
            mentions_assistant=self._means_us(said),
            from_assistant=said.from_me and said.id in self.sent,
            history=said.history,
        )

    def _means_us(self, said: Incoming) -> bool:
        if said.quoted is not None and said.quoted.id in self.sent:
            return True
        return self.options.mentions and any(self.is_me(one) for one in said.mentions)

    def _quote(self, said: Incoming, chat: str) -> Quote | None:
        quoted = said.quoted
        if quoted is None:
            return None
        if quoted.id in self.sent:
            return Quote(sender="you, the assistant", text=quoted.text)
        if self.is_me(quoted.sender):
            return Quote(sender=self.me.name or "You", text=quoted.text)
        name = self.crowd.name(chat, quoted.sender) or f"+{quoted.sender.partition('@')[0]}"
        return Quote(sender=name, text=quoted.text)

    def _change(self, said: Incoming, chat: str, sender: Sender) -> InboundChange | None:
        target = self._target(said, chat, sender)
        if not target:
            return None
        return InboundChange(
            address=ChatAddress(channel=WHATSAPP, chat=chat),
            external_id=_named(said.from_me, sender.id, said.id),
            kind=_CHANGES[said.kind],
            target=target,
            sender=sender,
            text="" if said.kind == "deleted" else said.text,
            mentions_assistant=said.kind == "edited" and self._means_us(said),
            at=Milliseconds(said.at if said.at > 0 else self.clock.now()),
        )

    def _target(self, said: Incoming, chat: str, sender: Sender) -> str:
        """The name of the message that a change is about; "" where its maker may not change it.

        Everybody edits and takes back their own messages, and who administers a group takes back those of all.
        """
        if said.kind == "reacted":
            author = self.book.identity(said.target_sender) if said.target_sender else chat
            return _named(said.target_from_me, author, said.target)
        if said.kind == "deleted" and said.by_admin and (said.target_from_me or said.target_sender):
            return _named(said.target_from_me, self.book.identity(said.target_sender), said.target)
        if said.target_from_me != said.from_me:
            return ""
        if said.target_sender and not said.from_me and self.book.identity(said.target_sender) != sender.id:
            return ""
        return _named(said.from_me, sender.id, said.target)


def _named(ours: bool, sender: str, identity: str) -> str:  # noqa: FBT001 - one question, asked four times
    return identity if ours else f"{sender}/{identity}"


def _text(said: Incoming, taken: Taken) -> str:
    if said.kind == "unreadable":
        return _UNREADABLE
    cut = _CUT if len(said.text) >= _LONGEST else ""
    parts = [part for part in (said.text, cut, *taken.notes) if part]
    return "\n".join(parts) if parts or taken.files else _UNKNOWN
