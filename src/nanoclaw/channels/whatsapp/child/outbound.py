"""From the parent's orders to messages of the protocol. Texts go as they are: nothing is scanned or fetched."""

from dataclasses import dataclass
from typing import Any

from nanoclaw.channels.whatsapp.child.inbound import GROUP
from nanoclaw.channels.whatsapp.child.protobufs import common_pb2, e2e_pb2
from nanoclaw.channels.whatsapp.link import Edit, React, Write

_PREVIEW = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """How a file is sent: the library's number for its kind, and the field of the message that holds it."""

    number: int
    field: str


def upload_kind(media_type: str) -> Upload:
    """By media type; what is neither picture, film nor sound is a document, and so is what telephones cannot show."""
    main, _, sub = media_type.partition("/")
    if main == "image" and sub in {"jpeg", "png"}:
        return Upload(number=0, field="imageMessage")
    if main == "video" and sub in {"mp4", "3gpp"}:
        return Upload(number=1, field="videoMessage")
    if main == "audio":
        return Upload(number=2, field="audioMessage")
    return Upload(number=3, field="documentMessage")


def text_message(order: Write) -> bytes:
    """A text, with what it quotes and whom it mentions."""
    message = e2e_pb2.Message()
    context = _context(order)
    if context is None:
        message.conversation = order.text
    else:
        message.extendedTextMessage.text = order.text
        message.extendedTextMessage.contextInfo.CopyFrom(context)
    return bytes(message.SerializeToString())


def file_message(order: Write, uploaded: Any) -> bytes:
    """A file that was uploaded, with its caption. Sound has none: the parent sends it before."""
    kind = upload_kind(order.media_type)
    message = e2e_pb2.Message()
    inner = getattr(message, kind.field)
    inner.URL, inner.directPath = uploaded.url, uploaded.DirectPath
    inner.mediaKey, inner.fileEncSHA256 = uploaded.MediaKey, uploaded.FileEncSHA256
    inner.fileSHA256, inner.fileLength = uploaded.FileSHA256, uploaded.FileLength
    inner.mimetype = order.media_type or "application/octet-stream"
    if kind.field == "audioMessage":
        inner.PTT = order.voice
        if order.voice:
            inner.mimetype = "audio/ogg; codecs=opus"
    else:
        inner.caption = order.text
    if kind.field == "documentMessage":
        inner.fileName = inner.title = order.name or "file"
    context = _context(order)
    if context is not None:
        inner.contextInfo.CopyFrom(context)
    return bytes(message.SerializeToString())


def reaction_message(order: React, now: int) -> bytes:
    """An emoji on a message; an empty one takes it away."""
    key = _key(order.chat, order.target, order.target_sender)
    reaction = e2e_pb2.ReactionMessage(key=key, text=order.emoji, senderTimestampMS=now)
    return bytes(e2e_pb2.Message(reactionMessage=reaction).SerializeToString())


def edit_message(order: Edit, now: int) -> bytes:
    """A new text for a message of ours."""
    edited = e2e_pb2.Message()
    edited.extendedTextMessage.text = order.text
    if order.mentions:
        edited.extendedTextMessage.contextInfo.mentionedJID.extend(order.mentions)
    protocol = e2e_pb2.ProtocolMessage(
        key=_key(order.chat, order.target, ""),
        type=e2e_pb2.ProtocolMessage.MESSAGE_EDIT,
        editedMessage=edited,
        timestampMS=now,
    )
    message = e2e_pb2.Message()
    message.editedMessage.message.protocolMessage.CopyFrom(protocol)
    return bytes(message.SerializeToString())


def _key(chat: str, target: str, sender: str) -> Any:
    key = common_pb2.MessageKey(remoteJID=chat, fromMe=not sender, ID=target)
    if sender and chat.endswith(f"@{GROUP}"):
        key.participant = sender
    return key


def _context(order: Write) -> Any:
    if order.quoted is None and not order.mentions:
        return None
    context = e2e_pb2.ContextInfo(mentionedJID=order.mentions)
    if order.quoted is not None:
        context.stanzaID, context.participant = order.quoted.id, order.quoted.sender
        context.quotedMessage.conversation = order.quoted.text[:_PREVIEW]
    return context
