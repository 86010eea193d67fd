"""What people write, as protobufs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.fakes.whatsapp_network.media import Encrypted, MediaKind
from tests.fakes.whatsapp_network.protobufs import e2e


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A message that another one answers."""

    id: str
    sender: str
    text: str = ""


def text_message(text: str, quote: Quote | None = None, mentions: Sequence[str] = ()) -> Any:
    """A plain text, in the short form when nothing else belongs to it."""
    if quote is None and not mentions:
        return e2e.Message(conversation=text)
    return e2e.Message(extendedTextMessage=e2e.ExtendedTextMessage(text=text, contextInfo=context(quote, mentions)))


def context(quote: Quote | None, mentions: Sequence[str]) -> Any:
    """What a message refers to."""
    info = e2e.ContextInfo(mentionedJID=list(mentions))
    if quote:
        info.stanzaID = quote.id
        info.participant = quote.sender
        info.quotedMessage.conversation = quote.text
    return info


def key(chat: str, message_id: str, *, own: bool, participant: str = "") -> Any:
    """Which message another one is about; ``own`` as its writer sees it, ``participant`` in groups."""
    made = e2e.Message().reactionMessage.key
    made.remoteJID, made.ID, made.fromMe = chat, message_id, own
    if participant and not own:
        made.participant = participant
    return made


def reaction(about: Any, emoji: str, at: int) -> Any:
    """An emoji on a message; an empty one takes it away."""
    return e2e.Message(reactionMessage=e2e.ReactionMessage(key=about, text=emoji, senderTimestampMS=at * 1000))


def edit(about: Any, content: Any, at: int) -> Any:
    """Another content for an own message."""
    protocol = e2e.ProtocolMessage(
        key=about, type=e2e.ProtocolMessage.MESSAGE_EDIT, editedMessage=content, timestampMS=at * 1000
    )
    return e2e.Message(editedMessage=e2e.FutureProofMessage(message=e2e.Message(protocolMessage=protocol)))


def deletion(about: Any) -> Any:
    """For everybody."""
    return e2e.Message(protocolMessage=e2e.ProtocolMessage(key=about, type=e2e.ProtocolMessage.REVOKE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What a person says of a file that they send; ``size`` when it is not the true one."""

    name: str = ""
    media_type: str = "application/octet-stream"
    caption: str = ""
    voice: bool = False
    size: int | None = None


def file_message(kind: MediaKind, sheet: Sheet, file: Encrypted, path: str, info: Any) -> Any:
    """A file: where it is, how to decrypt it, and what it is said to be."""
    about = {
        "URL": f"https://mmg.whatsapp.net{path}",
        "directPath": path,
        "mediaKey": file.key,
        "fileEncSHA256": file.encrypted_digest,
        "fileSHA256": file.digest,
        "fileLength": file.size if sheet.size is None else sheet.size,
        "mimetype": sheet.media_type,
        "contextInfo": info,
    }
    match kind:
        case MediaKind.IMAGE:
            return e2e.Message(imageMessage=e2e.ImageMessage(caption=sheet.caption, **about))
        case MediaKind.VIDEO:
            return e2e.Message(videoMessage=e2e.VideoMessage(caption=sheet.caption, **about))
        case MediaKind.AUDIO:
            return e2e.Message(audioMessage=e2e.AudioMessage(PTT=sheet.voice, seconds=1, **about))
        case _:
            document = e2e.DocumentMessage(fileName=sheet.name, title=sheet.name, caption=sheet.caption, **about)
            message = e2e.Message(documentMessage=document)
    if not sheet.caption:
        return message
    return e2e.Message(documentWithCaptionMessage=e2e.FutureProofMessage(message=message))
