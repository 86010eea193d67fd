"""``nanoclaw chat``."""

import argparse
from typing import TYPE_CHECKING

from nanoclaw.cli.chat import credential
from nanoclaw.cli.chat.child import is_running
from nanoclaw.cli.chat.credential import Choice, CredentialError
from nanoclaw.cli.chat.session import hold
from nanoclaw.cli.commands import demo
from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.parsing import add_command

if TYPE_CHECKING:
    from nanoclaw.cli.parsing import Subparsers


def add_parser(subparsers: "Subparsers") -> None:
    """Whose chat."""
    parser = add_command(
        subparsers,
        "chat",
        "Talk to the assistant here, in the terminal. When no daemon runs, one is started for as long as the"
        " conversation lasts. From a pipe each line is a message; the exit status is that of the last, as with send.",
        "nanoclaw chat",
        "nanoclaw chat --group family",
        "printf 'hello\\n' | nanoclaw chat",
    )
    parser.add_argument("--group", metavar="FOLDER", default="main", help="whose chat (default: main)")


def run(arguments: argparse.Namespace, context: Context) -> Result:
    """Talk until the person leaves."""
    if not is_running(context) and credential.is_missing(context.home):
        if not context.stdin.isatty():
            raise CredentialError(
                "No key for the model was found",
                hint=f"Set ANTHROPIC_API_KEY or CLAUDE_CODE_OAUTH_TOKEN in {context.home.env_file} or the environment.",
            )
        match credential.ask(context.home, context.say):
            case Choice.QUIT:
                return Result()
            case Choice.DEMO:
                return demo.talk(context)
            case Choice.STORED:
                pass
    return Result(exit=hold(context, arguments.group, context.environment))
