"""A turn's life in the store."""

import pytest

from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import Group, GroupFolder
from nanoclaw.model.turns import SessionId, SessionPosition, TurnState
from nanoclaw.store.groups import NewGroup
from nanoclaw.store.turns import Finish, Retry


async def test_a_message_that_triggers_queues_a_turn_and_claiming_gives_its_messages(store, main: Group) -> None:
    first = await store.receive("one", wakes=False)
    second = await store.receive("two")
    assert first.turn is None
    turn = await store.turns.claim(main.id)
    assert turn is not None
    assert turn.id == second.turn
    assert [message.text for message in turn.messages] == ["one", "two"]


async def test_messages_that_come_before_the_claim_share_one_turn(store, main: Group) -> None:
    first = await store.receive("one")
    second = await store.receive("two")
    assert first.turn == second.turn
    assert await store.turns.claim(main.id) is not None
    assert await store.turns.claim(main.id) is None


async def test_finishing_moves_cursor_session_and_replies_together(store, main: Group) -> None:
    await store.receive("one")
    turn = await store.turns.claim(main.id)
    position = SessionPosition(session=SessionId("s"), entry="e")
    finish = Finish(turns=(turn.id,), state=TurnState.ANSWERED, messages=("hello", "world"), position=position)
    assert await store.turns.finish(finish)
    assert await store.groups.session(main.id) == position
    outcome = await store.turns.outcome(turn.id)
    assert outcome.state is TurnState.ANSWERED
    assert [reply.text for reply in outcome.replies] == ["hello", "world"]
    await store.receive("two")
    assert [message.text for message in (await store.turns.claim(main.id)).messages] == ["two"]


async def test_a_turn_finishes_once(store, main: Group) -> None:
    await store.receive("one")
    turn = await store.turns.claim(main.id)
    finish = Finish(turns=(turn.id,), state=TurnState.ANSWERED, messages=("hello",))
    assert await store.turns.finish(finish)
    assert not await store.turns.finish(finish)
    assert len((await store.turns.outcome(turn.id)).replies) == 1


async def test_a_second_turn_claims_only_what_the_running_one_did_not(store, main: Group) -> None:
    await store.receive("one")
    first = await store.turns.claim(main.id)
    await store.receive("two")
    second = await store.turns.claim(main.id)
    assert [message.text for message in second.messages] == ["two"]
    finish = Finish(turns=(first.id, second.id), state=TurnState.ANSWERED, messages=("both",))
    assert await store.turns.finish(finish)
    outcome = await store.turns.outcome(second.id)
    assert [reply.text for reply in outcome.replies] == ["both"]
    assert outcome.state is TurnState.ANSWERED


async def test_after_a_restart_running_turns_of_a_chat_become_one_with_all_their_messages(store, main: Group) -> None:
    await store.receive("one")
    first = await store.turns.claim(main.id)
    await store.receive("two")
    second = await store.turns.claim(main.id)
    await store.receive("three")
    recovered = await store.turns.recover(limit=5)
    assert not recovered.given_up
    assert len(recovered.again) == 2
    turn = await store.turns.claim(main.id)
    assert turn.id == first.id
    assert [message.text for message in turn.messages] == ["one", "two", "three"]
    assert await store.turns.claim(main.id) is None
    await store.turns.finish(Finish(turns=(turn.id,), state=TurnState.ANSWERED, messages=("all",)))
    assert [reply.text for reply in (await store.turns.outcome(second.id)).replies] == ["all"]


async def test_a_turn_that_outlives_too_many_daemons_is_given_up(store, main: Group) -> None:
    await store.receive("poison")
    for _ in range(3):
        turn = await store.turns.claim(main.id)
        await store.turns.recover(limit=3)
    turn = await store.turns.claim(main.id)
    recovered = await store.turns.recover(limit=3)
    assert (recovered.again, recovered.given_up) == ((), (turn.id,))


async def test_turns_of_groups_that_are_being_served_are_left_alone(store, main: Group) -> None:
    await store.receive("one")
    await store.turns.claim(main.id)
    assert (await store.turns.recover(limit=3, served={main.id})).again == ()


async def test_a_failed_turn_waits_and_counts(store, main: Group) -> None:
    await store.receive("one")
    turn = await store.turns.claim(main.id)
    later = Milliseconds(store.clock.now() + 5_000)
    await store.turns.retry(Retry(turns=(turn.id,), not_before=later, error="it broke"))
    assert await store.turns.claim(main.id) is None
    store.clock.value = later
    again = await store.turns.claim(main.id)
    assert again.attempt == 1


async def test_the_triggering_message_is_put_before_the_agent_however_much_came_after_it(store, main: Group) -> None:
    await store.receive("the question")
    for number in range(9):
        await store.receive(f"chatter {number}", wakes=False)
    turn = await store.turns.claim(main.id)
    texts = [message.text for message in turn.messages]
    assert texts == ["the question", *(f"chatter {number}" for number in range(4, 9))]
    await store.turns.finish(Finish(turns=(turn.id,), state=TurnState.ANSWERED))
    assert await store.turns.claim(main.id) is None


async def test_a_failed_turn_leaves_its_messages_as_context_for_the_next(store, main: Group) -> None:
    await store.receive("one")
    turn = await store.turns.claim(main.id)
    await store.turns.finish(Finish(turns=(turn.id,), state=TurnState.FAILED, messages=("sorry",), error="it broke"))
    await store.receive("two")
    assert [message.text for message in (await store.turns.claim(main.id)).messages] == ["one", "two"]


async def test_a_removed_group_takes_its_turns_along(store) -> None:
    address = ChatAddress(channel=ChannelName("local"), chat="b")
    group = await store.groups.add(
        NewGroup(
            folder=GroupFolder("b"), name="B", trigger="@Andy", requires_trigger=True, is_main=False, address=address
        )
    )
    received = await store.receive("one", address=address)
    turn = await store.turns.claim(group.id)
    assert await store.groups.remove(GroupFolder("b"))
    assert not await store.turns.finish(Finish(turns=(turn.id,), state=TurnState.ANSWERED, messages=("late",)))
    assert (await store.turns.outcome(received.turn)).state is TurnState.STOPPED


@pytest.mark.parametrize("times", [1, 3])
async def test_the_same_message_twice_is_one_message(store, main: Group, times: int) -> None:
    first = await store.receive("one", id="x")
    for _ in range(times):
        again = await store.receive("one", id="x")
        assert again.duplicate
        assert (again.message, again.turn) == (first.message, first.turn)
    assert len((await store.turns.claim(main.id)).messages) == 1
