"""Updates from the server to the store: in order, each once, whatever breaks on the way."""

import asyncio

import pytest

from nanoclaw.channels.contract import ChannelStatus, MessageRefusedError
from nanoclaw.channels.telegram.channel import TelegramChannel
from nanoclaw.model.chats import ChangeKind
from nanoclaw.model.errors import NanoclawError
from tests.fakes.running_channel import running
from tests.fakes.telegram_server import BOT, OWNER
from tests.fakes.waiting import until
from tests.unit.channels.telegram.conftest import FORUM, GROUP, TEMPO, Scene


def texts(scene: Scene) -> list[str]:
    return [message.text for message in scene.world.accepted]


async def test_messages_come_in_their_order_and_only_what_is_on_disk_is_confirmed(live: Scene) -> None:
    live.world.durable.clear()
    for number in range(5):
        await live.server.says(f"number {number}")
    await live.world.accepting.wait()
    await asyncio.sleep(0.1)
    assert len(live.server.pending) == 5
    live.world.durable.set()
    await live.server.all_confirmed()
    assert texts(live) == [f"number {number}" for number in range(5)]


async def test_a_store_that_fails_stops_the_offset_and_nothing_is_lost_or_doubled(live: Scene) -> None:
    await live.server.says("one")
    await live.server.all_confirmed()
    live.world.refusal = NanoclawError("The disk is full")
    await live.server.says("two")
    await live.server.says("three")
    await asyncio.sleep(0.3)
    assert len(live.server.pending) == 2
    assert live.channel.state().status is ChannelStatus.UP
    live.world.refusal = None
    await live.server.all_confirmed()
    assert texts(live) == ["one", "two", "three"]


async def test_a_kill_between_the_store_and_the_next_poll_brings_everything_again_and_the_store_has_it_once(
    scene: Scene,
) -> None:
    async with scene.start():
        await scene.server.says("one")
        await scene.server.all_confirmed()
        # The next poll never comes: as if the process had been killed in between.
        scene.server.fails("getUpdates", *["drop"] * 3)
        await scene.server.says("two")
        await until(lambda: "two" in texts(scene), 5)
    async with running(TelegramChannel(TEMPO), scene.world.surroundings()):
        await scene.server.says("three")
        await scene.server.all_confirmed()
    assert texts(scene) == ["one", "two", "three"]


async def test_an_update_that_cannot_be_understood_is_passed_over_by_its_number(
    live: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    number = await live.server.arrives(message={"text": "swordfish"})
    await live.server.arrives(message={"message_id": [], "chat": "swordfish"})
    await live.server.says("and on it goes")
    await live.server.all_confirmed()
    assert texts(live) == ["and on it goes"]
    passed = [one for one in caplog.records if one.msg == "an update was passed over"]
    assert [getattr(one, "update", None) for one in passed] == [number, number + 1]
    assert "swordfish" not in caplog.text


async def test_a_message_that_is_never_taken_in_counts_as_arrived(live: Scene) -> None:
    live.world.refusal = MessageRefusedError("The message is too long")
    await live.server.says("too long")
    await live.server.all_confirmed()
    live.world.refusal = None
    await live.server.says("short")
    await live.server.all_confirmed()
    assert texts(live) == ["short"]


async def test_what_breaks_the_store_again_and_again_is_given_up_after_some_tries(live: Scene) -> None:
    # It stands for a defect behind the door.
    live.world.refusal = RuntimeError("swordfish")  # type: ignore[assignment]
    await live.server.says("poison")
    await live.server.all_confirmed()
    live.world.refusal = None
    await live.server.says("medicine")
    await live.server.all_confirmed()
    assert texts(live) == ["medicine"]


@pytest.mark.parametrize("fault", ["drop", "garbage", "silent"])
async def test_a_server_that_misbehaves_is_asked_again(live: Scene, fault: str) -> None:
    live.server.fails("getUpdates", fault, fault)
    await live.server.says("Hello")
    await live.server.all_confirmed()
    await until(lambda: live.channel.state().status is ChannelStatus.UP, 5)
    assert texts(live) == ["Hello"]


async def test_numbers_that_begin_anew_after_a_silence_are_no_old_ones(live: Scene) -> None:
    await live.server.says("before")
    await live.server.all_confirmed()
    await until(lambda: live.server.offsets[-1] is None, 5)
    message = {"message_id": 90, "date": 1_790_000_000, "chat": {"id": 1001, "type": "private"}, "from": OWNER}
    await live.server.arrives(update_id=3, message={**message, "text": "after"})
    await live.server.all_confirmed()
    assert texts(live) == ["before", "after"]


async def test_edits_and_reactions_are_handed_in_as_changes(live: Scene) -> None:
    target = live.server.fresh_id()
    await live.server.says("Helo", message_id=target)
    edited = {"message_id": target, "date": 1, "edit_date": 2, "from": OWNER, "chat": {"id": 1001, "type": "private"}}
    await live.server.arrives(edited_message={**edited, "text": "Hello"})
    reaction = {"chat": {"id": 1001, "type": "private"}, "message_id": target, "user": OWNER, "date": 3}
    emoji = [{"type": "emoji", "emoji": "\N{THUMBS UP SIGN}"}]
    await live.server.arrives(message_reaction={**reaction, "old_reaction": [], "new_reaction": emoji})
    await live.server.all_confirmed()
    kinds = [(one.kind, one.target, one.text) for one in live.world.changes]
    assert kinds == [
        (ChangeKind.EDITED, str(target), "Hello"),
        (ChangeKind.REACTED, str(target), "\N{THUMBS UP SIGN}"),
    ]


async def test_a_press_answers_the_question_and_takes_its_buttons_away(live: Scene) -> None:
    question = live.world.compose("1001", "Tea?\n1. yes\n2. no", choices=("yes", "no"))
    shown = int(await live.channel.send(question))
    assert "inline_keyboard" in live.server.sent[0].fields["reply_markup"]
    on = {"message_id": shown, "date": 1, "chat": {"id": 1001, "type": "private"}, "from": BOT, "text": "Tea?"}
    press = {"id": "q7", "from": OWNER, "chat_instance": "c", "data": f"2:{question.client_id}", "message": on}
    await live.server.arrives(callback_query=press)
    await live.server.all_confirmed()
    (answer,) = live.world.accepted
    assert (answer.answers, answer.text) == (question.client_id, "2")
    assert live.server.answered == ["q7"]
    assert "reply_markup" not in live.server.sent[0].fields


async def test_a_group_that_moves_stays_the_same_chat_also_after_a_restart(scene: Scene) -> None:
    old = {"id": -55, "type": "group", "title": "Old"}
    new = {"id": -10055, "type": "supergroup", "title": "Old"}
    async with scene.start():
        await scene.server.says("before", chat=old, message_id=3)
        await scene.server.says(None, chat=old, migrate_to_chat_id=-10055)
        await scene.server.says(None, chat=new, migrate_from_chat_id=-55, message_id=1)
        await scene.server.says("after", chat=new, message_id=3)
        await scene.server.all_confirmed()
    scene.server.moved[-55] = -10055
    again = TelegramChannel(TEMPO)
    async with running(again, scene.world.surroundings()):
        await scene.server.says("later", chat=new, message_id=4)
        await scene.server.all_confirmed()
        assert await again.send(scene.world.compose("-55", "Here")) == f"-10055:{scene.server.sent[-1].id}"
    assert [(one.address.chat, one.text) for one in scene.world.accepted] == [
        ("-55", "before"),
        ("-55", "after"),
        ("-55", "later"),
    ]
    assert scene.server.sent[-1].chat == -10055


async def test_topics_are_chats_and_what_is_said_in_one_stays_there(live: Scene) -> None:
    live.server.topics[-100300] = {7}
    await live.server.says("Hi", chat=FORUM, message_thread_id=7, is_topic_message=True)
    await live.server.says("Elsewhere", chat=FORUM)
    await live.server.all_confirmed()
    assert [one.address.chat for one in live.world.accepted] == ["-100300/7"]
    name = await live.channel.send(live.world.compose("-100300/7", "Hello"))
    assert live.server.sent[-1].topic == 7
    reaction = {"chat": FORUM, "message_id": int(name), "user": OWNER, "date": 3, "old_reaction": []}
    emoji = [{"type": "emoji", "emoji": "\N{THUMBS UP SIGN}"}]
    await live.server.arrives(message_reaction={**reaction, "new_reaction": emoji})
    await live.server.all_confirmed()
    assert [(one.address.chat, one.target) for one in live.world.changes] == [("-100300/7", name)]


async def test_a_thousand_messages_at_once_come_in_their_order(live: Scene) -> None:
    for number in range(1_000):
        await live.server.says(str(number), chat=GROUP)
    await live.server.all_confirmed(20)
    assert texts(live) == [str(number) for number in range(1_000)]
