from pathlib import Path
from typing import Any

import pytest

from nanoclaw.channels.contract import PermanentSendError
from nanoclaw.channels.whatsapp.crowd import Crowd
from nanoclaw.channels.whatsapp.identities import Identities
from nanoclaw.channels.whatsapp.inbound import WHATSAPP
from nanoclaw.channels.whatsapp.link import Edit, Quoted, React, Write
from nanoclaw.channels.whatsapp.outbound import Outbound
from nanoclaw.model.chats import ChatAddress
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.turns import OutgoingFile, QuotedMessage, Reply, ReplyId, ReplyKind
from tests.fakes.whatsapp_child import ANN, BOB, GROUP, ME


def reply(text: str, chat: str = GROUP, **more: Any) -> Reply:
    return Reply(
        id=ReplyId(1),
        address=ChatAddress(channel=WHATSAPP, chat=chat),
        turn=None,
        client_id="reply-1",
        text=text,
        attempts=1,
        created_at=Milliseconds(0),
        **more,
    )


@pytest.fixture
def book(tmp_path: Path) -> Identities:
    book = Identities(tmp_path)
    book.open()
    book.meet(book.settle(ANN))
    return book


@pytest.fixture
def outbound(book: Identities) -> Outbound:
    crowd = Crowd()
    crowd.saw(GROUP, ANN)
    return Outbound(book, crowd, prefix="")


def test_a_text_is_written_in_whatsapps_marks_with_its_mentions_and_its_quote(outbound: Outbound) -> None:
    quote = QuotedMessage(external_id=f"{ANN.phone}/3A01", sender=ANN.phone, text="Well?")
    order = outbound.order(reply("**Yes**, @Ann", quote=quote), ME)
    assert order == Write(
        order=0,
        client_id="reply-1",
        chat=GROUP,
        text="*Yes*, @222200000000002",
        mentions=(ANN.lid,),
        quoted=Quoted(id="3A01", sender=ANN.phone, text="Well?"),
    )


def test_a_quote_of_the_accounts_own_message_is_the_accounts(outbound: Outbound) -> None:
    quote = QuotedMessage(external_id="3EB01", sender=ME.phone, text="Mine")
    order = outbound.order(reply("Yes", quote=quote), ME)
    assert isinstance(order, Write)
    assert order.quoted == Quoted(id="3EB01", sender=ME.lid, text="Mine")


@pytest.mark.parametrize(("media_type", "voice"), [("application/pdf", False), ("audio/ogg; codecs=opus", True)])
def test_a_file_goes_with_its_caption(outbound: Outbound, media_type: str, *, voice: bool) -> None:
    file = OutgoingFile(name="a b", media_type=media_type, path="/copy", size=1)
    order = outbound.order(reply("*see*", kind=ReplyKind.FILE, file=file), ME)
    assert isinstance(order, Write)
    assert (order.text, order.file, order.name, order.media_type, order.voice) == (
        "_see_",
        "/copy",
        "a b",
        media_type,
        voice,
    )


@pytest.mark.parametrize(
    ("target", "identity", "sender"), [(f"{ANN.phone}/3A01", "3A01", ANN.phone), ("3EB01", "3EB01", "")]
)
def test_a_reaction_says_whose_message_it_is_on(outbound: Outbound, target: str, identity: str, sender: str) -> None:
    order = outbound.order(reply("👍", kind=ReplyKind.REACTION, target=target), ME)
    assert isinstance(order, React)
    assert (order.target, order.target_sender, order.emoji) == (identity, sender, "👍")


def test_an_edit_is_of_a_message_of_ours(outbound: Outbound) -> None:
    order = outbound.order(reply("**Better**", kind=ReplyKind.EDIT, target="3EB01"), ME)
    assert isinstance(order, Edit)
    assert (order.target, order.text) == ("3EB01", "*Better*")
    with pytest.raises(PermanentSendError, match="of the assistant"):
        outbound.order(reply("Better", kind=ReplyKind.EDIT, target=f"{ANN.phone}/3A01"), ME)


def test_nobody_is_written_to_who_never_wrote(outbound: Outbound) -> None:
    for chat in (BOB.phone, BOB.lid):
        with pytest.raises(PermanentSendError, match="ever wrote") as caught:
            outbound.order(reply("Hello", chat), ME)
        assert caught.value.hint
    for chat in (ANN.phone, ANN.lid, GROUP, ME.phone, ME.lid):
        assert outbound.order(reply("Hello", chat), ME).chat == chat


@pytest.mark.parametrize("chat", ["main", "status@broadcast", "@g.us", "x\n@g.us", ""])
def test_what_is_no_chat_is_refused(outbound: Outbound, chat: str) -> None:
    with pytest.raises(PermanentSendError, match="no chat of WhatsApp"):
        outbound.order(reply("Hello", chat), ME)


def test_a_prefix_stands_before_every_text(book: Identities) -> None:
    outbound = Outbound(book, Crowd(), prefix="Andy:")
    order = outbound.order(reply("Hello"), ME)
    assert isinstance(order, Write)
    assert order.text == "Andy: Hello"
    file = OutgoingFile(name="a", media_type="text/plain", path="/copy", size=1)
    bare = outbound.order(reply("", kind=ReplyKind.FILE, file=file), ME)
    assert isinstance(bare, Write)
    assert not bare.text
