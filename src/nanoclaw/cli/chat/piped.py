"""The conversation of a program: each line is a message, and its answer is waited for."""

import uuid

from nanoclaw.cli.commands.send import result_of
from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.exits import Exit
from nanoclaw.cli.render import visible

_WAIT_SECONDS = 3600


def converse(context: Context, folder: str) -> int:
    """Send every line of standard input in turn and print the replies; the exit status is that of the last."""
    status: int = Exit.OK
    for line in context.stdin:
        text = line.strip()
        if text in {"/quit", "/exit"}:
            break
        if text:
            status = _send(context, folder, text).exit
    return status


def _send(context: Context, folder: str, text: str) -> Result:
    result = result_of(
        context.client.send(
            {"group": folder, "text": text, "wait_seconds": _WAIT_SECONDS, "client_id": uuid.uuid4().hex}
        )
    )
    if result.text:
        print(result.text, file=context.stdout, flush=True)
    for note in result.notes:
        context.say(visible(note))
    return result
