"""Chats from before the link, which the telephone hands to a new device in one file."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.fakes.whatsapp_network.media import MediaKind, encrypt
from tests.fakes.whatsapp_network.protobufs import e2e, history, web
from tests.fakes.whatsapp_network.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A message of the past, a text or ``more``. ``sender`` is needed in groups, for what the owner did not write."""

    id: str
    text: str = ""
    at: int
    from_me: bool = False
    sender: str = ""
    more: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastChat:
    """A chat; ``id`` as the telephone knows it, oldest message first."""

    id: str
    name: str
    messages: Sequence[Past]


def notification(world: World, chats: Sequence[PastChat], kind: str) -> Any:
    """The message that tells a device where its history is. ``kind`` is a name of ``HistorySyncType``."""
    told = history.HistorySync(
        syncType=history.HistorySync.HistorySyncType.Value(kind),
        chunkOrder=1,
        progress=100,
        conversations=[_conversation(chat) for chat in chats],
    )
    file = encrypt(zlib.compress(told.SerializeToString()), MediaKind.HISTORY)
    about = e2e.HistorySyncNotification(
        fileSHA256=file.digest,
        fileLength=file.size,
        mediaKey=file.key,
        fileEncSHA256=file.encrypted_digest,
        directPath=world.media.keep(file.data),
        syncType=e2e.HistorySyncType.Value(kind),
        chunkOrder=1,
        progress=100,
    )
    protocol = e2e.ProtocolMessage(type=e2e.ProtocolMessage.HISTORY_SYNC_NOTIFICATION, historySyncNotification=about)
    return e2e.Message(protocolMessage=protocol)


def _conversation(chat: PastChat) -> Any:
    messages = [history.HistorySyncMsg(message=_message(chat, past)) for past in reversed(chat.messages)]
    return history.Conversation(ID=chat.id, name=chat.name, messages=messages)


def _message(chat: PastChat, past: Past) -> Any:
    made = web.WebMessageInfo(message=past.more or e2e.Message(conversation=past.text), messageTimestamp=past.at)
    made.key.remoteJID, made.key.ID, made.key.fromMe = chat.id, past.id, past.from_me
    if past.sender:
        made.key.participant = made.participant = past.sender
    return made
