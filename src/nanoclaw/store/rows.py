"""Rows to values and back."""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from nanoclaw.model.chats import (
    Attachment,
    ChangeKind,
    ChatId,
    InboundMessage,
    MessageId,
    Quote,
    Sender,
    StoredMessage,
)
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import Group, GroupFolder, GroupId
from nanoclaw.model.options import GroupOptions, options_from_text


def group_from(row: Sequence[Any]) -> Group:
    """From columns id, folder, name, trigger, requires_trigger, is_main, options, temporary."""
    return Group(
        id=GroupId(row[0]),
        folder=GroupFolder(row[1]),
        name=row[2],
        trigger=row[3],
        requires_trigger=bool(row[4]),
        is_main=bool(row[5]),
        options=_options(row[6]),
        temporary=bool(row[7]),
    )


@lru_cache(maxsize=1024)
def _options(text: str) -> GroupOptions:
    return options_from_text(json.loads(text))


def message_from(row: Sequence[Any]) -> StoredMessage:
    """From columns id, chat_id, external_id, sender_id, sender_name, text, quote, attachments, sent_at, question.

    And, for a line about another message, change, about, about_text.
    """
    return StoredMessage(
        id=MessageId(row[0]),
        chat=ChatId(row[1]),
        external_id=row[2],
        sender=Sender(id=row[3], name=row[4]),
        text=row[5],
        quote=Quote(**json.loads(row[6])) if row[6] else None,
        attachments=tuple(Attachment(**one) for one in json.loads(row[7])) if row[7] else (),
        sent_at=Milliseconds(row[8]),
        answers=row[9] or "",
        change=ChangeKind(row[10]) if row[10] else None,
        about=row[11] or "",
        about_text=row[12] or "",
    )


def message_values(message: InboundMessage) -> dict[str, Any]:
    """The named values of ``inbox.insert`` that come from the message itself.

    What stands inside JSON is made storable here: as an escape it would pass unseen, and come back as it was.
    """
    quote, attachments = message.quote, message.attachments
    return {
        "external_id": message.external_id,
        "sender_id": message.sender.id,
        "sender_name": message.sender.name,
        "text": message.text,
        "quote": json.dumps({"sender": storable(quote.sender), "text": storable(quote.text)}) if quote else None,
        "attachments": json.dumps([_attachment(one) for one in attachments]) if attachments else None,
        "from_assistant": int(message.from_assistant),
        "sent_at": message.sent_at,
    }


def _attachment(one: Attachment) -> dict[str, str]:
    return {"name": storable(one.name), "media_type": storable(one.media_type), "path": storable(one.path)}


def storable(text: str) -> str:
    """Text that SQLite can hold: NUL and lone surrogates replaced by U+FFFD, everything else as it is."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if not _encodable(text) else text


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
