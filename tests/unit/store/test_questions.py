"""Questions to people, and what becomes of them."""

from dataclasses import replace

import pytest

from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import GroupFolder
from nanoclaw.model.questions import NewQuestion, QuestionId, QuestionPurpose, QuestionState
from nanoclaw.store.inbox import Admission, Arrival, Verdict, answered
from nanoclaw.store.questions import NoSuchChatError
from tests.unit.store.conftest import HERE, Store, message

NEW = NewQuestion(
    key="k1",
    purpose=QuestionPurpose.AGENT,
    group=GroupFolder("main"),
    address=HERE,
    text="Tea or coffee?",
    options=("tea", "coffee"),
    subject="",
    expires_at=Milliseconds(2_000_000),
)


def answer_newest(arrival: Arrival) -> Verdict:
    """A judge who takes every message for an answer."""
    question = answered(arrival.questions[0].question, arrival.message.text)
    return Verdict(admission=Admission.WAKE, question=question)


async def test_the_same_key_is_the_same_question(store: Store) -> None:
    first = await store.questions.ask(NEW)
    again = await store.questions.ask(replace(NEW, text="Something else?"))
    assert (again.id, again.text) == (first.id, "Tea or coffee?")
    assert first.options == ("tea", "coffee")
    assert await store.questions.get(first.id) == first
    assert await store.questions.get(QuestionId(99)) is None


@pytest.mark.parametrize(
    "wrong", [{"group": GroupFolder("nobody")}, {"address": ChatAddress(channel=ChannelName("x"), chat="y")}]
)
async def test_a_question_needs_a_group_and_a_chat_that_are_there(store: Store, wrong: dict[str, object]) -> None:
    with pytest.raises(NoSuchChatError):
        await store.questions.ask(replace(NEW, **wrong))  # type: ignore[arg-type]


async def test_an_answer_to_an_agent_is_settled_with_its_message(store: Store) -> None:
    question = await store.questions.ask(NEW)
    stored = await store.inbox.add(message("tea"), answer_newest)
    assert stored.turn
    found = await store.questions.get(question.id)
    assert found is not None
    assert (found.state, found.answer) == (QuestionState.SETTLED, "tea")
    assert await store.questions.open_in(NEW.group) == ()
    assert await store.questions.answered() == ()


async def test_an_answer_that_opens_a_door_waits_until_it_was_acted_on(store: Store) -> None:
    question = await store.questions.ask(replace(NEW, purpose=QuestionPurpose.SENDER, subject="whatsapp 4179"))
    await store.inbox.add(message("allow"), answer_newest)
    (waiting,) = await store.questions.answered()
    assert (waiting.id, waiting.answer) == (question.id, "allow")
    await store.questions.settled(question.id)
    assert await store.questions.answered() == ()
    about = await store.questions.asked_about(QuestionPurpose.SENDER, NEW.group, "whatsapp 4179")
    assert about is not None
    assert about.state is QuestionState.SETTLED
    assert await store.questions.asked_about(QuestionPurpose.SENDER, NEW.group, "whatsapp 4178") is None


async def test_a_question_expires_once_and_says_when_the_next_does(store: Store) -> None:
    assert await store.questions.next_expiry() is None
    await store.questions.ask(replace(NEW, key="late", expires_at=Milliseconds(3_000_000)))
    early = await store.questions.ask(NEW)
    assert await store.questions.next_expiry() == 2_000_000
    assert await store.questions.expire() == ()
    store.clock.value = 2_000_000
    assert [one.id for one in await store.questions.expire()] == [early.id]
    assert await store.questions.expire() == ()
    assert await store.questions.next_expiry() == 3_000_000
    assert [one.expires_at for one in await store.questions.open_in(NEW.group)] == [3_000_000]


async def test_a_group_that_is_removed_takes_its_questions_with_it(store: Store) -> None:
    family = await store.add_group("family")
    question = await store.questions.ask(replace(NEW, group=family.folder))
    await store.groups.remove(family.folder)
    found = await store.questions.get(question.id)
    assert found is not None
    assert found.state is QuestionState.EXPIRED
