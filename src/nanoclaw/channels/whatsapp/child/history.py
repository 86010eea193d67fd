"""The conversations that a telephone sends to a new device: the newest of them, as far as they are of use."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nanoclaw.channels.whatsapp.child import nodes
from nanoclaw.channels.whatsapp.child.contents import read_contents
from nanoclaw.channels.whatsapp.child.inbound import GROUP, PHONE, without_device
from nanoclaw.channels.whatsapp.child.protobufs import neonize_pb2
from nanoclaw.channels.whatsapp.child.spool import key_of

DAYS = 14
EACH = 100
"""Messages of one conversation at most."""
ALL = 1_000
_DAY = 86_400_000
_SERVERS = {PHONE, "lid", GROUP}


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One message of the time before, as it came, with what is known of its chat."""

    id: str
    key: bytes
    at: int
    head: dict[str, str]
    message: bytes


def recent(event: bytes, now: int) -> list[Past]:
    """What is worth keeping of a history event, oldest first."""
    told = neonize_pb2.HistorySync.FromString(event)
    found = [one for conversation in told.Data.conversations for one in _newest(conversation, now - DAYS * _DAY)]
    return sorted(sorted(found, key=lambda one: one.at)[-ALL:], key=lambda one: one.at)


def _newest(conversation: Any, oldest: int) -> list[Past]:
    chat = without_device(conversation.ID)
    if chat.rpartition("@")[2] not in _SERVERS:
        return []
    head = {"chat": chat, "name": conversation.name or conversation.displayName}
    also = conversation.lidJID if chat.endswith(f"@{PHONE}") else conversation.pnJID
    head |= {"also": without_device(also)} if also and not chat.endswith(f"@{GROUP}") else {}
    found = sorted(_said(conversation, head, oldest), key=lambda one: one.at)
    return found[-EACH:]


def _said(conversation: Any, head: dict[str, str], oldest: int) -> Iterator[Past]:
    for entry in conversation.messages:
        message = entry.message
        at = message.messageTimestamp * 1000
        if at < oldest or not message.key.ID or read_contents(message.message) is None:
            continue
        sender = without_device(message.participant or message.key.participant) or head["chat"]
        yield Past(
            id=message.key.ID,
            key=key_of(message.key.ID, nodes.user(head["chat"]), nodes.user(sender)),
            at=at,
            head=head,
            message=message.SerializeToString(),
        )
