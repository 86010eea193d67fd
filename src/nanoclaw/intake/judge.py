"""What becomes of a message: the one rule about senders, commands, answers and triggers."""

from nanoclaw.intake.answers import find_answer
from nanoclaw.intake.reactions import is_reaction
from nanoclaw.intake.trigger import wakes, without_trigger
from nanoclaw.model.options import SenderPolicy
from nanoclaw.model.questions import QuestionPurpose
from nanoclaw.store.inbox import Admission, Arrival, Verdict

COMMANDS = {
    "/new": "begin a new conversation; files and memory stay",
    "/compact": "shorten the conversation, keeping what matters",
    "/stop": "stop what I am doing",
    "/status": "say how things are",
    "/help": "show this list",
}
"""What the owner and a group's admins can say instead of a message, and what it does."""

STRANGER = "the sender has no role in this group"
"""Why a message is not taken in."""


def judge(arrival: Arrival) -> Verdict:
    """Decide. Runs inside the transaction that stores the message."""
    if arrival.role is None and (refused := _refused(arrival)):
        return refused
    if arrival.message.history:
        return Verdict(admission=Admission.STORE)
    if arrival.role is not None and _command_in(arrival):
        return Verdict(admission=Admission.COMMAND)
    question = find_answer(arrival)
    if question is not None:
        # What the owner allows is nothing that an agent reads.
        told = question.purpose is QuestionPurpose.AGENT
        return Verdict(admission=Admission.WAKE if told else Admission.COMMAND, question=question)
    if arrival.message.answers and is_reaction(arrival.message.text):
        # On a question that is over, or one that it does not fit: said to nobody, it wakes nobody.
        return Verdict(admission=Admission.STORE)
    woken = wakes(arrival.group, arrival.message)
    return Verdict(admission=Admission.WAKE if woken else Admission.STORE)


def _refused(arrival: Arrival) -> Verdict | None:
    """What is done with the message of somebody without a role; None where anyone may write."""
    policy = arrival.group.options.senders
    # The owner is asked about those who write now, not about everybody who ever did.
    if policy is SenderPolicy.IGNORE or (policy is SenderPolicy.ASK and arrival.message.history):
        return Verdict(admission=Admission.DROP, reason=STRANGER)
    return Verdict(admission=Admission.HOLD, reason=STRANGER) if policy is SenderPolicy.ASK else None


def _command_in(arrival: Arrival) -> str:
    """The command that a message is, such as ``/stop``; empty when it is none."""
    if arrival.message.files:
        return ""
    word = without_trigger(arrival.group, arrival.message.text).lower()
    return word if word in COMMANDS else ""
