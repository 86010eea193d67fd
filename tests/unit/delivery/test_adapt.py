"""A reply as its channel can carry it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nanoclaw.channels.contract import Capabilities, Dialect, PermanentSendError
from nanoclaw.delivery.adapt import adapt, plain_words, show_size
from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.turns import OutgoingFile, QuotedMessage, Reply, ReplyId, ReplyKind

NOW = Milliseconds(1_000_000)
PLAIN = Capabilities(dialect=Dialect.PLAIN, text_limit=100, idempotent=True)
ABLE = Capabilities(
    dialect=Dialect.PLAIN,
    text_limit=100,
    idempotent=True,
    files=True,
    file_limit=50,
    reactions=True,
    edits=True,
    choices=True,
)


def a_reply(text: str, **special: Any) -> Reply:
    return Reply(
        id=ReplyId(1),
        address=ChatAddress(channel=ChannelName("web"), chat="main"),
        turn=None,
        client_id="c",
        text=text,
        attempts=1,
        created_at=Milliseconds(0),
        **special,
    )


@pytest.fixture
def file(tmp_path: Path) -> OutgoingFile:
    path = tmp_path / "copy"
    path.write_bytes(b"x" * 50)
    return OutgoingFile(name="plan.pdf", media_type="application/pdf", path=str(path), size=50)


def test_what_a_channel_can_do_reaches_it_unchanged(file: OutgoingFile) -> None:
    replies = (
        a_reply("Tea?", choices=("yes", "no")),
        a_reply("Here", kind=ReplyKind.FILE, file=file),
        a_reply("\U0001f44d", kind=ReplyKind.REACTION, target="m1"),
        a_reply("Right", kind=ReplyKind.EDIT, target="m1"),
    )
    assert all(adapt(reply, ABLE, NOW) is reply for reply in replies)


def test_without_files_the_text_names_the_file_and_keeps_the_caption(file: OutgoingFile) -> None:
    carried = adapt(a_reply("Here it is", kind=ReplyKind.FILE, file=file), PLAIN, NOW)
    assert carried is not None
    assert carried.text == "Here it is\n\n[File plan.pdf, 50 bytes: this chat cannot carry files]"
    assert (carried.kind, carried.file, carried.client_id) == (ReplyKind.TEXT, None, "c")
    assert file.path not in carried.text


def test_without_a_caption_only_the_file_is_named(file: OutgoingFile) -> None:
    carried = adapt(a_reply("", kind=ReplyKind.FILE, file=file), PLAIN, NOW)
    assert carried is not None
    assert carried.text.startswith("[File plan.pdf")


def test_a_name_cannot_begin_a_line_of_its_own(file: OutgoingFile) -> None:
    odd = OutgoingFile(name="a\n\nb\u2028c", media_type="", path=file.path, size=1)
    carried = adapt(a_reply("", kind=ReplyKind.FILE, file=odd), PLAIN, NOW)
    assert carried is not None
    assert carried.text.startswith("[File a b c,")


def test_without_reactions_one_is_left_out() -> None:
    assert adapt(a_reply("\U0001f44d", kind=ReplyKind.REACTION, target="m1"), PLAIN, NOW) is None


@pytest.mark.parametrize("capabilities", [PLAIN, ABLE])
def test_a_reaction_to_a_message_that_the_network_never_had_is_left_out(capabilities: Capabilities) -> None:
    assert adapt(a_reply("\U0001f44d", kind=ReplyKind.REACTION), capabilities, NOW) is None


@pytest.mark.parametrize(("capabilities", "target"), [(PLAIN, "m1"), (ABLE, "")])
def test_an_edit_that_cannot_be_made_is_sent_anew(capabilities: Capabilities, target: str) -> None:
    carried = adapt(a_reply("Right", kind=ReplyKind.EDIT, target=target), capabilities, NOW)
    assert carried is not None
    assert (carried.kind, carried.text, carried.target) == (ReplyKind.TEXT, "(corrected) Right", "")


@pytest.mark.parametrize(("age", "kind"), [(60.0, ReplyKind.EDIT), (60.001, ReplyKind.TEXT)])
def test_an_edit_that_comes_too_late_for_its_network_is_sent_anew(age: float, kind: ReplyKind) -> None:
    late = a_reply("Right", kind=ReplyKind.EDIT, target="m1", target_at=Milliseconds(NOW - int(age * 1000)))
    carried = adapt(late, replace(ABLE, edit_seconds=60), NOW)
    assert carried is not None
    assert carried.kind is kind


def test_a_replacement_fits_the_limit() -> None:
    carried = adapt(a_reply("x" * 95, kind=ReplyKind.EDIT), PLAIN, NOW)
    assert carried is not None
    assert len(carried.text) == 100
    assert carried.text.endswith("x…")


def test_without_buttons_the_numbered_text_stands_alone() -> None:
    carried = adapt(a_reply("Tea?\n1. yes", choices=("yes",)), PLAIN, NOW)
    assert carried is not None
    assert (carried.text, carried.choices) == ("Tea?\n1. yes", ())


def test_a_file_that_is_too_large_is_refused_with_both_sizes(file: OutgoingFile) -> None:
    Path(file.path).write_bytes(b"x" * 2_000)
    with pytest.raises(PermanentSendError, match=r"plan\.pdf of 2\.0 kB .* 50 bytes"):
        adapt(a_reply("", kind=ReplyKind.FILE, file=file), ABLE, NOW)


def test_a_file_that_vanished_is_refused(file: OutgoingFile) -> None:
    Path(file.path).unlink()
    with pytest.raises(PermanentSendError, match="gone"):
        adapt(a_reply("", kind=ReplyKind.FILE, file=file), ABLE, NOW)


def test_a_link_in_the_place_of_a_file_is_refused(file: OutgoingFile, tmp_path: Path) -> None:
    Path(file.path).unlink()
    Path(file.path).symlink_to(tmp_path)
    with pytest.raises(PermanentSendError, match="no plain file"):
        adapt(a_reply("", kind=ReplyKind.FILE, file=file), ABLE, NOW)


def test_a_terminal_is_told_name_size_and_place(file: OutgoingFile) -> None:
    assert plain_words("Look", ReplyKind.FILE, file) == f"Look\n[File plan.pdf, 50 bytes: {file.path}]"
    assert plain_words("", ReplyKind.FILE, file) == f"[File plan.pdf, 50 bytes: {file.path}]"
    assert plain_words("Right", ReplyKind.EDIT) == "(corrected) Right"
    assert plain_words("Hi", ReplyKind.TEXT) == "Hi"


@pytest.mark.parametrize(
    ("size", "words"), [(0, "0 bytes"), (999, "999 bytes"), (1_000, "1.0 kB"), (12_345, "12 kB"), (3_400_000, "3.4 MB")]
)
def test_sizes_are_said_as_people_say_them(size: int, words: str) -> None:
    assert show_size(size) == words


def test_what_a_reply_quotes_goes_only_to_networks_that_show_it() -> None:
    quoting = a_reply("hi", quote=QuotedMessage(external_id="x", sender="u1", text="hello"))
    assert adapt(quoting, replace(ABLE, quotes=True), NOW) is quoting
    assert adapt(quoting, ABLE, NOW) == a_reply("hi")
