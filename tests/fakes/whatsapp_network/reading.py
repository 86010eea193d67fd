"""What a protobuf says to whoever reads it."""

from dataclasses import dataclass
from typing import Any

from tests.fakes.whatsapp_network.journal import Kind
from tests.fakes.whatsapp_network.protobufs import e2e

_MEDIA = {
    "imageMessage": "image",
    "videoMessage": "video",
    "audioMessage": "audio",
    "documentMessage": "document",
    "stickerMessage": "sticker",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A message, taken apart. ``media`` is the part of the protobuf that describes a file."""

    kind: Kind
    text: str
    target: str = ""
    target_sender: str = ""
    quoted: str = ""
    quoted_sender: str = ""
    quoted_text: str = ""
    mentions: tuple[str, ...] = ()
    media: Any = None
    media_kind: str = ""


def read(message: Any) -> Read:
    """Take a message apart as an app does."""
    inner = _unwrap(message)
    if inner.HasField("reactionMessage"):
        reaction = inner.reactionMessage
        return Read(
            kind=Kind.REACTION, text=reaction.text, target=reaction.key.ID, target_sender=reaction.key.participant
        )
    if inner.HasField("protocolMessage"):
        return _about_another(inner.protocolMessage)
    return _plain(inner)


def _unwrap(message: Any) -> Any:
    for name in ("deviceSentMessage", "ephemeralMessage", "editedMessage", "documentWithCaptionMessage"):
        if message.HasField(name):
            return _unwrap(getattr(message, name).message)
    return message


def _about_another(protocol: Any) -> Read:
    key = protocol.key
    if protocol.type == e2e.ProtocolMessage.REVOKE:
        return Read(kind=Kind.DELETE, text="", target=key.ID, target_sender=key.participant)
    edited = _plain(_unwrap(protocol.editedMessage))
    return Read(kind=Kind.EDIT, text=edited.text, target=key.ID, mentions=edited.mentions)


def _plain(message: Any) -> Read:
    if message.HasField("extendedTextMessage"):
        part = message.extendedTextMessage
        return _with_context(part, text=part.text)
    for name, kind in _MEDIA.items():
        if message.HasField(name):
            part = getattr(message, name)
            return _with_context(part, text=getattr(part, "caption", ""), media=part, media_kind=kind)
    return Read(kind=Kind.MESSAGE, text=message.conversation)


def _with_context(part: Any, *, text: str, media: Any = None, media_kind: str = "") -> Read:
    info = part.contextInfo
    quoted = _plain(_unwrap(info.quotedMessage)).text if info.HasField("quotedMessage") else ""
    return Read(
        kind=Kind.MESSAGE,
        text=text,
        quoted=info.stanzaID,
        quoted_sender=info.participant,
        quoted_text=quoted,
        mentions=tuple(info.mentionedJID),
        media=media,
        media_kind=media_kind,
    )


def stanza_type(message: Any) -> str:
    """What the stanza around a message says of it."""
    inner = _unwrap(message)
    if inner.HasField("reactionMessage"):
        return "reaction"
    return "media" if media_kind(message) else "text"


def media_kind(message: Any) -> str:
    """``image``, ``document``…, ``ptt`` for a voice note; empty without a file."""
    inner = _unwrap(message)
    kind = next((kind for name, kind in _MEDIA.items() if inner.HasField(name)), "")
    return "ptt" if kind == "audio" and inner.audioMessage.PTT else kind
