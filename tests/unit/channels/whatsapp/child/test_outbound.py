from typing import Any

import pytest

from nanoclaw.channels.whatsapp.child import outbound
from nanoclaw.channels.whatsapp.child.protobufs import e2e_pb2, neonize_pb2
from nanoclaw.channels.whatsapp.link import Edit, Quoted, React, Write

ANN, GROUP = "222@lid", "120@g.us"


def write(**more: Any) -> Write:
    return Write(order=1, client_id="c", chat=ANN, **{"text": "hi", **more})


def parsed(data: bytes) -> Any:
    return e2e_pb2.Message.FromString(data)


def test_a_text_goes_as_it_is() -> None:
    words = "hey @491 http://example.org *b*\n"
    assert parsed(outbound.text_message(write(text=words))).conversation == words


def test_a_text_that_quotes_and_mentions() -> None:
    order = write(quoted=Quoted(id="3A0", sender=ANN, text="before"), mentions=(ANN,))
    inner = parsed(outbound.text_message(order)).extendedTextMessage
    assert (inner.text, inner.contextInfo.stanzaID, inner.contextInfo.participant) == ("hi", "3A0", ANN)
    assert inner.contextInfo.quotedMessage.conversation == "before"
    assert list(inner.contextInfo.mentionedJID) == [ANN]


@pytest.mark.parametrize(
    ("media_type", "field", "number"),
    [
        ("image/jpeg", "imageMessage", 0),
        ("image/png", "imageMessage", 0),
        ("image/svg+xml", "documentMessage", 3),
        ("video/mp4", "videoMessage", 1),
        ("video/x-matroska", "documentMessage", 3),
        ("audio/mpeg", "audioMessage", 2),
        ("application/pdf", "documentMessage", 3),
        ("", "documentMessage", 3),
    ],
)
def test_files_go_as_what_telephones_can_show(media_type: str, field: str, number: int) -> None:
    assert outbound.upload_kind(media_type) == outbound.Upload(number=number, field=field)
    uploaded = neonize_pb2.UploadResponse(
        url="u", DirectPath="/p", Handle="", MediaKey=b"k", FileEncSHA256=b"e", FileSHA256=b"f", FileLength=5
    )
    message = parsed(outbound.file_message(write(media_type=media_type, name="a.bin", file="/x"), uploaded))
    assert [each.name for each, _ in message.ListFields()] == [field]
    inner = getattr(message, field)
    assert (inner.directPath, inner.mediaKey, inner.fileLength) == ("/p", b"k", 5)
    if field == "documentMessage":
        assert (inner.fileName, inner.caption) == ("a.bin", "hi")


def test_a_voice_note_is_one() -> None:
    uploaded = neonize_pb2.UploadResponse(
        url="u", DirectPath="/p", Handle="", MediaKey=b"k", FileEncSHA256=b"e", FileSHA256=b"f", FileLength=5
    )
    inner = parsed(outbound.file_message(write(media_type="audio/ogg", voice=True, file="/x"), uploaded)).audioMessage
    assert (inner.PTT, inner.mimetype) == (True, "audio/ogg; codecs=opus")


def test_a_reaction_names_the_author_where_there_are_many() -> None:
    def key(chat: str, sender: str) -> Any:
        order = React(order=1, client_id="c", chat=chat, target="3A0", target_sender=sender, emoji="👍")
        return parsed(outbound.reaction_message(order, 5)).reactionMessage.key

    ours, theirs, one_of_many = key(ANN, ""), key(ANN, ANN), key(GROUP, ANN)
    assert (ours.fromMe, ours.participant, ours.remoteJID, ours.ID) == (True, "", ANN, "3A0")
    assert (theirs.fromMe, theirs.participant) == (False, "")
    assert (one_of_many.fromMe, one_of_many.participant) == (False, ANN)


def test_an_edit_names_our_message() -> None:
    order = Edit(order=1, client_id="c", chat=ANN, target="3EB0", text="new", mentions=(ANN,))
    protocol = parsed(outbound.edit_message(order, 5)).editedMessage.message.protocolMessage
    assert (protocol.type, protocol.key.ID, protocol.key.fromMe) == (14, "3EB0", True)
    assert protocol.editedMessage.extendedTextMessage.text == "new"
