"""From the library's events to what the parent is told."""

import json
from dataclasses import dataclass
from typing import Any

from nanoclaw.channels.whatsapp.child import nodes
from nanoclaw.channels.whatsapp.child.contents import Contents, Part, is_silent, read_contents
from nanoclaw.channels.whatsapp.child.protobufs import neonize_pb2, web_pb2
from nanoclaw.channels.whatsapp.child.spool import key_of
from nanoclaw.channels.whatsapp.link import Incoming, Person

PHONE, ACCOUNT, GROUP = "s.whatsapp.net", "lid", "g.us"
_UNINTERESTING = {"newsletter"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An ``Incoming``, and the file that can be fetched for it."""

    incoming: Incoming
    part: Part | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What can be told of a message at first sight, on its way to the disk."""

    id: str
    origin: str
    """The user part of the node's ``from``: what it is expected by."""
    key: bytes
    silent: bool
    """Only keys, or of no interest to anybody."""
    part_only: bool
    """Only keys: the message itself may still come."""


def heading(event: bytes) -> Heading:
    """Of a message event, or of one that could not be decrypted."""
    told = neonize_pb2.Message.FromString(event)
    return _heading(told.Info, told.Message if told.HasField("Message") else None)


def undecryptable_heading(event: bytes) -> tuple[Heading, bool]:
    """Of one that could not be decrypted, and whether nobody would have seen it anyway."""
    told = neonize_pb2.UndecryptableMessage.FromString(event)
    hidden = told.DecryptFailMode == neonize_pb2.UndecryptableMessage.DECRYPT_FAIL_HIDE
    return _heading(told.Info, None), hidden


def _heading(info: Any, message: Any) -> Heading:
    source = info.MessageSource
    keys_only = message is not None and is_silent(message)
    silent = source.Chat.Server in _UNINTERESTING or _address(source.Chat) == "status@broadcast"
    silent = silent or (message is not None and read_contents(message) is None)
    return Heading(
        id=info.ID,
        origin=nodes.user((source.Chat if source.IsGroup else source.Sender).User),
        key=key_of(info.ID, nodes.user(source.Chat.User), nodes.user(source.Sender.User)),
        silent=silent,
        part_only=keys_only,
    )


def from_message(number: int, event: bytes, me: Person) -> Arrival | None:
    """A message event. None: nothing in it is for people."""
    told = neonize_pb2.Message.FromString(event)
    contents = read_contents(told.Message)
    if contents is None:
        return None
    incoming = _incoming(number, told.Info, contents, me)
    return Arrival(incoming=incoming, part=contents.part)


def from_undecryptable(number: int, event: bytes, me: Person) -> Arrival:
    """A message that could not be decrypted and did not come again."""
    told = neonize_pb2.UndecryptableMessage.FromString(event)
    return Arrival(incoming=_incoming(number, told.Info, Contents(kind="unreadable"), me))


def from_lost(number: int, data: bytes, now: int) -> Arrival:
    """A message that was decrypted once and never written down: all that its confirmation told of it."""
    told = json.loads(data)
    chat, sender = without_device(told["chat"]), without_device(told["sender"])
    mine = bool(told["recipient"])
    chat = without_device(told["recipient"]) if mine else chat
    group = chat.endswith(f"@{GROUP}")
    return Arrival(
        incoming=Incoming(
            number=number,
            kind="unreadable",
            id=told["id"],
            chat=chat,
            chat_is_group=group,
            chat_person=Person() if group else person(chat, ""),
            sender=person(sender, ""),
            from_me=mine,
            at=now,
        )
    )


def from_history(number: int, data: bytes, me: Person) -> Arrival | None:
    """A message of the time before, behind a line of JSON that names the chat as the telephone knows it."""
    head_line, _, message = data.partition(b"\0")
    head: dict[str, str] = json.loads(head_line)
    told = web_pb2.WebMessageInfo.FromString(message)
    contents = read_contents(told.message)
    if contents is None or contents.kind == "reacted":
        return None
    chat, group, mine = head["chat"], head["chat"].endswith(f"@{GROUP}"), told.key.fromMe
    other = person(chat, head.get("also", ""))
    author = without_device(told.participant or told.key.participant) or chat
    sender = me if mine else person(author, "") if group else other
    return Arrival(
        incoming=Incoming(
            number=number,
            kind=contents.kind,  # type: ignore[arg-type]  # one of the kinds
            id=told.key.ID,
            chat=chat,
            chat_is_group=group,
            chat_name=head.get("name", ""),
            chat_person=Person() if group else other,
            sender=sender.model_copy(update={"name": "" if mine else told.pushName}),
            from_me=mine,
            at=told.messageTimestamp * 1000,
            history=True,
            **_contents(contents),
            **_target(contents, _Sides(author=author, mine=mine, chat=chat, group=group, me=me)),
        ),
        part=contents.part,
    )


def _incoming(number: int, info: Any, contents: Contents, me: Person) -> Incoming:
    source = info.MessageSource
    mine = source.IsFromMe
    sender = person(_address(source.Sender), _address(source.SenderAlt))
    if mine:
        sender = Person(lid=sender.lid or me.lid, phone=sender.phone or me.phone)
    chat, group = _address(source.Chat), source.Chat.Server == GROUP
    if source.Chat.Server == "broadcast" and not mine:
        chat = _address(source.Sender)  # sent to a list: for us a message of the sender's
    other = person(chat, _address(source.RecipientAlt)) if mine else sender
    return Incoming(
        number=number,
        kind=contents.kind,  # type: ignore[arg-type]  # one of the kinds
        id=info.ID,
        chat=chat,
        chat_is_group=group,
        chat_person=Person() if group else other.model_copy(update={"name": "" if mine else info.Pushname}),
        sender=sender.model_copy(update={"name": info.Pushname}),
        from_me=mine,
        at=info.Timestamp,
        **_contents(contents),
        **_target(contents, _Sides(author=_address(source.Sender), mine=mine, chat=chat, group=group, me=me)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sides:
    """Who says something about an earlier message, and where."""

    author: str
    mine: bool
    chat: str
    group: bool
    me: Person


def _target(contents: Contents, sides: _Sides) -> dict[str, Any]:
    """Who wrote the message that it is about. A key is written from its author's side: "from me" is from them."""
    if not contents.target:
        return {}
    if contents.target_from_me:
        sender, ours = sides.author, sides.mine
    elif sides.group:
        sender = without_device(contents.target_sender)
        ours = bool(sender) and sender in {sides.me.lid, sides.me.phone}
    else:
        sender, ours = sides.chat if sides.mine else "", not sides.mine
    return {"target": contents.target, "target_sender": sender, "target_from_me": ours}


def _contents(contents: Contents) -> dict[str, Any]:
    return {"text": contents.text, "quoted": contents.quoted, "mentions": contents.mentions}


def person(address: str, also: str) -> Person:
    """Someone by one or two of their ids, whichever is which."""
    ids = {one.rpartition("@")[2]: one for one in (also, address) if one}
    return Person(lid=ids.get(ACCOUNT, ""), phone=ids.get(PHONE, ""))


def without_device(address: str) -> str:
    """An id without the device that the network puts into it."""
    user, _, server = address.partition("@")
    return f"{nodes.user(user)}@{server}" if server else ""


def _address(jid: Any) -> str:
    return f"{jid.User}@{jid.Server}" if jid.Server else ""
