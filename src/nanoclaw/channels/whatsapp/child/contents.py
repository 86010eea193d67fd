"""What a message of the protocol says: its text, its file, what it is about. Everything in it was chosen by someone."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nanoclaw.channels.whatsapp.child.fetching import Where
from nanoclaw.channels.whatsapp.child.protobufs import e2e_pb2
from nanoclaw.channels.whatsapp.link import Quoted

TEXT_LIMIT = 65_536
"""Characters of a text that are taken; the network allows about as many."""
_QUOTE_LIMIT = 1_000
_MENTIONS = 100
_WRAPPERS = (
    "deviceSentMessage",
    "ephemeralMessage",
    "viewOnceMessage",
    "viewOnceMessageV2",
    "viewOnceMessageV2Extension",
    "lottieStickerMessage",
    "documentWithCaptionMessage",
    "botInvokeMessage",
    "groupMentionedMessage",
    "editedMessage",
    "spoilerMessage",
    "associatedChildMessage",
)
_SILENT = {"senderKeyDistributionMessage", "messageContextInfo", "fastRatchetKeySenderKeyDistributionMessage"}
_NOTHING = {"pinInChatMessage", "keepInChatMessage", "stickerSyncRmrMessage", "pollUpdateMessage", "albumMessage"}
_FILES = {
    "imageMessage": "image.jpg",
    "videoMessage": "video.mp4",
    "ptvMessage": "video.mp4",
    "audioMessage": "audio.ogg",
    "documentMessage": "document",
    "stickerMessage": "sticker.webp",
}

_KINDS = {
    "imageMessage": "Image",
    "stickerMessage": "Image",
    "videoMessage": "Video",
    "ptvMessage": "Video",
    "audioMessage": "Audio",
    "documentMessage": "Document",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A file that can be fetched."""

    name: str
    media_type: str
    size: int
    voice: bool
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What was said. ``target`` ids are those of a key: of whom depends on who says it."""

    kind: str
    text: str = ""
    part: Part | None = None
    quoted: Quoted | None = None
    mentions: tuple[str, ...] = ()
    target: str = ""
    target_sender: str = ""
    target_from_me: bool = False


def read_contents(message: Any) -> Contents | None:
    """What a ``waE2E.Message`` says; None when it says nothing to people."""
    message = unwrapped(message)
    filled = [field.name for field, _ in message.ListFields() if field.name not in _SILENT]
    if not filled or filled[0] in _NOTHING:
        return None
    if message.HasField("protocolMessage"):
        return _protocol(message.protocolMessage)
    if message.HasField("reactionMessage"):
        reaction = message.reactionMessage
        return _about("reacted", reaction.key, text=reaction.text)
    return _said(message, filled[0])


def unwrapped(message: Any) -> Any:
    """The message in its wrappers: for one view, for some days, with a caption."""
    for _ in range(len(_WRAPPERS)):
        wrapper = next((name for name in _WRAPPERS if message.HasField(name)), None)
        if wrapper is None or not getattr(message, wrapper).HasField("message"):
            break
        message = getattr(message, wrapper).message
    return message


def is_silent(message: Any) -> bool:
    """Whether it only carries keys."""
    return all(field.name in _SILENT for field, _ in message.ListFields())


def _protocol(protocol: Any) -> Contents | None:
    if protocol.type == e2e_pb2.ProtocolMessage.REVOKE and protocol.key.ID:
        return _about("deleted", protocol.key)
    if protocol.type == e2e_pb2.ProtocolMessage.MESSAGE_EDIT and protocol.key.ID:
        edited = read_contents(protocol.editedMessage)
        return _about("edited", protocol.key, text=edited.text if edited else "", within=edited)
    return None


def _about(kind: str, key: Any, *, text: str = "", within: Contents | None = None) -> Contents:
    return Contents(
        kind=kind,
        text=text[:TEXT_LIMIT],
        mentions=within.mentions if within else (),
        target=key.ID,
        target_sender=key.participant,
        target_from_me=key.fromMe,
    )


def _said(message: Any, name: str) -> Contents:
    inner = getattr(message, name)
    if name == "conversation":
        return Contents(kind="message", text=message.conversation[:TEXT_LIMIT])
    text = _WORDS[name](inner) if name in _WORDS else f"[{_plain(name)}: cannot be shown here]"
    context = getattr(inner, "contextInfo", None)
    return Contents(
        kind="message",
        text=text[:TEXT_LIMIT],
        part=_part(name, inner) if name in _FILES else None,
        quoted=_quoted(context) if context is not None else None,
        mentions=tuple(context.mentionedJID)[:_MENTIONS] if context is not None else (),
    )


def _quoted(context: Any) -> Quoted | None:
    if not context.stanzaID:
        return None
    said = read_contents(context.quotedMessage)
    text = (said.text or (f"[{said.part.media_type}]" if said.part else ""))[:_QUOTE_LIMIT] if said else ""
    return Quoted(id=context.stanzaID, sender=context.participant, text=text)


def _part(name: str, inner: Any) -> Part:
    return Part(
        name=getattr(inner, "fileName", "") or getattr(inner, "title", "") or _FILES[name],
        media_type=inner.mimetype or "application/octet-stream",
        size=inner.fileLength,
        voice=bool(getattr(inner, "PTT", False)),
        where=Where(
            path=inner.directPath,
            kind=_KINDS[name],
            key=inner.mediaKey,
            digest=inner.fileSHA256,
            encrypted_digest=inner.fileEncSHA256,
        ),
    )


def _location(inner: Any) -> str:
    place = ", ".join(part for part in (inner.name, inner.address) if part)
    return f"[location {inner.degreesLatitude:.6f}, {inner.degreesLongitude:.6f}{f': {place}' if place else ''}]"


def _poll(inner: Any) -> str:
    return "\n".join([f"[poll] {inner.name}", *(f"- {option.optionName}" for option in inner.options)])


def _contacts(inner: Any) -> str:
    return "\n".join(f"[contact] {one.displayName}" for one in inner.contacts)


def _plain(name: str) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name.removesuffix("Message"))


_WORDS: dict[str, Callable[[Any], str]] = {
    "extendedTextMessage": lambda inner: inner.text,
    "imageMessage": lambda inner: inner.caption,
    "videoMessage": lambda inner: inner.caption,
    "ptvMessage": lambda _: "",
    "audioMessage": lambda _: "",
    "documentMessage": lambda inner: inner.caption,
    "stickerMessage": lambda _: "",
    "locationMessage": _location,
    "liveLocationMessage": lambda inner: (
        f"[live location {inner.degreesLatitude:.6f}, {inner.degreesLongitude:.6f}] {inner.caption}".rstrip()
    ),
    "contactMessage": lambda inner: f"[contact] {inner.displayName}\n{inner.vcard}".rstrip(),
    "contactsArrayMessage": _contacts,
    "pollCreationMessage": _poll,
    "pollCreationMessageV2": _poll,
    "pollCreationMessageV3": _poll,
    "buttonsResponseMessage": lambda inner: inner.selectedDisplayText,
    "templateButtonReplyMessage": lambda inner: inner.selectedDisplayText,
    "listResponseMessage": lambda inner: inner.title,
    "groupInviteMessage": lambda inner: f"[invitation to a group] {inner.groupName}",
    "eventMessage": lambda inner: f"[event] {inner.name}",
}
