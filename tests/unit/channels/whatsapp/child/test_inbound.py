"""Events as the library encodes them, with real protobufs."""

import json
from typing import Any

import pytest

from nanoclaw.channels.whatsapp.child import history, inbound
from nanoclaw.channels.whatsapp.child.contents import read_contents
from nanoclaw.channels.whatsapp.child.protobufs import common_pb2, e2e_pb2, history_pb2, neonize_pb2, web_pb2
from nanoclaw.channels.whatsapp.link import Incoming, Person

ME = Person(lid="111@lid", phone="491@s.whatsapp.net")
ANN, BOB, GROUP = "222@lid", "333@lid", "120@g.us"
NOW = 1_800_000_000_000


def jid(text: str, device: int = 0) -> Any:
    user, _, server = text.partition("@")
    return neonize_pb2.JID(User=user, Server=server, RawAgent=0, Device=device, Integrator=0, IsEmpty=not text)


def info(chat: str = ANN, sender: str = ANN, *, mine: bool = False, alt: str = "", recipient: str = "") -> Any:
    source = neonize_pb2.MessageSource(
        Chat=jid(chat), Sender=jid(sender, device=3), SenderAlt=jid(alt, device=3), RecipientAlt=jid(recipient),
        BroadcastListOwner=jid(""), IsFromMe=mine, IsGroup=chat == GROUP or chat.endswith("broadcast"),
    )  # fmt: skip
    return neonize_pb2.MessageInfo(
        MessageSource=source, ID="3A1", ServerID=0, Type="text", Pushname="Ann", Timestamp=NOW, Category="",
        Multicast=False, MediaType="", Edit="",
    )  # fmt: skip


def event(message: Any, about: Any = None) -> bytes:
    flags = ("IsEphemeral", "IsViewOnce", "IsViewOnceV2", "IsViewOnceV2Extension", "IsDocumentWithCaption")
    told = neonize_pb2.Message(
        Info=about or info(), Message=message, IsLottieSticker=False, IsEdit=False, UnavailableRequestID="",
        RetryCount=0, **dict.fromkeys(flags, False),
    )  # fmt: skip
    return bytes(told.SerializeToString())


def read(message: Any, about: Any = None) -> Incoming:
    arrival = inbound.from_message(7, event(message, about), ME)
    assert arrival
    return arrival.incoming


def text(words: str = "hello") -> Any:
    return e2e_pb2.Message(conversation=words)


def key(identity: str, *, from_me: bool, participant: str = "") -> Any:
    return common_pb2.MessageKey(ID=identity, fromMe=from_me, participant=participant, remoteJID="x")


def test_a_text_from_somebody_with_two_ids() -> None:
    said = read(text(), info(alt="492@s.whatsapp.net"))
    ann = Person(lid=ANN, phone="492@s.whatsapp.net", name="Ann")
    assert (said.number, said.kind, said.id, said.chat, said.text, said.at) == (7, "message", "3A1", ANN, "hello", NOW)
    assert (said.sender, said.chat_person, said.from_me, said.chat_is_group) == (ann, ann, False, False)


def test_in_a_group_the_chat_is_nobody() -> None:
    said = read(text(), info(GROUP, BOB))
    assert (said.chat, said.chat_is_group, said.chat_person, said.sender.lid) == (GROUP, True, Person(), BOB)


def test_what_the_owner_writes_elsewhere_is_theirs_and_the_chat_is_the_others() -> None:
    said = read(text(), info(ANN, ME.lid, mine=True, recipient="492@s.whatsapp.net"))
    assert said.from_me
    assert (said.sender.lid, said.sender.phone) == (ME.lid, ME.phone)
    assert said.chat_person == Person(lid=ANN, phone="492@s.whatsapp.net")


def test_what_came_by_a_list_is_a_message_of_the_senders() -> None:
    said = read(text(), info("77@broadcast", ANN))
    assert (said.chat, said.chat_is_group, said.chat_person.lid) == (ANN, False, ANN)


def test_a_quoted_message_and_mentions() -> None:
    context = e2e_pb2.ContextInfo(stanzaID="3A0", participant=BOB, mentionedJID=[BOB, ANN])
    context.quotedMessage.conversation = "before"
    said = read(e2e_pb2.Message(extendedTextMessage={"text": "after", "contextInfo": context}))
    assert said.quoted
    assert (said.quoted.id, said.quoted.sender, said.quoted.text) == ("3A0", BOB, "before")
    assert said.mentions == (BOB, ANN)


def test_what_is_wrapped_is_unwrapped_and_wrapping_without_end_is_not_followed_for_ever() -> None:
    message = text("inside")
    for _ in range(3):
        outer = e2e_pb2.Message()
        outer.ephemeralMessage.message.CopyFrom(message)
        message = outer
    assert read(message).text == "inside"
    for _ in range(40):
        outer = e2e_pb2.Message()
        outer.viewOnceMessage.message.CopyFrom(message)
        message = outer
    assert "cannot be shown" in read(message).text


@pytest.mark.parametrize(
    ("about", "from_me", "participant", "expected"),
    [
        (info(), False, "", ("", True)),  # Ann about ours
        (info(), True, "", (ANN, False)),  # Ann about her own
        (info(GROUP, BOB), False, ME.lid, (ME.lid, True)),
        (info(GROUP, BOB), False, f"{ME.phone.partition('@')[0]}:7@s.whatsapp.net", (ME.phone, True)),
        (info(GROUP, BOB), False, ANN, (ANN, False)),
        (info(GROUP, BOB), True, "", (BOB, False)),
        (info(ANN, ME.lid, mine=True), True, "", (ME.lid, True)),
        (info(ANN, ME.lid, mine=True), False, "", (ANN, False)),
    ],
)
def test_whose_message_is_meant(about: Any, *, from_me: bool, participant: str, expected: tuple[str, bool]) -> None:
    reaction = e2e_pb2.ReactionMessage(key=key("3A0", from_me=from_me, participant=participant), text="👍")
    said = read(e2e_pb2.Message(reactionMessage=reaction), about)
    assert (said.kind, said.text, said.target) == ("reacted", "👍", "3A0")
    assert (said.target_sender, said.target_from_me) == expected


def test_an_edit_and_a_deletion() -> None:
    kinds = e2e_pb2.ProtocolMessage
    edit = kinds(key=key("3A0", from_me=True), type=kinds.MESSAGE_EDIT, editedMessage=text("new"))
    wrapped = e2e_pb2.Message()
    wrapped.editedMessage.message.protocolMessage.CopyFrom(edit)
    for message in (wrapped, e2e_pb2.Message(protocolMessage=edit)):
        said = read(message)
        assert (said.kind, said.text, said.target, said.target_sender) == ("edited", "new", "3A0", ANN)
    said = read(e2e_pb2.Message(protocolMessage=kinds(key=key("3A0", from_me=True), type=kinds.REVOKE)))
    assert (said.kind, said.text, said.target) == ("deleted", "", "3A0")


def test_files_are_described_and_their_names_are_left_alone() -> None:
    document = e2e_pb2.DocumentMessage(
        fileName="../../x", mimetype="application/pdf", fileLength=5, directPath="/v/1", mediaKey=b"k", caption="see"
    )
    arrival = inbound.from_message(1, event(e2e_pb2.Message(documentMessage=document)), ME)
    assert arrival
    assert arrival.part
    assert (arrival.incoming.text, arrival.part.name, arrival.part.size) == ("see", "../../x", 5)
    assert (arrival.part.where.path, arrival.part.where.kind, arrival.part.where.key) == ("/v/1", "Document", b"k")
    voice = read_contents(e2e_pb2.Message(audioMessage={"PTT": True, "mimetype": "audio/ogg"}))
    assert voice
    assert voice.part
    assert (voice.part.voice, voice.part.media_type, voice.part.where.kind) == (True, "audio/ogg", "Audio")


def test_what_has_no_text_is_put_into_words() -> None:
    location = e2e_pb2.LocationMessage(degreesLatitude=1.5, degreesLongitude=-2, name="Home")
    assert read(e2e_pb2.Message(locationMessage=location)).text == "[location 1.500000, -2.000000: Home]"
    assert read(e2e_pb2.Message(contactMessage={"displayName": "Bo"})).text == "[contact] Bo"
    assert read(e2e_pb2.Message(productMessage={})).text == "[product: cannot be shown here]"


def test_keys_and_the_clients_own_business_are_for_nobody() -> None:
    keys = e2e_pb2.Message(senderKeyDistributionMessage={"groupID": GROUP})
    sync = e2e_pb2.Message(protocolMessage={"type": e2e_pb2.ProtocolMessage.APP_STATE_SYNC_KEY_SHARE})
    for message in (keys, sync, e2e_pb2.Message()):
        assert inbound.from_message(1, event(message), ME) is None
        assert inbound.heading(event(message)).silent
    assert inbound.heading(event(keys)).part_only
    assert not inbound.heading(event(sync)).part_only


def test_what_strangers_publish_is_for_nobody() -> None:
    for chat in ("status@broadcast", "99@newsletter"):
        assert inbound.heading(event(text(), info(chat, ANN))).silent


def test_what_was_lost_is_told_as_far_as_its_confirmation_tells() -> None:
    told = {"id": "3A1", "chat": GROUP, "sender": "222:3@lid", "recipient": ""}
    said = inbound.from_lost(4, json.dumps(told).encode(), NOW).incoming
    assert (said.kind, said.chat, said.sender.lid, said.from_me) == ("unreadable", GROUP, ANN, False)
    told = {"id": "3A1", "chat": "111:0@lid", "sender": "111:0@lid", "recipient": ANN}
    said = inbound.from_lost(4, json.dumps(told).encode(), NOW).incoming
    assert (said.chat, said.chat_person.lid, said.sender.lid, said.from_me) == (ANN, ANN, ME.lid, True)


def past(identity: str, words: str, at: int, *, mine: bool = False, author: str = "") -> Any:
    message = web_pb2.WebMessageInfo(message=text(words), messageTimestamp=at // 1000, participant=author)
    message.key.ID, message.key.fromMe = identity, mine
    return history_pb2.HistorySyncMsg(message=message)


def sync(*conversations: Any) -> bytes:
    kind = history_pb2.HistorySync.RECENT
    told = history_pb2.HistorySync(syncType=kind, conversations=conversations)
    return bytes(neonize_pb2.HistorySync(Data=told).SerializeToString())


def test_of_the_past_the_newest_is_taken_in_order_and_within_bounds() -> None:
    day = 86_400_000
    many = [past(f"N{n}", f"n{n}", NOW - n * 1000) for n in range(history.EACH + 50)]
    old = [past("OLD", "old", NOW - (history.DAYS + 1) * day)]
    found = history.recent(sync(history_pb2.Conversation(ID=ANN, name="Ann", messages=[*many, *old])), NOW)
    assert [one.id for one in found] == [f"N{n}" for n in reversed(range(history.EACH))]


def test_a_message_of_the_past_says_so_and_knows_its_chat() -> None:
    conversation = history_pb2.Conversation(ID="492@s.whatsapp.net", name="Ann", lidJID=ANN)
    conversation.messages.extend([past("1", "mine", NOW - 2000, mine=True), past("2", "hers", NOW)])
    mine, hers = (
        inbound.from_history(n, json.dumps(one.head).encode() + b"\0" + one.message, ME)
        for n, one in enumerate(history.recent(sync(conversation), NOW))
    )
    assert mine
    assert hers
    assert (mine.incoming.text, mine.incoming.from_me, mine.incoming.sender.lid) == ("mine", True, ME.lid)
    assert (hers.incoming.text, hers.incoming.history, hers.incoming.at) == ("hers", True, NOW)
    assert hers.incoming.chat_name == "Ann"
    assert (hers.incoming.sender.lid, hers.incoming.sender.phone) == (ANN, "492@s.whatsapp.net")


def test_channels_and_stories_of_the_past_are_left_out() -> None:
    chats = [
        history_pb2.Conversation(ID=each, messages=[past("1", "x", NOW)])
        for each in ("9@newsletter", "status@broadcast")
    ]
    assert history.recent(sync(*chats), NOW) == []
