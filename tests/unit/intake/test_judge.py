"""The one rule about senders, commands, answers and triggers."""

from dataclasses import replace

import pytest

from nanoclaw.intake.judge import judge
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import Group, GroupFolder, GroupId
from nanoclaw.model.options import NO_OPTIONS, with_option
from nanoclaw.model.people import Role
from nanoclaw.model.questions import Question, QuestionId, QuestionPurpose, QuestionState
from nanoclaw.store.inbox import Admission, Arrival, OpenQuestion
from tests.unit.store.conftest import HERE, message

FAMILY = Group(
    id=GroupId(2), folder=GroupFolder("family"), name="F", trigger="@Andy", requires_trigger=True, is_main=False
)
ASKED = OpenQuestion(
    question=Question(
        id=QuestionId(1),
        purpose=QuestionPurpose.AGENT,
        group=FAMILY.folder,
        address=HERE,
        text="Tea?",
        options=("yes", "no"),
        subject="",
        state=QuestionState.OPEN,
        expires_at=Milliseconds(2_000_000),
    ),
    client_ids=frozenset({"question-1"}),
)


def arrival(text: str, role: Role | None, senders: str = "ignore", *, asked: OpenQuestion | None = None) -> Arrival:
    group = replace(FAMILY, options=with_option(NO_OPTIONS, "senders", senders))
    return Arrival(group=group, message=message(text), role=role, questions=(asked,) if asked else ())


@pytest.mark.parametrize(
    ("senders", "role", "admission"),
    [
        ("ignore", None, Admission.DROP),
        ("ask", None, Admission.HOLD),
        ("anyone", None, Admission.WAKE),
        ("ignore", Role.MEMBER, Admission.WAKE),
        ("ask", Role.ADMIN, Admission.WAKE),
        ("ignore", Role.OWNER, Admission.WAKE),
    ],
)
def test_who_has_no_role_is_treated_as_the_group_says(senders: str, role: Role | None, admission: Admission) -> None:
    verdict = judge(arrival("@Andy hello", role, senders))
    assert verdict.admission is admission
    assert bool(verdict.reason) == (admission in {Admission.DROP, Admission.HOLD})


@pytest.mark.parametrize(
    ("text", "role", "senders", "admission"),
    [
        ("@Andy hello", Role.OWNER, "ignore", Admission.STORE),
        ("/stop", Role.OWNER, "ignore", Admission.STORE),
        ("yes", Role.MEMBER, "ignore", Admission.STORE),
        ("@Andy hello", None, "anyone", Admission.STORE),
        ("@Andy hello", None, "ask", Admission.DROP),
    ],
)
def test_what_was_written_before_we_came_is_kept_and_neither_obeyed_nor_answered(
    text: str, role: Role | None, senders: str, admission: Admission
) -> None:
    new = arrival(text, role, senders, asked=ASKED)
    verdict = judge(replace(new, message=replace(new.message, history=True, mentions_assistant=True)))
    assert (verdict.admission, verdict.question) == (admission, None)


def test_a_group_without_options_and_people_listens_to_nobody() -> None:
    assert judge(replace(arrival("@Andy", None), group=FAMILY)).admission is Admission.DROP


def test_without_its_trigger_a_message_is_only_stored() -> None:
    assert judge(arrival("hello", Role.MEMBER)).admission is Admission.STORE
    assert judge(arrival("hello", None, "anyone")).admission is Admission.STORE


def test_an_answer_to_the_agent_wakes_it_without_a_trigger() -> None:
    verdict = judge(arrival("1", Role.MEMBER, asked=ASKED))
    assert verdict.admission is Admission.WAKE
    assert verdict.question is not None
    assert verdict.question.answer == "yes"


def test_the_owners_answer_to_nanoclaw_is_nothing_for_the_agent() -> None:
    about = replace(ASKED, question=replace(ASKED.question, purpose=QuestionPurpose.SENDER))
    verdict = judge(arrival("1", Role.OWNER, asked=about))
    assert (verdict.admission, verdict.question is not None) == (Admission.COMMAND, True)


def test_somebody_without_a_role_answers_nothing() -> None:
    assert judge(arrival("1", None, "anyone", asked=ASKED)).question is None


def test_a_reaction_to_a_question_that_is_over_wakes_nobody() -> None:
    given = arrival("\N{THUMBS UP SIGN}", Role.OWNER)
    given = replace(given, group=replace(given.group, requires_trigger=False))
    message = replace(given.message, answers="question-9")
    assert judge(replace(given, message=message)).admission is Admission.STORE
    assert judge(replace(given, message=replace(message, text="yes"))).admission is Admission.WAKE
    assert judge(given).admission is Admission.WAKE, "an emoji as a message of its own is a message"
