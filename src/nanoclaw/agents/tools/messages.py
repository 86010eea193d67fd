"""Messages while the agent works: send one, react to one, correct one."""

import re
from typing import Annotated

from pydantic import Field

from nanoclaw.agents.outcomes import public_text
from nanoclaw.agents.tools.contract import Reason, ToolRefusedError
from nanoclaw.agents.tools.tally import Allowance
from nanoclaw.agents.tools.tool import AgentTool, Arguments, Call
from nanoclaw.agents.tools.wording import one_line
from nanoclaw.model.chats import ChatAddress, MessageId
from nanoclaw.model.turns import NewOutgoing, ReplyId, ReplyKind

_REFERENCE = re.compile(r"(in|out)-([0-9]{1,15})")
_LAST = "last"


class SendMessage(Arguments):
    """What ``send_message`` takes."""

    text: Annotated[str, Field(max_length=50_000)]
    sender: Annotated[str, Field(max_length=40, description="A name to show before the text")] = ""


class React(Arguments):
    """What ``react`` takes."""

    emoji: Annotated[str, Field(max_length=16, description="One emoji; empty takes the reaction back")]
    message: Annotated[
        str, Field(max_length=20, description="in-N or out-N; default: the newest from a person here")
    ] = _LAST


class EditMessage(Arguments):
    """What ``edit_message`` takes."""

    message: Annotated[str, Field(max_length=20, description="out-N, or last: your newest one here")]
    text: Annotated[str, Field(max_length=50_000, description="The whole new text")]


async def _send_message(call: Call, said: SendMessage) -> str:
    address = call.here()
    text = _text(said.text)
    sender = one_line(said.sender).strip("*_ ")
    pieces = call.desk.split(address, f"**{sender}:** {text}" if sender else text)
    call.spend(Allowance.MESSAGES, len(pieces))
    replies = []
    for number, piece in enumerate(pieces):
        identity = f"{call.id}-{number}" if number else call.id
        new = NewOutgoing(address=address, turn=call.caller.turn, client_id=identity, text=piece)
        replies.append(await call.send(new))
    return f"Sent as {', '.join(f'out-{reply}' for reply in replies)}."


async def _react(call: Call, said: React) -> str:
    emoji = said.emoji.strip()
    if any(letter.isspace() or (letter.isascii() and letter.isalpha()) for letter in emoji):
        raise ToolRefusedError("emoji must be one emoji, such as 👍, or empty", reason=Reason.ARGUMENTS)
    address, message, reply = await _find(call, said.message)
    call.spend(Allowance.REACTIONS)
    await call.send(
        NewOutgoing(
            address=address,
            turn=call.caller.turn,
            client_id=call.id,
            text=emoji,
            kind=ReplyKind.REACTION,
            target_message=message,
            target_reply=reply,
        )
    )
    target = f"in-{message}" if message is not None else f"out-{reply}"
    return f"Reacted to {target}." if emoji else f"Took the reaction to {target} back."


async def _edit_message(call: Call, said: EditMessage) -> str:
    text = _text(said.text)
    address, reply = await _find_own(call, said.message)
    if len(call.desk.split(address, text)) > 1:
        raise ToolRefusedError(
            "The text is too long for one message of this chat",
            hint="Shorten it, or send a new message.",
            reason=Reason.ARGUMENTS,
        )
    call.spend(Allowance.MESSAGES)
    await call.send(
        NewOutgoing(
            address=address,
            turn=call.caller.turn,
            client_id=call.id,
            text=text,
            kind=ReplyKind.EDIT,
            target_reply=reply,
        )
    )
    return f"Edited out-{reply}."


def _text(text: str) -> str:
    shown = public_text(text)
    if not shown:
        raise ToolRefusedError(
            "The text is empty", hint="What stands in <internal> is not sent.", reason=Reason.ARGUMENTS
        )
    return shown


async def _find(call: Call, reference: str) -> tuple[ChatAddress, MessageId | None, ReplyId | None]:
    """The message that is meant, in a chat of the caller's group. Raises ToolRefusedError."""
    if reference == _LAST:
        here = call.here()
        newest = await call.desk.incoming.newest(here)
        if newest is None:
            raise ToolRefusedError("Nobody has written in this chat yet", reason=Reason.NOT_FOUND)
        return here, newest, None
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise _bad_reference("in-12, out-7 or last")
    number = int(found[2])
    folder = call.caller.group.folder
    if found[1] == "out":
        address, reply = await _find_own(call, reference)
        return address, None, reply
    place = await call.desk.incoming.address_of(folder, number)
    if place is None:
        raise _no_message(reference)
    return place, MessageId(number), None


async def _find_own(call: Call, reference: str) -> tuple[ChatAddress, ReplyId]:
    """The assistant's own message that is meant. Raises ToolRefusedError."""
    if reference == _LAST:
        here = call.here()
        newest = await call.desk.outgoing.newest(here)
        if newest is None:
            raise ToolRefusedError("You have not written in this chat yet", reason=Reason.NOT_FOUND)
        return here, newest
    found = _REFERENCE.fullmatch(reference)
    if found is None or found[1] != "out":
        raise _bad_reference("out-7 or last: only your own messages can be edited")
    number = int(found[2])
    place = await call.desk.outgoing.place_of(call.caller.group.folder, number)
    if place is None:
        raise _no_message(reference)
    return place, ReplyId(number)


def _bad_reference(possible: str) -> ToolRefusedError:
    return ToolRefusedError("No message is called so", hint=f"Give {possible}.", reason=Reason.ARGUMENTS)


def _no_message(reference: str) -> ToolRefusedError:
    return ToolRefusedError(
        f"There is no message {reference} in the chats of this group",
        hint="search_messages and send_message give the ids.",
        reason=Reason.NOT_FOUND,
    )


TOOLS = (
    AgentTool(
        name="send_message",
        description=(
            "Send a message to this chat now, while you go on working. Your final answer is sent by itself: "
            "do not repeat it. Returns the id out-N."
        ),
        arguments=SendMessage,
        run=_send_message,
    ),
    AgentTool(name="react", description="React to a message with an emoji.", arguments=React, run=_react),
    AgentTool(
        name="edit_message",
        description="Replace the text of a message that you sent.",
        arguments=EditMessage,
        run=_edit_message,
    ),
)
