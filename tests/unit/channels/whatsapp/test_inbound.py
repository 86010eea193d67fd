from pathlib import Path
from typing import Any

import pytest

from nanoclaw.channels.whatsapp.crowd import Crowd
from nanoclaw.channels.whatsapp.identities import Identities
from nanoclaw.channels.whatsapp.inbound import Inbound
from nanoclaw.channels.whatsapp.link import Incoming, Media, Person, Quoted
from nanoclaw.channels.whatsapp.options import WhatsAppOptions
from nanoclaw.channels.whatsapp.sent import SentIds
from nanoclaw.model.chats import ChangeKind, InboundChange, InboundMessage
from tests.fakes.clocks import ShiftedClock
from tests.fakes.whatsapp_child import ANN, BOB, ME, in_group, incoming, to_self


def made(folder: Path, **options: Any) -> Inbound:
    book, sent = Identities(folder), SentIds(folder)
    book.open()
    sent.open()
    return Inbound(
        book=book,
        crowd=Crowd(),
        sent=sent,
        options=WhatsAppOptions(**options),
        folder=folder,
        clock=ShiftedClock(),
        me=ME,
    )


@pytest.fixture
def inbound(tmp_path: Path) -> Inbound:
    return made(tmp_path)


def message(inbound: Inbound, said: Incoming) -> InboundMessage:
    read = inbound.read(said)
    assert isinstance(read, InboundMessage)
    return read


def change(inbound: Inbound, said: Incoming) -> InboundChange:
    read = inbound.read(said)
    assert isinstance(read, InboundChange)
    return read


def test_a_chat_of_two_is_the_same_by_either_id(inbound: Inbound) -> None:
    by_lid = message(inbound, incoming(1, chat=ANN.lid))
    by_phone = message(inbound, incoming(2, chat=ANN.phone))
    bare = message(inbound, incoming(3, chat=ANN.lid, chat_person=Person(), sender=Person(lid=ANN.lid)))
    assert {one.address.chat for one in (by_lid, by_phone, bare)} == {ANN.phone}
    assert {one.sender.id for one in (by_lid, by_phone, bare)} == {ANN.phone}
    assert by_lid.external_id == f"{ANN.phone}/{incoming(1).id}"


def test_whoever_was_known_by_lid_alone_brings_their_number_along_once_it_is_told(inbound: Inbound) -> None:
    bare = Person(lid=ANN.lid)
    before = message(inbound, in_group(1, sender=bare))
    told = message(inbound, in_group(2, sender=ANN))
    after = message(inbound, in_group(3, sender=bare))
    assert [one.sender.ids for one in (before, told, after)] == [(ANN.lid,), (ANN.lid, ANN.phone), (ANN.lid, ANN.phone)]
    taken_back = change(inbound, in_group(4, sender=bare, kind="deleted", target="3A", target_sender=ANN.lid))
    assert taken_back.sender.ids == (ANN.lid, ANN.phone)


def test_nobody_takes_the_name_of_anothers_message(inbound: Inbound) -> None:
    names = {
        message(inbound, in_group(1, sender=ANN, id="SAME")).external_id,
        message(inbound, in_group(2, sender=BOB, id="SAME")).external_id,
        message(inbound, in_group(3, sender=ME, id="SAME", from_me=True)).external_id,
    }
    assert names == {f"{ANN.phone}/SAME", f"{BOB.phone}/SAME", "SAME"}


def test_the_owner_writes_as_the_owner_whatever_others_call_themselves(inbound: Inbound) -> None:
    own = message(inbound, in_group(1, sender=ME, from_me=True))
    false = message(inbound, in_group(2, sender=ANN.model_copy(update={"name": "Olga"})))
    assert own.sender.id == ME.phone
    assert not own.from_assistant
    assert false.sender.id == ANN.phone
    assert false.sender.name == own.sender.name == "Olga"


def test_a_group_that_takes_anothers_name_is_the_group_that_it_was(inbound: Inbound) -> None:
    before = message(inbound, in_group(1))
    after = message(inbound, in_group(2, chat_name="main"))
    assert before.address == after.address
    assert (before.chat_name, after.chat_name) == ("Family", "main")


def test_what_the_owner_writes_to_themselves_is_a_chat(inbound: Inbound) -> None:
    for said in (to_self(1), to_self(2, chat=ME.lid)):
        own = message(inbound, said)
        assert (own.address.chat, own.sender.id, own.from_assistant) == (ME.phone, ME.phone, False)


def test_our_own_message_that_comes_back_is_known(inbound: Inbound) -> None:
    inbound.sent.add("3EB0AA")
    assert message(inbound, to_self(1, id="3EB0AA")).from_assistant
    # Anybody can write under an id that they saw.
    assert not message(inbound, incoming(2, id="3EB0AA")).from_assistant


def test_without_a_chat_with_oneself_there_is_none(tmp_path: Path) -> None:
    inbound = made(tmp_path, self_chat=False)
    assert inbound.read(to_self(1)) is None
    assert inbound.read(incoming(2)) is not None


@pytest.mark.parametrize("chat", ["status@broadcast", "12036301@newsletter", "13135550002@bot", "", "x"])
def test_what_is_no_chat_is_nothing_to_us(inbound: Inbound, chat: str) -> None:
    assert inbound.read(incoming(1, chat=chat)) is None


@pytest.mark.parametrize(
    ("more", "means"),
    [
        ({}, False),
        ({"mentions": (ANN.lid,)}, False),
        ({"mentions": (ANN.lid, ME.lid)}, True),
        ({"mentions": (ME.phone,)}, True),
        ({"mentions": ("",)}, False),
        ({"quoted": Quoted(id="3EB0AA", sender=ME.lid, text="Ours")}, True),
        ({"quoted": Quoted(id="3A11", sender=ME.lid, text="The owner's")}, False),
    ],
)
def test_a_mention_or_a_reply_to_the_assistant_is_seen(inbound: Inbound, more: dict[str, Any], *, means: bool) -> None:
    inbound.sent.add("3EB0AA")
    assert message(inbound, in_group(1, **more)).mentions_assistant is means


def test_mentions_can_be_left_to_the_owner(tmp_path: Path) -> None:
    inbound = made(tmp_path, mentions=False)
    assert not message(inbound, in_group(1, mentions=(ME.lid,))).mentions_assistant


def test_a_quote_says_whose_it_is(inbound: Inbound) -> None:
    inbound.sent.add("3EB0AA")
    message(inbound, in_group(1, sender=BOB))
    said = [
        ("x", BOB.phone, "Bob"),
        ("y", ME.lid, "Olga"),
        ("3EB0AA", ME.lid, "you, the assistant"),
        ("z", "49@lid", "+49"),
    ]
    for number, (identity, sender, name) in enumerate(said, 2):
        quote = message(inbound, in_group(number, quoted=Quoted(id=identity, sender=sender, text="Q"))).quote
        assert quote is not None
        assert (quote.sender, quote.text) == (name, "Q")


def test_history_is_marked_and_only_as_old_as_wanted(inbound: Inbound) -> None:
    now = inbound.clock.now()
    assert message(inbound, incoming(1, history=True, at=now - 86_400_000)).history
    assert inbound.read(incoming(2, history=True, at=now - 8 * 86_400_000)) is None
    assert inbound.read(incoming(3, at=now - 8 * 86_400_000)) is not None


def test_a_clock_that_is_an_hour_off_changes_nothing(inbound: Inbound) -> None:
    assert isinstance(inbound.clock, ShiftedClock)
    for hours in (-1, 1):
        inbound.clock.ahead = 3600.0 * hours
        assert message(inbound, incoming(1, at=1_799_999_000_000)).sent_at == 1_799_999_000_000
    assert message(inbound, incoming(2, at=0)).sent_at > 0


def test_what_cannot_be_read_or_shown_is_said(inbound: Inbound) -> None:
    assert "could not be decrypted" in message(inbound, incoming(1, kind="unreadable", text="")).text
    assert "cannot be shown" in message(inbound, incoming(2, text="")).text
    assert message(inbound, incoming(2, text="x" * 65_536)).text.endswith(
        "x\n[… It was longer than any telephone writes, and is cut off here.]"
    )
    lost = Media(name="plan.pdf", media_type="application/pdf", problem="it is larger than 25 MB")
    assert message(inbound, incoming(3, text="See", media=(lost,))).text == (
        "See\n[plan.pdf could not be had: it is larger than 25 MB]"
    )


def test_an_edit_is_of_its_authors_own_message_only(inbound: Inbound) -> None:
    edit = change(inbound, in_group(1, kind="edited", target="T", text="Better"))
    assert (edit.kind, edit.target, edit.text) == (ChangeKind.EDITED, f"{ANN.phone}/T", "Better")
    assert change(inbound, in_group(2, kind="edited", target="T", mentions=(ME.lid,))).mentions_assistant
    own = change(inbound, in_group(2, kind="edited", target="T", sender=ME, from_me=True, target_from_me=True))
    assert own.target == "T"


@pytest.mark.parametrize("kind", ["edited", "deleted"])
def test_nobody_changes_what_another_said(inbound: Inbound, kind: str) -> None:
    message(inbound, in_group(1, sender=BOB))
    assert inbound.read(in_group(2, kind=kind, target="T", target_sender=BOB.lid)) is None
    assert inbound.read(in_group(3, kind=kind, target="T", target_from_me=True)) is None
    mine = change(inbound, in_group(4, kind=kind, target="T", target_sender=ANN.lid))
    assert mine.target == f"{ANN.phone}/T"


def test_who_administers_a_group_takes_back_what_anyone_said_there(inbound: Inbound) -> None:
    message(inbound, in_group(1, sender=BOB))
    by_admin: dict[str, Any] = {"kind": "deleted", "target": "T", "by_admin": True}
    assert change(inbound, in_group(2, target_sender=BOB.lid, **by_admin)).target == f"{BOB.phone}/T"
    assert change(inbound, in_group(3, target_from_me=True, target_sender=ME.lid, **by_admin)).target == "T"
    of_owner = change(inbound, in_group(4, sender=ME, from_me=True, target_sender=BOB.lid, **by_admin))
    assert (of_owner.target, of_owner.sender.id) == (f"{BOB.phone}/T", ME.phone)
    # They write for nobody else all the same.
    assert inbound.read(in_group(5, kind="edited", target="T", target_sender=BOB.lid, by_admin=True)) is None


def test_a_reaction_names_the_message_as_it_is_kept_here(inbound: Inbound) -> None:
    message(inbound, in_group(1, sender=BOB))
    to_bob = change(inbound, in_group(2, kind="reacted", target="T", target_sender=BOB.lid, text="👍"))
    assert (to_bob.target, to_bob.text, to_bob.sender.id) == (f"{BOB.phone}/T", "👍", ANN.phone)
    assert change(inbound, in_group(3, kind="reacted", target="T", target_from_me=True)).target == "T"
    direct = change(inbound, incoming(4, kind="reacted", target="T", from_me=True, sender=ME))
    assert direct.target == f"{ANN.phone}/T"
    taken_back = change(inbound, in_group(5, kind="reacted", target="T", target_sender=BOB.lid, text=""))
    assert taken_back.text == ""
