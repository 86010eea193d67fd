"""Who may edit, take back and react, and what a reaction says as a message.

An edit, by its author alone, replaces the text. Whoever adds the trigger by it speaks to the assistant only now, and is
answered. Whoever takes the trigger out, or rewrites what was answered already, is not: the agent is told with the next
prompt, as people are who look at the chat again. An edit is never a command. A message that is taken back is gone from
here, whoever wrote it and whether or not they still may write. Reactions of those who may write are told, and wake
nobody; on a question they answer it.
"""

from typing import assert_never

from nanoclaw.intake.judge import STRANGER
from nanoclaw.model.chats import ChangeKind, InboundChange, InboundMessage
from nanoclaw.model.options import SenderPolicy
from nanoclaw.store.changes import Target


def refusal(change: InboundChange, target: Target) -> str:
    """Why a change is not taken in; empty when it is."""
    stranger = target.role is None and target.group.options.senders is not SenderPolicy.ANYONE
    match change.kind:
        case ChangeKind.DELETED:
            return ""
        case ChangeKind.EDITED:
            if not target.own:
                return "the message is somebody else's"
            # What waits for the owner's decision about its author is nobody's business yet, and theirs to change.
            return STRANGER if stranger and not target.held else ""
        case ChangeKind.REACTED:
            return STRANGER if stranger else ""
    assert_never(change.kind)


def as_message(change: InboundChange, *, answers: str = "") -> InboundMessage:
    """A change as the message that it would be: an answer by reaction, or what is counted when it is refused."""
    return InboundMessage(
        address=change.address,
        external_id=change.external_id,
        sender=change.sender,
        text=change.text,
        sent_at=change.at,
        answers=answers,
    )
