"""Which open question a message answers, and with what."""

import re

from nanoclaw.intake.reactions import chosen_by_reaction
from nanoclaw.intake.trigger import wakes, without_trigger
from nanoclaw.model.people import Role
from nanoclaw.model.questions import Question, QuestionPurpose
from nanoclaw.store.inbox import Arrival, OpenQuestion, answered

_NUMBER = re.compile(r"\(?(\d{1,2})[.)]?")


def find_answer(arrival: Arrival) -> Question | None:
    """The question that a message answers, with the answer in it; None when it answers none.

    A button, a reaction or a quote names its question; else the newest that the sender may answer and that this text
    fits. A number or an option's own words fit; in a reaction, what the emoji stands for. A question without options
    takes any text that would have woken the agent.
    """
    mine = [waiting for waiting in arrival.questions if _may_answer(arrival.role, waiting.question)]
    named = [waiting for waiting in mine if _names(arrival, waiting)]
    text = without_trigger(arrival.group, arrival.message.text)
    for waiting in named or ([] if arrival.message.answers else mine):
        answer = _fit(waiting.question, text, free=bool(named) or wakes(arrival.group, arrival.message))
        if not answer and arrival.message.answers:
            answer = chosen_by_reaction(text, waiting.question.options)
        if answer:
            return answered(waiting.question, answer)
    return None


def _may_answer(role: Role | None, question: Question) -> bool:
    """An agent may be told something by everybody with a role; what opens a door is the owner's alone."""
    return role is Role.OWNER or (role is not None and question.purpose is QuestionPurpose.AGENT)


def _names(arrival: Arrival, waiting: OpenQuestion) -> bool:
    if arrival.message.answers:
        return arrival.message.answers in waiting.client_ids
    quote = arrival.message.quote
    return quote is not None and quote.text.startswith(waiting.question.text)


def _fit(question: Question, text: str, *, free: bool) -> str:
    if not question.options:
        return text if free else ""
    number = _NUMBER.fullmatch(text)
    if number and 1 <= int(number[1]) <= len(question.options):
        return question.options[int(number[1]) - 1]
    return next((option for option in question.options if option.casefold() == text.casefold()), "")
