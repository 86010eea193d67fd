"""Putting a question before people."""

from nanoclaw.intake.asking import Asking
from nanoclaw.model.chats import ChatAddress
from tests.unit.intake.conftest import Reception
from tests.unit.store.conftest import HERE, message
from tests.unit.store.test_questions import NEW, answer_newest


async def test_a_question_is_sent_with_its_options_and_once(reception: Reception) -> None:
    delivered: list[ChatAddress] = []
    asking = Asking(reception.store.questions, reception.store.outbox, delivered.append)
    first = await asking.ask(NEW)
    again = await asking.ask(NEW)
    assert again == first
    assert await reception.heard() == ["Tea or coffee?\n\n1. tea\n2. coffee\n\nAnswer with the number or the words."]
    assert set(delivered) == {HERE}


async def test_a_question_that_was_answered_is_not_sent_again(reception: Reception) -> None:
    store = reception.store
    await store.questions.ask(NEW)
    await store.inbox.add(message("tea"), answer_newest)
    asking = Asking(store.questions, store.outbox, reception.delivered.append)
    await asking.ask(NEW)
    assert (await reception.heard(), reception.delivered) == ([], [])
