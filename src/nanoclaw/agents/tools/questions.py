"""Ask the people of a chat. The call does not wait: the answer is a message, and may come tomorrow."""

import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from nanoclaw.agents.outcomes import public_text
from nanoclaw.agents.tools.contract import Reason, ToolRefusedError
from nanoclaw.agents.tools.tally import Allowance
from nanoclaw.agents.tools.tool import AgentTool, Arguments, Call
from nanoclaw.agents.tools.wording import local_time, one_line
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.questions import NewQuestion, QuestionPurpose, QuestionState

_MS_PER_HOUR = 3_600_000
_FEWEST, _MOST, _LONGEST = 2, 10, 80
_NUMBER = re.compile(r"\(?(\d{1,2})[.)]?")


class AskUser(Arguments):
    """What ``ask_user`` takes."""

    question: Annotated[str, Field(max_length=2000)]
    options: Annotated[
        tuple[str, ...], Field(description="2 to 10 distinct answers of at most 80 characters; none: any text")
    ] = ()


async def _ask_user(call: Call, said: AskUser) -> str:
    address = call.here()
    text = public_text(said.question)
    if not text:
        raise ToolRefusedError("The question is empty", reason=Reason.ARGUMENTS)
    options = tuple(one_line(option) for option in said.options)
    _check(options)
    call.spend(Allowance.QUESTIONS)
    desk = call.desk
    question = await desk.ask(
        NewQuestion(
            key=call.id,
            purpose=QuestionPurpose.AGENT,
            group=call.caller.group.folder,
            address=address,
            text=text,
            options=options,
            subject="",
            expires_at=Milliseconds(desk.clock.now() + int(desk.question_hours * _MS_PER_HOUR)),
        ),
        call.caller.turn,
    )
    match question.state:
        case QuestionState.OPEN:
            until = f"{local_time(question.expires_at, desk.zone)} ({desk.zone.key})"
            return (
                f"Asked as question {question.id}; it can be answered until {until}. "
                "Do not wait for it: end your turn. The answer comes as a message that names the question."
            )
        case QuestionState.ANSWERED | QuestionState.SETTLED:
            return f"Asked before as question {question.id}, and answered: {question.answer}"
        case QuestionState.EXPIRED:
            return f"Asked before as question {question.id}; nobody answered in time."


def _check(options: Sequence[str]) -> None:
    if options and not _FEWEST <= len(options) <= _MOST:
        raise _bad(f"There are {len(options)} options", f"Give {_FEWEST} to {_MOST} of them, or none for free text.")
    if any(not 0 < len(option) <= _LONGEST for option in options):
        raise _bad("An option is empty or too long", f"Each has 1 to {_LONGEST} characters.")
    if len({option.casefold() for option in options}) < len(options):
        raise _bad("Two options are the same", "Make them differ by more than letter case.")
    for place, option in enumerate(options, 1):
        number = _NUMBER.fullmatch(option)
        if number and int(number[1]) != place and 1 <= int(number[1]) <= len(options):
            # People answer with the number of an option: "2" must not mean the second and be the third.
            raise _bad(f"Option {place} is the number of another option", "Add a word to it.")


def _bad(what: str, hint: str) -> ToolRefusedError:
    return ToolRefusedError(what, hint=hint, reason=Reason.ARGUMENTS)


TOOLS = (
    AgentTool(
        name="ask_user",
        description=(
            "Ask the people of this chat. Returns at once; the answer comes later as a message, maybe after a day. "
            "The options are numbered for them."
        ),
        arguments=AskUser,
        run=_ask_user,
    ),
)
