"""Replies going out."""

from pathlib import Path

from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import Group
from nanoclaw.model.turns import NewOutgoing, Reply, ReplyKind, TurnState
from nanoclaw.store.turns import Finish
from tests.unit.store.conftest import HERE, Store, address, new_group, open_store


async def take(store: Store) -> Reply:
    reply = await store.outbox.take(HERE)
    assert reply is not None
    return reply


async def queue(store: Store, *texts: str) -> None:
    for text in texts:
        assert await store.outbox.add(HERE, text, client_id=f"c-{text}")


async def test_a_chat_gets_its_replies_one_by_one_in_order(store: Store) -> None:
    await queue(store, "one", "two")
    first = await take(store)
    assert (await take(store)).id == first.id, "what is being sent comes before whatever follows it"
    await store.outbox.sent(first.id, "n1")
    second = await take(store)
    assert (first.text, second.text) == ("one", "two")
    await store.outbox.sent(second.id, "n2")
    assert await store.outbox.take(HERE) is None
    assert await store.outbox.waiting_chats() == ()


async def test_an_edit_knows_its_message_and_when_that_was_sent(store: Store) -> None:
    await queue(store, "frist")
    first = await take(store)
    store.clock.value = Milliseconds(store.clock.now() + 700)
    await store.outbox.sent(first.id, "n1")
    sent_at = store.clock.now()
    store.clock.value = Milliseconds(sent_at + 5_000)
    await store.outbox.queue(
        NewOutgoing(address=HERE, client_id="edit", text="first", kind=ReplyKind.EDIT, target_reply=first.id)
    )
    edit = await take(store)
    assert (edit.kind, edit.target, edit.target_at) == (ReplyKind.EDIT, "n1", sent_at)


async def test_a_reply_that_was_being_sent_at_a_crash_is_taken_again_under_the_same_id(tmp_path: Path) -> None:
    before = await open_store(tmp_path / "messages.db")
    await before.groups.add(new_group("main", is_main=True))
    await queue(before, "one", "two")
    first = await take(before)
    await before.database.close()
    after = await open_store(tmp_path / "messages.db")
    assert await after.outbox.waiting_chats() == (HERE,)
    again = await take(after)
    assert (again.client_id, again.text, again.attempts) == (first.client_id, "one", 2)
    await after.database.close()


async def test_a_reply_that_must_wait_holds_back_those_behind_it_until_its_time(store: Store) -> None:
    await queue(store, "one", "two")
    first = await take(store)
    later = Milliseconds(store.clock.now() + 500)
    await store.outbox.retry(first.id, not_before=later, error="busy")
    assert await store.outbox.take(HERE) is None
    assert await store.outbox.next_attempt(HERE) == later
    store.clock.value = later
    again = await take(store)
    assert (again.text, again.attempts) == ("one", 2)


async def test_a_reply_that_failed_for_good_lets_the_later_ones_go(store: Store) -> None:
    await queue(store, "one", "two")
    await store.outbox.failed((await take(store)).id, "no such chat")
    assert (await take(store)).text == "two"


async def test_chats_do_not_wait_for_each_other(store: Store) -> None:
    await store.add_group("family")
    await queue(store, "one")
    await store.outbox.add(address("family"), "two", client_id="f")
    await store.outbox.retry((await take(store)).id, not_before=Milliseconds(9_999_999), error="busy")
    other = await store.outbox.take(address("family"))
    assert other is not None
    assert other.text == "two"
    assert await store.outbox.waiting_chats() == (HERE, address("family"))


async def test_the_same_client_id_queues_one_message(store: Store) -> None:
    await queue(store, "one", "one")
    await store.outbox.sent((await take(store)).id, "n1")
    assert await store.outbox.take(HERE) is None
    await queue(store, "one")
    assert await store.outbox.take(HERE) is None


async def test_a_chat_nobody_heard_of_gets_nothing(store: Store) -> None:
    assert not await store.outbox.add(address("nobody"), "one", client_id="c")
    assert await store.outbox.next_attempt(address("nobody")) is None


async def test_odd_texts_and_errors_can_be_kept(store: Store) -> None:
    await queue(store, "a\ud83db\0")
    reply = await take(store)
    assert reply.text == "a\ufffdb\ufffd"
    await store.outbox.retry(reply.id, not_before=Milliseconds(0), error="it said \ud83d")
    await store.outbox.failed((await take(store)).id, "it said \ud83d")
    assert await store.outbox.take(HERE) is None


async def test_replies_of_a_turn_carry_ids_made_of_it(store: Store, main: Group) -> None:
    await store.receive("one")
    turn = await store.claim(main)
    await store.turns.finish(Finish(turns=(turn.id,), state=TurnState.ANSWERED, messages=("a", "b")))
    first = await take(store)
    await store.outbox.sent(first.id, "n1")
    second = await take(store)
    assert (first.turn, second.turn) == (turn.id, turn.id)
    assert [first.client_id, second.client_id] == [f"turn-{turn.id}-0", f"turn-{turn.id}-1"]
