"""Replies, as Telegram gets them."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nanoclaw.channels.contract import PermanentSendError, TemporarySendError
from nanoclaw.model.turns import OutgoingFile, QuotedMessage, Reply, ReplyKind
from tests.fakes.telegram_rules import RefusedError
from tests.fakes.telegram_server import Sent
from tests.unit.channels.telegram.conftest import Scene

LONG = "word " * 300


async def send(live: Scene, text: str, chat: str = "1001", **more: Any) -> Sent:
    await carry(live, live.world.compose(chat, text, **more))
    return live.server.sent[-1]


async def carry(live: Scene, reply: Reply) -> str:
    live.world.clock.ahead += 5  # so that no pace is to be kept
    return await live.channel.send(reply)


def on_disk(folder: Path, name: str, media_type: str, content: bytes = b"content") -> OutgoingFile:
    path = folder / "outgoing"
    path.write_bytes(content)
    return OutgoingFile(name=name, media_type=media_type, path=str(path), size=len(content))


async def test_markdown_is_shown_as_such_and_what_is_linked_is_not_opened(live: Scene) -> None:
    sent = await send(live, "**Hi** & `<you>` https://a.b/c")
    assert (sent.seen.text, sent.seen.marks) == ("Hi & <you> https://a.b/c", (("b", "Hi"), ("code", "<you>")))
    assert json.loads(sent.fields["link_preview_options"]) == {"is_disabled": True}


async def test_what_telegram_cannot_read_goes_out_plain(live: Scene) -> None:
    live.server.fails("sendMessage", RefusedError(400, "Bad Request: can't parse entities: unexpected end tag"))
    sent = await send(live, "**Hi**")
    assert (sent.seen.text, sent.seen.marks) == ("**Hi**", ())


@pytest.mark.parametrize("text", ["```\n```", "> ", "# "])
async def test_marks_without_words_are_sent_as_they_are(live: Scene, text: str) -> None:
    assert (await send(live, text + ".")).seen.text
    sent = await send(live, text + "x")
    assert "x" in sent.seen.text


async def test_a_message_of_the_greatest_length_in_emoji_is_accepted(live: Scene) -> None:
    limit, measure = live.channel.capabilities.text_limit, live.channel.capabilities.measure
    text = "\N{GRINNING FACE}" * (limit // 2)
    assert measure(text) == limit
    assert (await send(live, text)).seen.text == text
    with pytest.raises(PermanentSendError, match="too long"):
        await send(live, text + "x")


async def test_a_reply_shows_what_it_answers(live: Scene) -> None:
    quote = QuotedMessage(external_id="31", sender="1001", text="Tea?")
    asked = (await send(live, "Yes", quote=quote)).fields["reply_parameters"]
    assert json.loads(asked) == {"message_id": 31, "allow_sending_without_reply": True}
    other = QuotedMessage(external_id="press-7", sender="1001", text="yes")
    assert "reply_parameters" not in (await send(live, "Yes", quote=other)).fields


async def test_buttons_carry_their_question_or_are_left_out_where_it_does_not_fit(live: Scene) -> None:
    sent = await send(live, "Tea?", choices=("yes", "no " * 40))
    buttons = [row[0] for row in json.loads(sent.fields["reply_markup"])["inline_keyboard"]]
    assert [one["callback_data"] for one in buttons] == ["1:reply-1", "2:reply-1"]
    assert buttons[0]["text"] == "yes"
    assert buttons[1]["text"].startswith("2. no no")
    await live.channel.send(replace(live.world.compose("1001", "x", choices=("a", "b")), client_id="x" * 70))
    assert "reply_markup" not in live.server.sent[-1].fields


@pytest.mark.parametrize(
    ("media_type", "method"),
    [
        *(("image/jpeg", "photo"), ("image/png", "photo"), ("image/svg+xml", "document"), ("image/gif", "animation")),
        *(("video/mp4", "video"), ("audio/ogg", "voice"), ("audio/mpeg", "audio"), ("application/pdf", "document")),
    ],
)
async def test_each_file_by_its_own_method(live: Scene, tmp_path: Path, media_type: str, method: str) -> None:
    sent = await send(
        live, "**Look**", kind=ReplyKind.FILE, file=on_disk(tmp_path, "some \u00e4\u202e.bin", media_type)
    )
    assert (sent.method, sent.content) == (method, b"content")
    assert sent.name == "some \u00e4_.bin"
    assert (sent.seen.text, sent.seen.marks) == ("Look", (("b", "Look"),))


async def test_a_picture_that_is_none_goes_out_as_a_document(live: Scene, tmp_path: Path) -> None:
    live.server.pictures_only = True
    sent = await send(live, "Look", kind=ReplyKind.FILE, file=on_disk(tmp_path, "cat.png", "image/png"))
    assert (sent.method, sent.content, sent.seen.text) == ("document", b"content", "Look")


async def test_a_server_without_voice_notes_gets_a_document(live: Scene, tmp_path: Path) -> None:
    live.server.fails("sendVoice", RefusedError(404, "Not Found"))
    sent = await send(live, "", kind=ReplyKind.FILE, file=on_disk(tmp_path, "note.ogg", "audio/ogg"))
    assert (sent.method, sent.content) == ("document", b"content")


async def test_what_is_too_long_for_a_caption_comes_before_its_file(live: Scene, tmp_path: Path) -> None:
    await send(live, LONG, kind=ReplyKind.FILE, file=on_disk(tmp_path, "a.pdf", "application/pdf"))
    first, second = live.server.sent
    assert (first.method, first.seen.text) == ("message", LONG)
    assert (second.method, second.seen.text) == ("document", "")


async def test_a_file_that_is_gone_is_not_tried_again(live: Scene, tmp_path: Path) -> None:
    file = replace(on_disk(tmp_path, "a.pdf", "application/pdf"), path=str(tmp_path / "nowhere"))
    with pytest.raises(PermanentSendError, match=r"a\.pdf"):
        await send(live, "", kind=ReplyKind.FILE, file=file)


async def test_an_edit_replaces_a_text_or_a_caption(live: Scene, tmp_path: Path) -> None:
    text = await send(live, "Frist")
    file = await send(live, "Frist", kind=ReplyKind.FILE, file=on_disk(tmp_path, "a.pdf", "application/pdf"))
    for sent in (text, file):
        assert await carry(live, edit(live, sent.id, "**First**")) == str(sent.id)
        assert sent.seen.text == "First"
    assert await carry(live, edit(live, text.id, "**First**")) == str(text.id)
    with pytest.raises(PermanentSendError, match="not found"):
        await carry(live, edit(live, 9_999, "First"))
    with pytest.raises(PermanentSendError, match="not in this chat"):
        await carry(live, live.world.compose("1001", "x", kind=ReplyKind.EDIT, target="press-1"))


def edit(live: Scene, target: int, text: str) -> Reply:
    return live.world.compose("1001", text, kind=ReplyKind.EDIT, target=str(target))


async def test_a_reaction_that_telegram_knows_is_put_on_and_another_one_is_said(live: Scene) -> None:
    async def react(emoji: str) -> str:
        return await carry(live, live.world.compose("1001", emoji, kind=ReplyKind.REACTION, target="31"))

    assert await react("\N{THUMBS UP SIGN}") == "31"
    assert live.server.reactions[1001, 31] == ["\N{THUMBS UP SIGN}"]
    assert await react("\N{HEAVY BLACK HEART}\N{VARIATION SELECTOR-16}") == "31"
    assert await react("") == "31"
    assert live.server.reactions[1001, 31] == []
    assert not live.server.sent
    # The first of these no bot can put on; the second one is not allowed in this chat.
    for emoji in ("\N{TEACUP WITHOUT HANDLE}", "\N{CLOWN FACE}"):
        await react(emoji)
        assert live.server.sent[-1].seen.text == emoji
        assert json.loads(live.server.sent[-1].fields["reply_parameters"])["message_id"] == 31


async def test_a_flood_is_waited_for_and_only_in_its_chat(live: Scene) -> None:
    live.server.fails("sendMessage", RefusedError(429, "Too Many Requests: retry after 40", retry_after=40))
    with pytest.raises(TemporarySendError) as caught:
        await send(live, "one")
    assert caught.value.after == 40
    calls = len(live.server.calls)
    with pytest.raises(TemporarySendError) as caught:
        await send(live, "one")
    assert 30 < caught.value.after <= 40
    await live.channel.show_typing(live.world.address("1001"), typing=True)
    assert live.server.calls.count("sendmessage") == 1
    assert len(live.server.calls) - calls <= 1  # a poll, maybe
    await send(live, "elsewhere", "-100200")
    live.world.clock.ahead += 41
    await send(live, "one")
    assert live.server.texts == ["elsewhere", "one"]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (RefusedError(403, "Forbidden: bot was kicked from the group chat"), PermanentSendError),
        (RefusedError(400, "Bad Request: chat not found"), PermanentSendError),
        (RefusedError(500, "Internal Server Error"), TemporarySendError),
        (RefusedError(502, "Bad Gateway"), TemporarySendError),
        (RefusedError(401, "Unauthorized"), TemporarySendError),
        ("drop", TemporarySendError),
        ("garbage", TemporarySendError),
    ],
)
async def test_what_may_pass_is_told_from_what_may_not(
    live: Scene, fault: RefusedError | str, kind: type[Exception]
) -> None:
    live.server.fails("sendMessage", fault)
    with pytest.raises(kind):
        await send(live, "Hello")


async def test_a_blocked_bot_says_what_to_do(live: Scene) -> None:
    live.server.blocked.add(1001)
    with pytest.raises(PermanentSendError, match="blocked by the user") as caught:
        await send(live, "Hello")
    assert "Unblock" in caught.value.hint
    await live.channel.show_typing(live.world.address("1001"), typing=True)


async def test_a_group_that_moved_is_found_by_sending(live: Scene) -> None:
    live.server.moved[-55] = -10055
    sent = await send(live, "Hello", "-55")
    assert (sent.chat, live.server.calls.count("sendmessage")) == (-10055, 2)
    assert (await send(live, "Again", "-55")).chat == -10055


async def test_a_topic_that_is_not_there_and_a_chat_that_is_none(live: Scene) -> None:
    with pytest.raises(PermanentSendError, match="thread not found"):
        await send(live, "Hello", "-100300/7")
    with pytest.raises(PermanentSendError, match="no chat of Telegram"):
        await live.channel.send(replace(live.world.compose("1001", "x"), address=live.world.address("family")))


async def test_typing_is_shown_in_its_topic(live: Scene) -> None:
    live.server.topics[-100300] = {7}
    await live.channel.show_typing(live.world.address("-100300/7"), typing=True)
    await live.channel.show_typing(live.world.address("1001"), typing=False)
    assert live.server.typed == [(-100300, 7)]
