"""The channel with the real client at the loopback network, without a daemon: that both sides mean the same."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from nanoclaw.channels.contract import ChannelCondition, ChannelStatus, PermanentSendError, TemporarySendError
from nanoclaw.channels.whatsapp.channel import WhatsAppChannel, whatsapp_channel
from nanoclaw.model.chats import ChangeKind, InboundChange, InboundMessage
from nanoclaw.model.turns import QuotedMessage, ReplyKind
from tests.fakes.channel_world import ChannelWorld
from tests.fakes.running_channel import running
from tests.fakes.waiting import until
from tests.fakes.whatsapp_account import link_account
from tests.fakes.whatsapp_network.groups import Group
from tests.fakes.whatsapp_network.history import Past, PastChat
from tests.fakes.whatsapp_network.journal import Kind
from tests.fakes.whatsapp_network.known import KnownAccount
from tests.fakes.whatsapp_network.people import Contact
from tests.fakes.whatsapp_network.server import OWNER_PHONE, WhatsAppNetwork
from tests.fakes.whatsapp_network.texts import Quote, Sheet

SELF = f"{OWNER_PHONE}@s.whatsapp.net"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(50)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The chats with Ann, with oneself and in the group Family are registered; Bob's is not."""

    network: WhatsAppNetwork
    channel: WhatsAppChannel
    world: ChannelWorld
    ann: Contact
    bob: Contact
    family: Group

    async def message(self, number: int = 1) -> InboundMessage:
        """The message that came in as the ``number``-th."""
        await until(lambda: len(self.world.accepted) >= number, 20)
        return self.world.accepted[number - 1]

    async def change(self, number: int = 1) -> InboundChange:
        """The same of changes."""
        await until(lambda: len(self.world.changes) >= number, 20)
        return self.world.changes[number - 1]

    async def is_in(self, condition: ChannelCondition) -> None:
        """Wait for a state."""
        await until(lambda: self.channel.state().condition is condition, 20)


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> KnownAccount:
    return asyncio.run(link_account(tmp_path_factory.mktemp("linked")))


@pytest.fixture
async def scene(account: KnownAccount, tmp_path: Path) -> AsyncIterator[Scene]:
    network = WhatsAppNetwork(tmp_path / "network")
    account.plant(network, tmp_path / "kept")
    ann = network.contact("Ann", "491701112223", "222200000000002")
    bob = network.contact("Bob", "491704445556", "333300000000003")
    family = network.group("Family", [ann, bob])
    chats = {SELF: "Main", str(ann.phone): "Ann", str(family.id): "Family"}
    world = ChannelWorld("whatsapp", tmp_path / "kept", chats=chats, options={"chat_per_minute": 600})
    async with network:
        channel = whatsapp_channel(network.environment({"PATH": os.defpath, "HOME": str(tmp_path)}))
        async with running(channel, world.surroundings()):
            yield Scene(network=network, channel=channel, world=world, ann=ann, bob=bob, family=family)


async def test_what_people_do_to_messages_names_them_as_they_are_kept(scene: Scene) -> None:
    said = await scene.ann.say("Frist", chat=scene.family)
    first = await scene.message()
    assert first.external_id == f"{scene.ann.phone}/{said}"
    await scene.ann.edit(said, "First", chat=scene.family)
    await scene.bob.react("👍", said, by=scene.ann, chat=scene.family)
    await scene.ann.delete(said, chat=scene.family)
    for number, kind in enumerate((ChangeKind.EDITED, ChangeKind.REACTED, ChangeKind.DELETED), 1):
        change = await scene.change(number)
        assert (change.kind, change.target) == (kind, first.external_id)
    assert [change.text for change in scene.world.changes] == ["First", "👍", ""]
    assert scene.world.changes[1].sender.id == str(scene.bob.phone)


async def test_who_administers_a_group_takes_back_anothers_message_and_nobody_else_does(scene: Scene) -> None:
    family, ann, bob = scene.family, scene.ann, scene.bob
    first = await ann.say("First", chat=family)
    second = await ann.say("Second", chat=family)
    answer = await scene.channel.send(scene.world.compose(str(family.id), "Answer"))
    await bob.delete(first, by=ann, chat=family)
    await bob.say("It is still there", chat=family)
    await scene.message(3)
    family.promote(bob, by=scene.network.phone)
    await bob.delete(second, by=ann, chat=family)
    assert (await scene.change()).target == f"{ann.phone}/{second}"
    await bob.delete(answer, by=scene.network.phone, chat=family)
    assert (await scene.change(2)).target == answer
    family.demote(bob, by=scene.network.phone)
    await bob.delete(first, by=ann, chat=family)
    await bob.say("And still is", chat=family)
    await scene.message(4)
    assert [(one.kind, one.sender.id) for one in scene.world.changes] == [(ChangeKind.DELETED, str(bob.phone))] * 2


async def test_a_reaction_to_an_answer_names_it_as_it_was_sent_in_every_kind_of_chat(scene: Scene) -> None:
    await scene.ann.say("Hello")
    await scene.message()
    sent = await scene.channel.send(scene.world.compose(str(scene.ann.phone), "Answer"))
    await scene.ann.react("❤️", sent, by=scene.network.phone)
    assert (await scene.change()).target == sent
    in_group = await scene.channel.send(scene.world.compose(str(scene.family.id), "Answer"))
    await scene.ann.react("❤️", in_group, by=scene.network.phone, chat=scene.family)
    assert (await scene.change(2)).target == in_group
    to_self = await scene.channel.send(scene.world.compose(SELF, "Answer"))
    await scene.network.phone.react("❤️", to_self, by=scene.network.phone)
    last = await scene.change(3)
    assert (last.target, last.sender.id, last.address.chat) == (to_self, SELF, SELF)


async def test_the_assistant_reacts_edits_quotes_and_mentions_as_people_see_it(scene: Scene) -> None:
    said = await scene.ann.say("Well?", chat=scene.family)
    first = await scene.message()
    chat = str(scene.family.id)
    quote = QuotedMessage(external_id=first.external_id, sender=first.sender.id, text=first.text)
    answer = await scene.channel.send(scene.world.compose(chat, "**Yes**, @Ann", quote=quote))
    await scene.channel.send(scene.world.compose(chat, "👍", kind=ReplyKind.REACTION, target=first.external_id))
    await scene.channel.send(scene.world.compose(chat, "**No**", kind=ReplyKind.EDIT, target=answer))
    shown, reaction, edit = scene.network.sent
    assert shown.text == f"*Yes*, @{scene.ann.lid.user}"
    assert shown.mentions == (str(scene.ann.lid),)
    assert (shown.quoted, shown.quoted_text) == (said, "Well?")
    assert (reaction.kind, reaction.target, reaction.text) == (Kind.REACTION, said, "👍")
    assert (edit.kind, edit.target, edit.text) == (Kind.EDIT, answer, "*No*")


async def test_mentions_and_replies_to_the_assistant_are_seen_and_quotes_have_names(scene: Scene) -> None:
    me = scene.network.phone
    answer = await scene.channel.send(scene.world.compose(str(scene.family.id), "Answer"))
    await scene.ann.say("by lid", chat=scene.family, mentions=[str(me.lid)])
    await scene.ann.say("by phone", chat=scene.family, mentions=[str(me.phone)])
    await scene.ann.say("not us", chat=scene.family, mentions=[str(scene.bob.lid)])
    await scene.ann.say("to us", chat=scene.family, quote=Quote(id=answer, sender=str(me.lid), text="Answer"))
    await scene.bob.say("to Ann", chat=scene.family, quote=Quote(id="X", sender=str(scene.ann.lid), text="not us"))
    await scene.message(5)
    assert [one.mentions_assistant for one in scene.world.accepted] == [True, True, False, True, False]
    quote = scene.world.accepted[4].quote
    assert quote is not None
    assert (quote.sender, quote.text) == ("Ann", "not us")


async def test_a_chat_is_the_same_by_number_and_by_lid(scene: Scene) -> None:
    await scene.ann.say("by lid")
    scene.ann.addressing = "s.whatsapp.net"
    await scene.ann.say("by phone")
    await scene.network.phone.say("by the owner", chat=scene.ann)
    await scene.message(3)
    assert {one.address.chat for one in scene.world.accepted} == {str(scene.ann.phone)}
    assert [one.sender.id for one in scene.world.accepted] == [str(scene.ann.phone)] * 2 + [SELF]
    assert not any(one.from_assistant for one in scene.world.accepted)


async def test_what_is_on_disk_is_shown_as_read_and_only_in_registered_chats(scene: Scene) -> None:
    scene.world.durable.clear()
    said = await scene.ann.say("Read me")
    await scene.bob.say("Not me")
    await asyncio.sleep(0.8)
    assert not [one for one in scene.network.receipts if one.kind == "read"]
    scene.world.durable.set()
    await until(lambda: any(one.kind == "read" for one in scene.network.receipts), 20)
    await asyncio.sleep(0.2)
    assert [one.ids for one in scene.network.receipts if one.kind == "read"] == [(said,)]


async def test_nobody_is_written_to_first_and_the_networks_own_no_is_final(scene: Scene) -> None:
    with pytest.raises(PermanentSendError, match="ever wrote"):
        await scene.channel.send(scene.world.compose(str(scene.ann.phone), "Hello"))
    assert not scene.network.sent
    await scene.ann.say("Hello")
    await scene.message()
    scene.network.faults.refuse_sends = 463
    with pytest.raises(PermanentSendError, match="begin a conversation"):
        await scene.channel.send(scene.world.compose(str(scene.ann.phone), "Hello"))


async def test_files_of_every_kind_have_honest_names(scene: Scene) -> None:
    files = [
        (PNG, Sheet(media_type="image/jpeg"), "image.jpg.png", "image/png"),
        (b"MZ no image", Sheet(media_type="image/png"), "image.jpg.bin", "application/octet-stream"),
        (b"OggS", Sheet(media_type="audio/ogg; codecs=opus", voice=True), "audio.oga", "audio/ogg"),
        (b"x", Sheet(name="../../x", media_type="text/plain"), "../../x", "text/plain"),
        (b"x", Sheet(name="n" * 300 + ".txt", media_type="text/plain"), "n" * 196 + ".txt", "text/plain"),
    ]
    for number, (content, sheet, name, media_type) in enumerate(files, 1):
        await scene.ann.send_file(content, sheet)
        (file,) = (await scene.message(number)).files
        assert (file.name.replace(".ogg", ".oga"), file.media_type, file.voice) == (name, media_type, sheet.voice)
        assert scene.world.received[file.name] == content
    scene.network.faults.media = {"get": 404}
    await scene.ann.send_file(b"x", Sheet(name="lost.txt", media_type="text/plain", caption="See"))
    lost = await scene.message(6)
    assert not lost.files
    assert lost.text.startswith("See\n[lost.txt could not be had: ")


async def test_history_is_context_from_before(scene: Scene) -> None:
    now = scene.world.clock.now() // 1000
    past = [Past(id="OLD", text="long ago", at=now - 40 * 86_400), Past(id="NEW", text="lately", at=now - 3_600)]
    chat = PastChat(id=str(scene.ann.phone), name="Ann", messages=past)
    await scene.network.phone.hand_over([chat])
    message = await scene.message()
    assert (message.text, message.history, message.external_id) == ("lately", True, f"{scene.ann.phone}/NEW")
    # There was a conversation, so an answer may be written.
    assert await scene.channel.send(scene.world.compose(str(scene.ann.phone), "Hello again"))


async def test_a_network_whose_clock_is_an_hour_off_changes_nothing(scene: Scene) -> None:
    scene.network.world.clock_skew = 3_600
    await scene.ann.say("From the future")
    assert (await scene.message()).sent_at > scene.world.clock.now() + 3_000_000
    assert scene.channel.state().status is ChannelStatus.UP
    assert await scene.channel.send(scene.world.compose(str(scene.ann.phone), "From now"))


async def test_a_network_that_goes_away_is_waited_for_and_what_waits_is_sent(scene: Scene) -> None:
    await scene.ann.say("Hello")
    await scene.message()
    scene.network.go_down()
    await until(lambda: scene.channel.state().status is not ChannelStatus.UP, 20)
    with pytest.raises(TemporarySendError):
        await scene.channel.send(scene.world.compose(str(scene.ann.phone), "Too soon"))
    scene.network.come_back()
    await until(lambda: scene.channel.state().status is ChannelStatus.UP, 20)
    await scene.channel.send(scene.world.compose(str(scene.ann.phone), "In time"))
    assert [one.text for one in scene.network.sent] == ["In time"]


async def test_a_session_that_another_program_took_over_is_left_to_it(scene: Scene) -> None:
    await scene.network.stream_error(conflict="replaced")
    await scene.is_in(ChannelCondition.REPLACED)
    assert scene.channel.state().hint


@pytest.mark.parametrize(
    ("code", "more", "condition"),
    [
        (401, {}, ChannelCondition.LOGGED_OUT),
        (402, {"code": 101, "expire": 3_600}, ChannelCondition.BANNED),
        (405, {}, ChannelCondition.OUTDATED),
    ],
)
async def test_the_networks_no_is_a_state_with_a_reason_and_a_hint(
    scene: Scene, code: int, more: dict[str, int], condition: ChannelCondition
) -> None:
    scene.network.fail_logins(code, **more)
    scene.network.cut()
    await scene.is_in(condition)
    state = scene.channel.state()
    assert state.status is ChannelStatus.DOWN
    assert state.detail
    assert state.hint
    assert scene.world.state_changes
