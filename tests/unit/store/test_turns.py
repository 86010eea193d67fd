"""A turn's life in the store."""

import pytest

from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import Group, GroupFolder
from nanoclaw.model.turns import SessionId, SessionPosition, TurnId, TurnState
from nanoclaw.store.history import HistoryFilter
from nanoclaw.store.outcomes import TurnOutcome
from nanoclaw.store.turns import Finish, Retry
from tests.unit.store.conftest import Store, address


async def outcome_of(store: Store, turn: TurnId) -> TurnOutcome:
    outcome = await store.outcomes.outcome(turn)
    assert outcome is not None
    return outcome


async def test_a_message_that_triggers_queues_a_turn_and_claiming_gives_its_messages(store: Store, main: Group) -> None:
    first = await store.receive("one", wakes=False)
    second = await store.receive("two")
    assert first.turn is None
    turn = await store.claim(main)
    assert turn is not None
    assert turn.id == second.turn
    assert [message.text for message in turn.messages] == ["one", "two"]


async def test_messages_that_come_before_the_claim_share_one_turn(store: Store, main: Group) -> None:
    first = await store.receive("one")
    second = await store.receive("two")
    assert first.turn == second.turn
    assert await store.turns.claim(main.id) is not None
    assert await store.turns.claim(main.id) is None


async def test_finishing_moves_cursor_session_and_replies_together(store: Store, main: Group) -> None:
    await store.receive("one")
    turn = await store.claim(main)
    position = SessionPosition(session=SessionId("s"), entry="e")
    finish = Finish(turns=(turn.id,), state=TurnState.ANSWERED, messages=("hello", "world"), position=position)
    assert await store.turns.finish(finish)
    assert await store.groups.session(main.id) == position
    outcome = await outcome_of(store, turn.id)
    assert outcome.state is TurnState.ANSWERED
    assert [reply.text for reply in outcome.replies] == ["hello", "world"]
    await store.receive("two")
    assert [message.text for message in (await store.claim(main)).messages] == ["two"]


async def test_a_turn_finishes_once(store: Store, main: Group) -> None:
    await store.receive("one")
    turn = await store.claim(main)
    finish = Finish(turns=(turn.id,), state=TurnState.ANSWERED, messages=("hello",))
    assert await store.turns.finish(finish)
    assert not await store.turns.finish(finish)
    assert len((await outcome_of(store, turn.id)).replies) == 1


async def test_a_second_turn_claims_only_what_the_running_one_did_not(store: Store, main: Group) -> None:
    await store.receive("one")
    first = await store.claim(main)
    await store.receive("two")
    second = await store.claim(main)
    assert [message.text for message in second.messages] == ["two"]
    finish = Finish(turns=(first.id, second.id), state=TurnState.ANSWERED, messages=("both",))
    assert await store.turns.finish(finish)
    outcome = await outcome_of(store, second.id)
    assert [reply.text for reply in outcome.replies] == ["both"]
    assert outcome.state is TurnState.ANSWERED


async def test_after_a_restart_running_turns_of_a_chat_become_one_with_all_their_messages(
    store: Store, main: Group
) -> None:
    await store.receive("one")
    first = await store.claim(main)
    await store.receive("two")
    second = await store.claim(main)
    await store.receive("three")
    recovered = await store.turns.recover(limit=5)
    assert not recovered.given_up
    assert len(recovered.again) == 2
    turn = await store.claim(main)
    assert turn.id == first.id
    assert [message.text for message in turn.messages] == ["one", "two", "three"]
    assert await store.turns.claim(main.id) is None
    await store.turns.finish(Finish(turns=(turn.id,), state=TurnState.ANSWERED, messages=("all",)))
    assert [reply.text for reply in (await outcome_of(store, second.id)).replies] == ["all"]


async def test_a_turn_that_outlives_too_many_daemons_is_given_up(store: Store, main: Group) -> None:
    await store.receive("poison")
    for _ in range(3):
        turn = await store.claim(main)
        await store.turns.recover(limit=3)
    turn = await store.claim(main)
    recovered = await store.turns.recover(limit=3)
    assert (recovered.again, recovered.given_up) == ((), (turn.id,))


async def test_turns_of_groups_that_are_being_served_are_left_alone(store: Store, main: Group) -> None:
    await store.receive("one")
    await store.claim(main)
    assert (await store.turns.recover(limit=3, served={main.id})).again == ()


async def test_a_failed_turn_waits_and_counts(store: Store, main: Group) -> None:
    await store.receive("one")
    turn = await store.claim(main)
    later = Milliseconds(store.clock.now() + 5_000)
    await store.turns.retry(Retry(turns=(turn.id,), not_before=later, error="it broke"))
    assert await store.turns.claim(main.id) is None
    store.clock.value = later
    again = await store.claim(main)
    assert again.attempt == 1


async def test_the_triggering_message_is_put_before_the_agent_however_much_came_after_it(
    store: Store, main: Group
) -> None:
    await store.receive("the question")
    for number in range(9):
        await store.receive(f"chatter {number}", wakes=False)
    turn = await store.claim(main)
    texts = [message.text for message in turn.messages]
    assert texts == ["the question", *(f"chatter {number}" for number in range(4, 9))]
    await store.turns.finish(Finish(turns=(turn.id,), state=TurnState.ANSWERED))
    assert await store.turns.claim(main.id) is None


async def test_a_failed_turn_leaves_its_messages_as_context_for_the_next(store: Store, main: Group) -> None:
    await store.receive("one")
    turn = await store.claim(main)
    await store.turns.finish(Finish(turns=(turn.id,), state=TurnState.FAILED, messages=("sorry",), error="it broke"))
    await store.receive("two")
    assert [message.text for message in (await store.claim(main)).messages] == ["one", "two"]


async def test_a_removed_group_takes_its_turns_along(store: Store) -> None:
    group = await store.add_group("b")
    received = await store.receive("one", address=address("b"))
    turn = await store.claim(group)
    assert await store.groups.remove(GroupFolder("b"))
    assert not await store.turns.finish(Finish(turns=(turn.id,), state=TurnState.ANSWERED, messages=("late",)))
    assert received.turn
    assert (await outcome_of(store, received.turn)).state is TurnState.STOPPED


@pytest.mark.parametrize("times", [1, 3])
async def test_the_same_message_twice_is_one_message(store: Store, main: Group, times: int) -> None:
    first = await store.receive("one", external_id="x")
    for _ in range(times):
        again = await store.receive("one", external_id="x")
        assert again.duplicate
        assert (again.message, again.turn) == (first.message, first.turn)
    assert len((await store.claim(main)).messages) == 1


async def test_a_retried_turn_gets_all_its_messages_again_though_a_later_turn_was_answered(
    store: Store, main: Group
) -> None:
    await store.receive("one")
    await store.receive("two")
    first = await store.claim(main)
    await store.receive("three")
    second = await store.claim(main)
    await store.turns.finish(Finish(turns=(second.id,), state=TurnState.ANSWERED))
    await store.turns.retry(Retry(turns=(first.id,), not_before=Milliseconds(0), error="it broke"))
    assert [message.text for message in (await store.claim(main)).messages] == ["one", "two"]


async def test_a_late_retry_of_a_stopped_turn_takes_nothing_from_the_group_that_came_back(store: Store) -> None:
    group = await store.add_group("b")
    await store.receive("one", address=address("b"))
    stopped = await store.claim(group)
    await store.groups.remove(GroupFolder("b"))
    group = await store.add_group("b")
    await store.receive("two", address=address("b"))
    await store.turns.retry(Retry(turns=(stopped.id,), not_before=Milliseconds(0), error="its worker ended"))
    turn = await store.claim(group)
    assert [message.text for message in turn.messages] == ["two"]


async def test_due_turns_come_the_longest_due_first(store: Store, main: Group) -> None:
    await store.receive("one")
    turn = await store.claim(main)
    await store.turns.retry(Retry(turns=(turn.id,), not_before=Milliseconds(2_000_000), error="it broke"))
    family = await store.add_group("family")
    await store.receive("two", address=address("family"))
    due = await store.turns.due()
    assert [(one.group.id, one.not_before) for one in due] == [(family.id, 0), (main.id, 2_000_000)]


async def test_giving_up_tells_the_chat(store: Store, main: Group) -> None:
    await store.receive("one")
    turn = await store.claim(main)
    await store.turns.give_up(turn.id)
    outcome = await outcome_of(store, turn.id)
    assert outcome.state is TurnState.FAILED
    assert len(outcome.replies) == 1
    assert "could not answer" in outcome.replies[0].text


async def test_the_first_request_to_the_model_is_noted_once_and_an_unknown_turn_has_no_outcome(
    store: Store, main: Group
) -> None:
    await store.receive("one")
    turn = await store.claim(main)
    await store.turns.mark_model_request(turn.id, Milliseconds(5))
    await store.turns.mark_model_request(turn.id, Milliseconds(9))
    assert (await outcome_of(store, turn.id)).model_request_at == 5
    assert await store.outcomes.outcome(TurnId(999)) is None


async def test_what_waits_is_counted(store: Store, main: Group) -> None:
    await store.receive("one")
    turn = await store.claim(main)
    await store.receive("two")
    counts = await store.outcomes.counts()
    assert (counts.queued, counts.running, counts.undelivered) == (1, 1, 0)
    await store.turns.finish(Finish(turns=(turn.id,), state=TurnState.ANSWERED, messages=("hello",)))
    counts = await store.outcomes.counts()
    assert (counts.queued, counts.running, counts.undelivered) == (1, 0, 1)


async def test_a_claim_marks_what_is_put_before_the_agent_and_not_all_of_a_long_silence(
    store: Store, main: Group
) -> None:
    for number in range(20):
        await store.receive(f"silence {number}", wakes=False)
    await store.receive("wake up")
    turn = await store.claim(main)
    assert [message.text for message in turn.messages] == [*(f"silence {n}" for n in range(16, 20)), "wake up"]
    await store.turns.finish(Finish(turns=(turn.id,), state=TurnState.ANSWERED))
    lines = await store.history.newest(HistoryFilter(limit=30))
    assert [line.text for line in lines if line.state == "answered"] == [message.text for message in turn.messages]
    await store.receive("and now")
    assert [message.text for message in (await store.claim(main)).messages] == ["and now"]
