"""What became of a run, by its turn and the replies of it, on a real store."""

from dataclasses import replace

from nanoclaw.daemon.agenda import outcome_of
from nanoclaw.model.groups import MAIN_FOLDER, GroupFolder
from nanoclaw.model.tasks import RunId, TaskId
from nanoclaw.model.turns import Lane, TurnId, TurnState
from nanoclaw.scheduling.contract import NeverHandedOver, RunOutcome, StillGoing
from nanoclaw.store.runs import NewRun
from nanoclaw.store.turns import Finish
from tests.unit.store.conftest import HERE, Store, address

RUN = NewRun(
    run=RunId(7), task=TaskId(1), group=MAIN_FOLDER, address=HERE, lane=Lane.GROUP, name="Plants", prompt="Water them"
)


async def outcome(store: Store) -> RunOutcome | StillGoing | NeverHandedOver:
    return outcome_of(await store.runs.outcome(RUN.run))


async def answered(store: Store, *messages: str, state: TurnState = TurnState.ANSWERED) -> TurnId:
    """The run's turn is taken up and ends with these messages."""
    assert await store.runs.add(RUN) is not None
    group = await store.groups.find(MAIN_FOLDER)
    assert group is not None
    turn = await store.claim(group)
    assert turn.run == RUN.run
    await store.turns.finish(Finish(turns=(turn.id,), state=state, messages=messages))
    return turn.id


async def test_a_run_is_queued_once_however_often_it_is_asked(store: Store) -> None:
    assert await outcome(store) == NeverHandedOver()
    first = await store.runs.add(RUN)
    assert first is not None
    assert await store.runs.add(RUN) == first
    assert await outcome(store) == StillGoing()
    assert (await store.outcomes.counts()).queued == 1


async def test_a_run_is_going_on_until_all_that_it_said_has_arrived(store: Store) -> None:
    await answered(store, "one", "two")
    for _ in range(2):
        assert await outcome(store) == StillGoing()
        reply = await store.outbox.take(HERE)
        assert reply is not None
        assert await outcome(store) == StillGoing()
        await store.outbox.sent(reply.id, f"network-{reply.id}")
    ended = await outcome(store)
    assert isinstance(ended, RunOutcome)
    assert (ended.state, ended.result, ended.delivered) == (TurnState.ANSWERED, "one\n\ntwo", True)


async def test_one_reply_that_cannot_be_delivered_is_enough_not_to_be_delivered(store: Store) -> None:
    await answered(store, "one", "two")
    first = await store.outbox.take(HERE)
    assert first is not None
    await store.outbox.failed(first.id, "too large")
    second = await store.outbox.take(HERE)
    assert second is not None
    await store.outbox.sent(second.id, "network-2")
    ended = await outcome(store)
    assert isinstance(ended, RunOutcome)
    assert ended.delivered is False


async def test_a_run_that_says_nothing_has_nothing_to_deliver(store: Store) -> None:
    await answered(store)
    ended = await outcome(store)
    assert isinstance(ended, RunOutcome)
    assert (ended.state, ended.delivered) == (TurnState.ANSWERED, None)


async def test_there_is_no_turn_for_a_group_or_a_chat_that_is_gone(store: Store) -> None:
    assert await store.runs.add(replace(RUN, group=GroupFolder("gone"))) is None
    assert await store.runs.add(replace(RUN, address=address("elsewhere"))) is None
    assert await outcome(store) == NeverHandedOver()
