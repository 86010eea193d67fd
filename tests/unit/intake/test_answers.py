"""Which open question a message answers."""

from dataclasses import replace

import pytest

from nanoclaw.intake.answers import find_answer
from nanoclaw.model.chats import Quote
from nanoclaw.model.people import Role
from nanoclaw.model.questions import QuestionId, QuestionPurpose
from nanoclaw.store.inbox import Arrival, OpenQuestion
from tests.unit.intake.test_judge import ASKED, arrival

OLDER = OpenQuestion(
    question=replace(ASKED.question, id=QuestionId(0), text="Red or blue?", options=("red", "blue")),
    client_ids=frozenset({"question-0"}),
)
FREE = OpenQuestion(
    question=replace(ASKED.question, id=QuestionId(2), text="What is your name?", options=()),
    client_ids=frozenset({"question-2"}),
)


def answer(given: Arrival) -> tuple[int, str] | None:
    found = find_answer(given)
    return None if found is None else (found.id, found.answer)


def said(text: str, *questions: OpenQuestion, role: Role = Role.MEMBER, button: str = "", quote: str = "") -> Arrival:
    given = arrival(text, role)
    message = replace(given.message, answers=button, quote=Quote(sender="Andy", text=quote) if quote else None)
    return replace(given, message=message, questions=questions)


@pytest.mark.parametrize(
    ("text", "chosen"),
    [("1", "yes"), ("2.", "no"), ("(2)", "no"), (" YES ", "yes"), ("@Andy no", "no"), ("@Andy 1", "yes")],
)
def test_a_number_or_the_words_of_an_option_answer(text: str, chosen: str) -> None:
    assert answer(said(text, ASKED)) == (1, chosen)


@pytest.mark.parametrize("text", ["0", "3", "99", "-1", "1 please", "yes!", "", "y", "一"])
def test_anything_else_is_no_answer(text: str) -> None:
    assert answer(said(text, ASKED)) is None


def test_the_newest_question_that_the_text_fits_is_answered() -> None:
    assert answer(said("1", ASKED, OLDER)) == (1, "yes")
    assert answer(said("blue", ASKED, OLDER)) == (0, "blue")


def test_a_button_and_a_quote_name_their_question() -> None:
    assert answer(said("blue", ASKED, OLDER, button="question-0")) == (0, "blue")
    assert answer(said("2", ASKED, OLDER, quote="Red or blue?\n\n1. red\n2. blue")) == (0, "blue")
    assert answer(said("yes", ASKED, OLDER, button="question-9")) is None


def test_a_question_without_options_takes_what_would_have_woken_the_agent() -> None:
    assert answer(said("Zoe", FREE)) is None
    assert answer(said("@Andy Zoe", FREE)) == (2, "Zoe")
    assert answer(said("Zoe", FREE, quote="What is your name?")) == (2, "Zoe")


@pytest.mark.parametrize("purpose", [QuestionPurpose.DOMAIN, QuestionPurpose.SENDER])
def test_only_the_owner_opens_a_door(purpose: QuestionPurpose) -> None:
    door = replace(ASKED, question=replace(ASKED.question, purpose=purpose))
    for role in (Role.MEMBER, Role.ADMIN):
        assert answer(said("1", door, role=role)) is None
        assert answer(said("yes", door, role=role, button="question-1")) is None
    assert answer(said("1", door, role=Role.OWNER)) == (1, "yes")


@pytest.mark.parametrize(
    ("emoji", "options", "chosen"),
    [
        ("\N{THUMBS UP SIGN}", ("yes", "no"), "yes"),
        ("\N{THUMBS UP SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-5}", ("yes", "no"), "yes"),
        ("\N{THUMBS DOWN SIGN}", ("Yes, please", "No, thanks"), "No, thanks"),
        ("\N{CROSS MARK}", ("allow", "ignore"), "ignore"),
        ("\N{THUMBS UP SIGN}", ("once", "always", "no"), "once"),
        ("2\N{VARIATION SELECTOR-16}\N{COMBINING ENCLOSING KEYCAP}", ("tea", "coffee"), "coffee"),
        ("2\N{COMBINING ENCLOSING KEYCAP}", ("tea", "coffee"), "coffee"),
        ("\N{KEYCAP TEN}", tuple("abcdefghij"), "j"),
        ("3\N{COMBINING ENCLOSING KEYCAP}", ("tea", "coffee"), None),
        ("0\N{COMBINING ENCLOSING KEYCAP}", ("tea", "coffee"), None),
        ("\N{THUMBS UP SIGN}", ("tea", "coffee"), None),
        ("\N{THUMBS UP SIGN}", ("yes", "yes, but later", "no"), None),
        ("\N{FACE WITH TEARS OF JOY}", ("yes", "no"), None),
    ],
)
def test_a_reaction_chooses_what_its_emoji_stands_for(emoji: str, options: tuple[str, ...], chosen: str | None) -> None:
    asked = replace(ASKED, question=replace(ASKED.question, options=options))
    assert answer(said(emoji, asked, button="question-1")) == (None if chosen is None else (1, chosen))
    assert answer(said(emoji, asked)) is None, "a message of its own is no reaction"
