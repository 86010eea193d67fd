"""What is written down of a turn's end."""

from dataclasses import replace

import pytest

from nanoclaw.agents.outcomes import Answered, Fault, FaultKind
from nanoclaw.dispatch.ledger import Ledger, RetryPolicy
from nanoclaw.dispatch.limits import Outlets
from nanoclaw.model.chats import ChatAddress
from nanoclaw.model.groups import MAIN_FOLDER, Group
from nanoclaw.model.turns import SessionId, SessionPosition, Turn
from tests.unit.store.conftest import HERE, Store, address, owner_chats

BROKEN = Fault(kind=FaultKind.LOST, what="The agent is gone", hint="Look at the log.")
REJECTED = Fault(kind=FaultKind.CREDENTIAL, what="The key is not accepted", hint="Put a valid one.", lasting=True)
SCHEDULE = (5.0, 10.0, 20.0, 40.0, 80.0)
POSITION = SessionPosition(session=SessionId("s"), entry="e")


@pytest.fixture
def ledger(store: Store) -> Ledger:
    policy = RetryPolicy(seconds=SCHEDULE, random=lambda: 0.5)
    outlets = Outlets(
        deliver=lambda _: None,
        run_ended=lambda _: None,
        trouble=store.groups.note_trouble,
        owner_chats=owner_chats,
    )
    return Ledger(store.turns, store.groups, store.outbox, store.clock, retries=policy, outlets=outlets)


async def running(store: Store, ledger: Ledger, chat: ChatAddress = HERE) -> Turn:
    await store.receive("hello", address=chat)
    group = await store.groups.of_chat(chat)
    assert group is not None
    return await claimed(ledger, group)


async def claimed(ledger: Ledger, group: Group) -> Turn:
    turn = await ledger.claim(group, None)
    assert turn is not None
    return turn


async def texts(store: Store, chat: ChatAddress = HERE) -> list[str]:
    found = []
    while (reply := await store.outbox.take(chat)) is not None:
        found.append(reply.text)
        await store.outbox.sent(reply.id, "")
    return found


@pytest.mark.parametrize("chance", [0.0, 0.5, 0.999])
def test_waits_double_with_a_fifth_of_jitter_either_way_and_end(chance: float) -> None:
    policy = RetryPolicy(seconds=SCHEDULE, random=lambda: chance)
    waits = [policy.wait(attempt) for attempt in range(6)]
    assert waits[5] is None
    for wait, seconds in zip(waits, SCHEDULE, strict=False):
        assert wait is not None
        assert wait == pytest.approx(seconds * (0.8 + 0.4 * chance))


def test_without_retries_the_first_failure_is_the_last() -> None:
    assert RetryPolicy(seconds=()).wait(0) is None


async def test_a_failing_turn_is_tried_on_schedule_and_then_told(store: Store, ledger: Ledger) -> None:
    turn = await running(store, ledger)
    for seconds in SCHEDULE:
        assert await ledger.failed([turn], BROKEN) == ()
        (due,) = await store.turns.due()
        assert due.not_before == store.clock.now() + seconds * 1000
        store.clock.value = due.not_before - 1
        assert await ledger.claim(turn.group, None) is None
        store.clock.value += 1
        turn = await claimed(ledger, turn.group)
    assert await texts(store) == []
    assert await ledger.failed([turn], BROKEN) == (HERE,)
    (notice,) = await texts(store)
    assert "The agent is gone" in notice
    assert "Look at the log." in notice, "the owner is told what to do"
    assert await store.turns.due() == ()


async def test_a_lasting_fault_is_told_at_once(store: Store, ledger: Ledger) -> None:
    turn = await running(store, ledger)
    assert await ledger.failed([turn], REJECTED) == (HERE,)
    assert [trouble.what for trouble in await store.groups.troubles(5)] == ["main: The key is not accepted"]


async def test_another_group_is_told_in_its_chat_and_the_owner_in_theirs(store: Store, ledger: Ledger) -> None:
    await store.add_group("family")
    turn = await running(store, ledger, address("family"))
    assert await ledger.failed([turn], REJECTED) == (address("family"), HERE)
    (there,) = await texts(store, address("family"))
    assert "key is not accepted" in there
    assert "Put a valid one" not in there, "what the owner must do is for the owner"
    (here,) = await texts(store)
    assert "Family" in here
    assert "Put a valid one" in here


async def test_of_several_chats_the_one_whose_message_failed_is_told_and_not_the_primary_one(
    store: Store, ledger: Ledger
) -> None:
    family = await store.add_group("family")
    cottage = address("cottage", "whatsapp")
    await store.groups.add_chat(family, cottage, "Cottage")
    primary = await store.groups.chat(family.id, address("family"))
    assert primary is not None
    await store.groups.set_primary(family.id, primary)
    turn = await running(store, ledger, cottage)
    assert await ledger.failed([turn], REJECTED) == (cottage, HERE)
    assert len(await texts(store, cottage)) == 1
    assert await texts(store, address("family")) == []


async def test_the_owner_is_told_where_news_go_and_once_where_that_is_the_chat_itself(store: Store) -> None:
    await store.add_group("family")
    elsewhere = address("phone", "telegram")
    await store.groups.bind(MAIN_FOLDER, elsewhere, "Phone")

    async def chats() -> tuple[ChatAddress, ...]:
        return (elsewhere, address("family"), HERE)

    outlets = Outlets(
        deliver=lambda _: None, run_ended=lambda _: None, trouble=store.groups.note_trouble, owner_chats=chats
    )
    policy = RetryPolicy(seconds=())
    ledger = Ledger(store.turns, store.groups, store.outbox, store.clock, retries=policy, outlets=outlets)
    turn = await running(store, ledger, address("family"))
    assert await ledger.failed([turn], BROKEN) == (address("family"), elsewhere)
    assert len(await texts(store, elsewhere)) == 1
    assert len(await texts(store, address("family"))) == 1
    assert await texts(store) == []


async def test_a_refused_message_is_left_out_from_then_on(store: Store, ledger: Ledger) -> None:
    turn = await running(store, ledger)
    await ledger.failed([turn], replace(REJECTED, kind=FaultKind.REFUSED))
    await store.receive("and now?")
    assert [message.text for message in (await claimed(ledger, turn.group)).messages] == ["and now?"]


async def test_several_turns_that_fail_together_wait_as_one(store: Store, ledger: Ledger) -> None:
    first = await running(store, ledger)
    second = await running(store, ledger)
    await ledger.failed([first, second], BROKEN)
    (due,) = await store.turns.due()
    store.clock.value = due.not_before
    again = await claimed(ledger, first.group)
    assert (again.id, len(again.messages)) == (first.id, 2)


async def test_turns_that_were_put_back_are_due_at_once_and_not_blamed(store: Store, ledger: Ledger) -> None:
    turn = await running(store, ledger)
    await ledger.put_back([turn])
    assert (await claimed(ledger, turn.group)).attempt == 0


async def test_answers_of_the_agents_own_accord_are_sent_each_once(store: Store, ledger: Ledger) -> None:
    turn = await running(store, ledger)
    for name, text in (("r1", "Now!"), ("r1", "Now!"), ("", "One"), ("", "Two")):
        answer = Answered(turns=(), text=text, position=POSITION, id=name)
        assert await ledger.volunteered(turn.group, answer, lambda _, text: (text,)) == HERE
    assert await texts(store) == ["Now!", "One", "Two"]
    assert await ledger.position(turn.group) == POSITION


async def test_what_is_said_before_any_chat_is_known_goes_nowhere(store: Store, ledger: Ledger) -> None:
    group = (await store.groups.all())[0]
    answer = Answered(turns=(), text="Hello?", position=POSITION, id="r")
    assert await ledger.volunteered(group, answer, lambda _, text: (text,)) is None


async def test_a_position_is_set_and_forgotten(store: Store, ledger: Ledger) -> None:
    group = (await store.groups.all())[0]
    await ledger.set_position(group, POSITION)
    assert await ledger.position(group) == POSITION
    await ledger.set_position(group, None)
    assert await ledger.position(group) is None


async def test_an_answer_to_a_turn_that_was_removed_meanwhile_is_dropped(store: Store, ledger: Ledger) -> None:
    await store.add_group("family")
    turn = await running(store, ledger, address("family"))
    await store.groups.remove(turn.group.folder)
    await ledger.answered([turn], ("late",), Answered(turns=(turn.id,), text="late", position=POSITION))
    assert await texts(store, address("family")) == []
