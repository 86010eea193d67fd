"""Send a file of the group's folder."""

from typing import Annotated

from pydantic import Field

from nanoclaw.agents.outcomes import public_text
from nanoclaw.agents.tools.contract import Reason, ToolRefusedError
from nanoclaw.agents.tools.tally import Allowance
from nanoclaw.agents.tools.tool import AgentTool, Arguments, Call
from nanoclaw.agents.tools.wording import one_line
from nanoclaw.model.turns import NewOutgoing, ReplyKind

FILE_LIMIT = 64 * 1024 * 1024


class SendFile(Arguments):
    """What ``send_file`` takes."""

    path: Annotated[str, Field(min_length=1, max_length=4096, description="Below your working directory")]
    caption: Annotated[str, Field(max_length=1000)] = ""


async def _send_file(call: Call, said: SendFile) -> str:
    address = call.here()
    call.spend(Allowance.FILES)
    file = await call.desk.copy_out(call.caller.group, said.path)
    if file.size > FILE_LIMIT:
        raise ToolRefusedError(
            f"The file has {file.size} bytes; at most {FILE_LIMIT} can be sent",
            hint="Pack it, or send a part of it.",
            reason=Reason.LIMIT,
        )
    reply = await call.send(
        NewOutgoing(
            address=address,
            turn=call.caller.turn,
            client_id=call.id,
            text=public_text(said.caption),
            kind=ReplyKind.FILE,
            file=file,
        )
    )
    return f"The file {one_line(file.name)} ({file.size} bytes) is sent as out-{reply}."


TOOLS = (
    AgentTool(
        name="send_file",
        description="Send a file of your working directory to this chat (at most 64 MiB).",
        arguments=SendFile,
        run=_send_file,
    ),
)
