"""Questions to people, which wait elsewhere."""

from dataclasses import replace

import pytest

from nanoclaw.agents.tools.tally import LIMITS, Allowance
from nanoclaw.model.questions import QuestionPurpose, QuestionState
from tests.unit.agents.tools.world import FAMILY, NOON, Agent, World, address, agent_of


async def test_a_question_is_asked_in_the_chat_of_the_turn_and_not_waited_for(world: World, family: Agent) -> None:
    answer = await family.call("ask_user", question="Which day?", options=["Monday", "Tuesday"])
    assert answer.startswith("Asked as question 1; it can be answered until 2026-11-24 13:00 (Europe/Zurich).")
    assert "end your turn" in answer
    (question,) = world.asked.values()
    assert (question.purpose, question.group, question.address) == (
        QuestionPurpose.AGENT,
        FAMILY.folder,
        address("family"),
    )
    assert (question.text, question.options) == ("Which day?", ("Monday", "Tuesday"))
    assert question.expires_at == NOON + 24 * 3_600_000


async def test_a_question_without_options_takes_any_text(world: World, family: Agent) -> None:
    await family.call("ask_user", question="What is it called?")
    assert next(iter(world.asked.values())).options == ()


async def test_a_turn_that_starts_again_learns_what_became_of_its_question(world: World) -> None:
    await agent_of(world, FAMILY).call("ask_user", question="Really?")
    assert "Asked as question 1;" in await agent_of(world, FAMILY).call("ask_user", question="Really?")
    ((key, question),) = world.asked.items()
    for state, words in (
        (QuestionState.ANSWERED, "answered: yes"),
        (QuestionState.SETTLED, "answered: yes"),
        (QuestionState.EXPIRED, "nobody answered in time"),
    ):
        world.asked[key] = replace(question, state=state, answer="yes")
        assert words in await agent_of(world, FAMILY).call("ask_user", question="Really?")
    assert len(world.asked) == 1


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["one"], "There are 1 options"),
        ([f"option {letter}" for letter in "abcdefghijk"], "There are 11 options"),
        (["yes", " "], "empty or too long"),
        (["yes", "x" * 81], "empty or too long"),
        (["Yes", "yes"], "Two options are the same"),
        (["2", "4"], "Option 1 is the number of another option"),
    ],
)
async def test_options_have_to_be_answerable(world: World, family: Agent, options: list[str], why: str) -> None:
    assert why in await family.refused("ask_user", question="Which?", options=options)
    assert world.asked == {}
    assert world.refusals == [("family", "ask_user", "arguments")]


async def test_numbers_are_options_where_they_mean_themselves_or_no_place(world: World, family: Agent) -> None:
    await family.call("ask_user", question="How many?", options=["1", "2", "3"])
    await family.call("ask_user", question="How many?", options=["10", "20"])
    assert len(world.asked) == 2


async def test_an_empty_question_is_refused(family: Agent) -> None:
    assert "empty" in await family.refused("ask_user", question="<internal>?</internal>")


async def test_a_turn_asks_so_many_questions_and_no_more(family: Agent) -> None:
    for number in range(LIMITS[Allowance.QUESTIONS]):
        await family.call("ask_user", question=f"Number {number}?")
    assert "A turn has 5 questions" in await family.refused("ask_user", question="And?")


async def test_work_that_nobody_asked_for_cannot_ask(world: World) -> None:
    assert "no chat" in await agent_of(world, FAMILY, turn=None).refused("ask_user", question="Hello?")
