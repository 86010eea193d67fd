"""Updates in the model's words."""

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import User

from nanoclaw.channels.telegram.buttons import Pressed
from nanoclaw.channels.telegram.media import Media
from nanoclaw.channels.telegram.places import Places
from nanoclaw.channels.telegram.reading import Moved, Reader, Reading, Said
from nanoclaw.model.chats import ChangeKind, InboundChange, Quote, Sender
from nanoclaw.model.clock import Milliseconds
from tests.fakes.telegram_server import BOT, OWNER
from tests.unit.channels.telegram.conftest import FORUM, GROUP

PRIVATE = {"id": 1001, "type": "private", "first_name": "Olga"}
NOW = Milliseconds(1_800_000_000_000)
AT = 1_790_000_000
DOCUMENT = {"file_id": "f1", "file_unique_id": "u1", "file_name": "../../etc/passwd", "mime_type": "text/plain"}


def message(text: str | None = "Hello", chat: dict[str, Any] = PRIVATE, **more: Any) -> dict[str, Any]:
    words = {} if text is None else {"text": text}
    return {"message_id": 21, "date": AT, "from": OWNER, "chat": chat, **words, **more}


def read(update: dict[str, Any], places: Places | None = None) -> Reading | None:
    me = User.de_json({**BOT}, None)
    return Reader(me, places or Places(Path("unused"))).read({"update_id": 5, **copy.deepcopy(update)}, NOW)


def said(found: dict[str, Any], places: Places | None = None) -> Said:
    reading = read({"message": found}, places)
    assert isinstance(reading, Said)
    return reading


def changed(update: dict[str, Any], places: Places | None = None) -> InboundChange:
    reading = read(update, places)
    assert isinstance(reading, InboundChange)
    return reading


def entity(kind: str, offset: int, length: int, **more: Any) -> list[dict[str, Any]]:
    return [{"type": kind, "offset": offset, "length": length, **more}]


def test_a_text_with_its_chat_its_sender_and_its_time() -> None:
    found = said(message())
    assert found.private
    assert found.media is None
    one = found.message
    assert (one.address.channel, one.address.chat, one.external_id) == ("telegram", "1001", "21")
    assert (one.sender, one.chat_name) == (Sender(id="1001", name="Olga Owner"), "Olga")
    assert (one.text, one.sent_at, one.mentions_assistant, one.from_assistant) == ("Hello", AT * 1000, False, False)


def test_a_caption_and_a_file_whose_name_is_anything() -> None:
    found = said(message(None, caption="Look", document=DOCUMENT))
    assert found.message.text == "Look"
    assert found.media == Media(file="f1", name="../../etc/passwd", media_type="text/plain", size=0)
    long = said(message(None, document={**DOCUMENT, "file_name": f"{'x' * 3_000}.pdf"})).media
    assert long is not None
    assert (len(long.name), long.name[-5:]) == (255, "x.pdf")


def test_of_a_picture_the_largest_that_can_be_had() -> None:
    sizes = [
        {"file_id": str(width), "file_unique_id": str(width), "width": width, "height": width, "file_size": size}
        for width, size in ((90, 1_000), (800, 90_000), (5_000, 30_000_000))
    ]
    media = said(message(None, photo=sizes)).media
    assert media == Media(file="800", name="photo.jpg", media_type="image/jpeg", size=90_000)


@pytest.mark.parametrize(
    ("kind", "more", "name", "media_type"),
    [
        ("voice", {"duration": 3}, "voice.ogg", "audio/ogg"),
        ("video_note", {"duration": 3, "length": 240}, "video.mp4", "video/mp4"),
        ("audio", {"duration": 3, "file_name": "song.mp3", "mime_type": "audio/mpeg"}, "song.mp3", "audio/mpeg"),
        ("video", {"duration": 3, "width": 1, "height": 1}, "video.mp4", "video/mp4"),
        ("document", {}, "file", "application/octet-stream"),
    ],
)
def test_each_kind_of_file(kind: str, more: dict[str, Any], name: str, media_type: str) -> None:
    media = said(message(None, **{kind: {"file_id": "f", "file_unique_id": "u", "file_size": 7, **more}})).media
    assert media == Media(file="f", name=name, media_type=media_type, size=7, voice=kind == "voice")


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"location": {"latitude": 52.5, "longitude": 13.4}}, "[Location 52.500000, 13.400000]"),
        ({"contact": {"phone_number": "123", "first_name": "Bob"}}, "[Contact Bob: 123]"),
        ({"dice": {"emoji": "🎲", "value": 4}}, "[Dice 🎲: 4]"),
    ],
)
def test_what_is_neither_text_nor_file_becomes_words(more: dict[str, Any], text: str) -> None:
    assert said(message(None, **more)).message.text == text


def test_notices_and_posts_of_channels_are_nothing() -> None:
    assert read({"message": message(None, new_chat_title="Other")}) is None
    assert read({"message": message(None, new_chat_members=[OWNER])}) is None
    assert read({"channel_post": message()}) is None
    channel = {"id": -100900, "type": "channel", "title": "News"}
    assert read({"message": message(chat=GROUP, sender_chat=channel, is_automatic_forward=True)}) is None
    assert read({}) is None


def test_an_administrator_who_hides_is_the_chat() -> None:
    one = said(message(chat=GROUP, sender_chat=GROUP)).message
    assert one.sender == Sender(id="-100200", name="Family")


def test_words_of_others_are_marked_as_such() -> None:
    origin = {"type": "user", "date": AT, "sender_user": {"id": 6, "is_bot": False, "first_name": "Mal\nlory"}}
    assert said(message("/stop", forward_origin=origin)).message.text == "[Forwarded from Mal lory]\n/stop"


@pytest.mark.parametrize(
    ("text", "entities", "meant"),
    [
        ("😀 @Andy_Test_Bot hi", entity("mention", 3, 14), True),
        ("@andy_test_bot2 hi", entity("mention", 0, 15), False),
        ("@andy_test_bot hi", [], False),
        ("Andy hi", entity("text_mention", 0, 4, user=BOT), True),
        ("Olga hi", entity("text_mention", 0, 4, user=OWNER), False),
        ("/stop@andy_test_bot", entity("bot_command", 0, 19), True),
        ("/stop", entity("bot_command", 0, 5), False),
    ],
)
def test_who_is_meant_is_what_telegram_marks(text: str, entities: list[dict[str, Any]], meant: bool) -> None:  # noqa: FBT001
    assert said(message(text, GROUP, entities=entities)).message.mentions_assistant is meant


def test_a_command_loses_the_name_of_the_bot() -> None:
    found = message("/stop@andy_test_bot now", GROUP, entities=entity("bot_command", 0, 19))
    assert said(found).message.text == "/stop now"
    other = message("/stop@other_bot now", GROUP, entities=entity("bot_command", 0, 15))
    assert said(other).message.text == "/stop@other_bot now"


def test_a_reply_quotes_and_one_to_the_bot_means_it() -> None:
    ours = message("Tea?\n1. yes", GROUP, **{"from": BOT, "message_id": 9})
    one = said(message("yes", GROUP, reply_to_message=ours)).message
    assert (one.quote, one.mentions_assistant) == (Quote(sender="Andy", text="Tea?\n1. yes"), True)
    theirs = message(None, GROUP, document=DOCUMENT, message_id=9)
    one = said(message("nice", GROUP, reply_to_message=theirs)).message
    assert (one.quote, one.mentions_assistant) == (Quote(sender="Olga Owner", text="[File ../../etc/passwd]"), False)
    part = message("hm", GROUP, reply_to_message=ours, quote={"text": "Tea?", "position": 0})
    assert said(part).message.quote == Quote(sender="Andy", text="Tea?")


def test_a_topic_is_a_chat_of_its_own_and_its_beginning_is_no_reply() -> None:
    root = message(
        None, FORUM, **{"from": BOT, "message_id": 7, "forum_topic_created": {"name": "Plans", "icon_color": 1}}
    )
    places = Places(Path("unused"))
    found = message("Hi", FORUM, message_thread_id=7, is_topic_message=True, reply_to_message=root)
    one = said(found, places).message
    assert (one.address.chat, one.chat_name) == ("-100300/7", "Club › Plans")
    assert (one.quote, one.mentions_assistant) == (None, False)
    assert said(message("Hi", FORUM)).message.address.chat == "-100300"
    # A reply in an ordinary group has a thread, too.
    assert said(message("Hi", GROUP, message_thread_id=9)).message.address.chat == "-100200"


def test_an_edit_changes_its_message() -> None:
    update = {"edited_message": message("Hello!", edit_date=AT + 9)}
    found = changed(update)
    assert (found.kind, found.target, found.text, found.at) == (ChangeKind.EDITED, "21", "Hello!", (AT + 9) * 1000)
    assert found.external_id == changed(update).external_id
    assert found.external_id != changed({**update, "update_id": 6}).external_id
    assert read({"edited_message": message(None, edit_date=AT, new_chat_title="x")}) is None


def reaction(old: list[str], new: list[str], chat: dict[str, Any] = PRIVATE, **more: Any) -> dict[str, Any]:
    lists = [[{"type": "emoji", "emoji": one} for one in emojis] for emojis in (old, new)]
    found = {
        "chat": chat,
        "message_id": 12,
        "user": OWNER,
        "date": AT,
        "old_reaction": lists[0],
        "new_reaction": lists[1],
    }
    return {"message_reaction": {**found, **more}}


def test_a_reaction_is_put_on_changed_and_taken_back() -> None:
    found = changed(reaction([], ["👍"]))
    assert (found.kind, found.target, found.text, found.sender.id) == (ChangeKind.REACTED, "12", "👍", "1001")
    assert changed(reaction(["👍"], ["🔥"])).text == "🔥"
    assert changed(reaction(["👍"], [])).text == ""
    custom = [{"type": "custom_emoji", "custom_emoji_id": "5"}]
    assert read(reaction([], [], new_reaction=custom)) is None
    hidden = reaction([], ["👍"], GROUP, user=None, actor_chat=GROUP)
    assert changed(hidden).sender.id == "-100200"


def test_a_reaction_finds_its_topic() -> None:
    places = Places(Path("unused"))
    said(message("Hi", FORUM, message_thread_id=7, is_topic_message=True, message_id=12), places)
    assert changed(reaction([], ["👍"], FORUM), places).address.chat == "-100300/7"
    assert changed(reaction([], ["👍"], FORUM, message_id=13), places).address.chat == "-100300"


def test_a_group_that_moves_says_so_on_both_sides() -> None:
    old = {"id": -55, "type": "group", "title": "Old"}
    assert read({"message": message(None, old, migrate_to_chat_id=-10055)}) == Moved(old=-55, new=-10055)
    new = {"id": -10055, "type": "supergroup", "title": "Old"}
    assert read({"message": message(None, new, migrate_from_chat_id=-55)}) == Moved(old=-55, new=-10055)
    places = Places(Path("unused"))
    places.moves(-55, -10055)
    one = said(message("Still here", new), places).message
    assert (one.address.chat, one.external_id) == ("-55", "-10055:21")


def press(data: str, **more: Any) -> dict[str, Any]:
    markup = {
        "inline_keyboard": [
            [{"text": "yes", "callback_data": "1:question-4"}],
            [{"text": "2. no, …", "callback_data": "2:question-4"}],
        ]
    }
    ours = message("Tea?", GROUP, **{"from": BOT, "message_id": 9, "reply_markup": markup})
    return {"callback_query": {"id": "q1", "from": OWNER, "chat_instance": "c", "data": data, "message": ours, **more}}


def test_a_press_answers_its_question_with_the_words_or_the_number() -> None:
    found = read(press("1:question-4"))
    assert isinstance(found, Pressed)
    one = found.message
    assert (one.address.chat, one.sender.id, one.external_id) == ("-100200", "1001", "press-q1")
    assert (one.answers, one.text, one.sent_at) == ("question-4", "yes", NOW)
    cut = read(press("2:question-4"))
    assert isinstance(cut, Pressed)
    assert cut.message.text == "2"
    gone = {"chat": GROUP, "message_id": 9, "date": 0}
    old = read(press("1:question-4", message=gone))
    assert isinstance(old, Pressed)
    assert old.message.text == "1"


@pytest.mark.parametrize("data", ["", "1", "x:question-4", ":question-4", "1:", "²:question-4"])
def test_a_press_of_something_else_is_nothing(data: str) -> None:
    assert read(press(data)) is None


@pytest.mark.parametrize(
    "found",
    [
        {"message": message(5)},  # type: ignore[arg-type]
        {"message": message(["a"])},  # type: ignore[arg-type]
        {"message": {**message(), "message_id": "x"}},
        {"message": {**message(), "chat": {"id": True, "type": "private"}}},
        {"message": {**message(), "from": {"id": "1", "is_bot": False, "first_name": "x"}}},
        {"message": {**message(), "from": {"id": 1, "is_bot": False, "first_name": ["x"]}}},
        {"message": {**message(), "from": None}},
        {"message": {"text": "x"}},
        {"message": message(None, document={"file_id": "f", "file_unique_id": "u", "mime_type": 5})},
        {"message": message("ab", entities=[*entity("mention", 0, 2), {"type": 3}])},
        {"message_reaction": {"chat": PRIVATE}},
        {"callback_query": {"id": "q"}},
    ],
)  # fmt: skip
def test_what_is_not_as_the_bot_api_says_raises(found: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError, AttributeError, LookupError)):
        read(found)


def test_half_a_character_becomes_a_question_mark() -> None:
    assert said(message("a\ud83db")).message.text == "a?b"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(), max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("message_id", "date", "from", "chat", "text", "entities", "document", "photo", "reply_to_message", "sticker")


@given(st.dictionaries(st.sampled_from(FIELDS), JSON, min_size=1, max_size=4))
def test_nonsense_raises_or_is_read_as_what_a_store_can_keep(broken: dict[str, Any]) -> None:
    try:
        found = read({"message": {**message(), **broken}})
    except Exception:  # noqa: BLE001 - whatever: the update is passed over
        return
    if isinstance(found, Said):
        one = found.message
        values = [one.address.chat, one.external_id, one.sender.id, one.sender.name, one.text, one.chat_name]
        values += [one.quote.sender, one.quote.text] if one.quote else []
        values += [found.media.name, found.media.media_type, found.media.file] if found.media else []
        for value in values:
            assert isinstance(value, str)
            value.encode()
        assert isinstance(one.sent_at, int)
