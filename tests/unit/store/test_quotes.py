"""Which message a reply quotes."""

from dataclasses import replace

import pytest

from nanoclaw.model.chats import ChangeKind, ChatAddress, InboundChange, Sender
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import Group, GroupFolder
from nanoclaw.model.tasks import RunId, TaskId
from nanoclaw.model.turns import Lane, NewOutgoing, QuotedMessage, ReplyKind, TurnState
from nanoclaw.store.runs import NewRun
from nanoclaw.store.turns import Finish
from tests.unit.store.conftest import HERE, STORING, WAKING, Store, address, message

FAMILY = address("family")
BEN = Sender(id="u2", name="Ben")


async def answer(store: Store, group: Group, *texts: str) -> None:
    turn = await store.claim(group)
    await store.turns.finish(Finish(turns=(turn.id,), state=TurnState.ANSWERED, messages=texts))


async def quotes(store: Store, where: ChatAddress = FAMILY) -> list[QuotedMessage | None]:
    """Of everything that is sent."""
    found = []
    while (reply := await store.outbox.take(where)) is not None:
        assert (await store.outbox.take(where)) == replace(reply, attempts=2)
        found.append(reply.quote)
        await store.outbox.sent(reply.id, f"n{reply.id}")
    return found


async def test_the_first_text_of_a_turn_quotes_the_message_that_woke_the_agent(store: Store) -> None:
    group = await store.add_group("family")
    await store.receive("before", address=FAMILY, wakes=False)
    await store.receive("@Andy " + "x" * 400, external_id="asked", address=FAMILY)
    await store.receive("after", address=FAMILY, wakes=False)
    await answer(store, group, "one", "two")
    quoted = QuotedMessage(external_id="asked", sender="u1", text=("@Andy " + "x" * 400)[:300])
    assert await quotes(store) == [quoted, None]


async def test_what_is_no_text_quotes_nothing_and_leaves_it_to_the_text(store: Store) -> None:
    group = await store.add_group("family")
    asked = await store.receive("@Andy hello", external_id="asked", address=FAMILY)
    turn = await store.claim(group)
    reaction = NewOutgoing(
        address=FAMILY, client_id="r", text="👍", turn=turn.id, kind=ReplyKind.REACTION, target_message=asked.message
    )
    await store.outbox.queue(reaction)
    await store.turns.finish(Finish(turns=(turn.id,), state=TurnState.ANSWERED, messages=("Hi.",)))
    first, second = await quotes(store)
    assert first is None
    assert second is not None


async def test_where_one_person_writes_nothing_is_quoted(store: Store) -> None:
    main = await store.groups.find("main")
    assert main is not None
    await store.inbox.add(replace(message("hello"), sender=BEN), STORING)
    await store.receive("hello")
    await answer(store, main, "Hi.")
    assert await quotes(store, HERE) == [None]
    notes = await store.add_group("family", requires_trigger=False)
    await store.receive("hello", address=FAMILY)
    await answer(store, notes, "Hi.")
    assert await quotes(store) == [None]
    await store.inbox.add(replace(message("hello", "b", FAMILY), sender=BEN), WAKING)
    await answer(store, notes, "Hi.")
    assert [quote and quote.sender for quote in await quotes(store)] == ["u2"]


async def test_a_message_that_was_taken_back_is_not_quoted(store: Store) -> None:
    group = await store.add_group("family")
    await store.receive("@Andy hello", external_id="asked", address=FAMILY)
    await answer(store, group, "Hi.")
    await store.inbox.change(change(ChangeKind.DELETED), lambda _group, _text: False)
    assert await quotes(store) == [None]


async def test_an_answer_to_an_edit_quotes_the_message_that_was_edited(store: Store) -> None:
    group = await store.add_group("family")
    await store.receive("hello", external_id="asked", address=FAMILY, wakes=False)
    await store.receive("@Andy hello", address=FAMILY)
    await answer(store, group, "Hi.")
    await quotes(store)
    await store.inbox.change(change(ChangeKind.EDITED), lambda _group, text: text.startswith("@"))
    await answer(store, group, "Hi, too.")
    assert await quotes(store) == [QuotedMessage(external_id="asked", sender="u1", text="@Andy and me?")]


@pytest.mark.parametrize("lane", list(Lane))
async def test_what_a_task_says_quotes_nothing(store: Store, lane: Lane) -> None:
    await store.add_group("family")
    await store.receive("hello", address=FAMILY, wakes=False)
    turn = await store.runs.add(
        NewRun(
            run=RunId(1),
            task=TaskId(1),
            group=GroupFolder("family"),
            address=FAMILY,
            lane=lane,
            name="",
            prompt="do it",
        )
    )
    await store.outbox.queue(NewOutgoing(address=FAMILY, client_id="x", text="Done.", turn=turn))
    assert await quotes(store) == [None]


def change(kind: ChangeKind) -> InboundChange:
    return InboundChange(
        address=FAMILY,
        external_id="c",
        kind=kind,
        target="asked",
        sender=Sender(id="u1", name="Ann"),
        text="@Andy and me?",
        at=Milliseconds(2_000_000),
    )
