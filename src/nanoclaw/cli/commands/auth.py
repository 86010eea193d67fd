"""``nanoclaw auth``."""

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING

from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.exits import Exit
from nanoclaw.cli.parsing import UsageError, add_choices, add_command
from nanoclaw.cli.render import one_line, table

if TYPE_CHECKING:
    from nanoclaw.cli.auth.sessions import Login
    from nanoclaw.cli.parsing import Parser, Subparsers

_WHATSAPP_SECONDS, _TELEGRAM_SECONDS = 300, 600
_LEAST, _MOST = 10, 3600
WHATSAPP_RISK = (
    "WhatsApp is reached by an unofficial client, as a linked device. WhatsApp may close accounts that use one: a"
    " second number is the careful choice."
)


def add_parser(subparsers: "Subparsers") -> None:
    """Two channels, a look, and a way out."""
    parser = add_command(
        subparsers,
        "auth",
        "Link your account of a channel: WhatsApp as a linked device, Telegram by a bot of your own. What the channel"
        " needs is installed first. Works with the assistant running and without. Exit status 5 when nobody used a code"
        " in time.",
        "nanoclaw auth whatsapp",
        "nanoclaw auth whatsapp --phone '+49 170 1112223'",
        "nanoclaw auth telegram",
        "nanoclaw auth status",
    )
    choices = add_choices(parser)
    _add_parsers_of_channels(choices)
    add_command(choices, "status", "Show which accounts are linked, and how they are.", "nanoclaw auth status --json")
    logout = add_command(
        choices,
        "logout",
        "Unlink an account: its session is ended at the network and forgotten here, and the channel is switched off."
        " History, groups and settings stay.",
        "nanoclaw auth logout whatsapp",
        "nanoclaw auth logout whatsapp --force",
    )
    logout.add_argument("channel", metavar="CHANNEL", choices=["whatsapp", "telegram"], help="whatsapp or telegram")
    logout.add_argument(
        "--force", action="store_true", help="forget it here only, where the network cannot be reached or told"
    )
    logout.add_argument("--yes", action="store_true", help="do not ask")


def _add_parsers_of_channels(choices: "Subparsers") -> None:
    whatsapp = add_command(
        choices,
        "whatsapp",
        "Link WhatsApp. A code to scan is drawn in the terminal, or written to a picture file where it does not fit;"
        " with --phone there is a code to type on the telephone instead.",
        "nanoclaw auth whatsapp",
        "nanoclaw auth whatsapp --phone +491701112223",
    )
    whatsapp.add_argument("--phone", metavar="NUMBER", default="", help="the account's number, with its country code")
    _add_timeout(whatsapp, _WHATSAPP_SECONDS)
    telegram = add_command(
        choices,
        "telegram",
        "Link a bot of Telegram. You are led through BotFather, the token is tried out and kept, mode 600; then you"
        " send the bot a code, which proves that you are its owner.",
        "nanoclaw auth telegram",
        "nanoclaw auth telegram --token-file ~/token",
    )
    telegram.add_argument(
        "--token-file", metavar="FILE", default=None, help="take the token from this file; - reads standard input"
    )
    _add_timeout(telegram, _TELEGRAM_SECONDS)


def _add_timeout(parser: "Parser", seconds: int) -> None:
    parser.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=int,
        default=seconds,
        help=f"how long to wait for you, {_LEAST} to {_MOST} (default: {seconds})",
    )


def run(arguments: argparse.Namespace, context: Context) -> Result:
    """A ``PairingShape``, a list of accounts, or a ``Done``."""
    match arguments.action:
        case "whatsapp":
            return _link(context, "whatsapp", arguments.phone, _seconds(arguments))
        case "telegram":
            return _telegram(arguments, context)
        case "status":
            return _status(context)
        case _:
            return _logout(arguments, context)


def _seconds(arguments: argparse.Namespace) -> int:
    seconds: int = arguments.timeout
    if not _LEAST <= seconds <= _MOST:
        raise UsageError(f"argument --timeout: must be {_LEAST} to {_MOST}", "see: nanoclaw auth --help")
    return seconds


def _telegram(arguments: argparse.Namespace, context: Context) -> Result:
    from nanoclaw.channels.telegram.options import parse_options  # noqa: PLC0415 - only for this command
    from nanoclaw.cli.auth.bot import obtain  # noqa: PLC0415
    from nanoclaw.cli.auth.readiness import install_needs, options_of  # noqa: PLC0415

    seconds = _seconds(arguments)
    install_needs(context, "telegram")
    name = obtain(context, parse_options(options_of(context, "telegram")), arguments.token_file)
    context.say(f"The bot is @{one_line(name)}; its token is kept. Now prove to it that you are its owner.")
    return _link(context, "telegram", "", seconds)


def _link(context: Context, channel: str, phone: str, seconds: int) -> Result:
    from nanoclaw.cli.auth.advice import conclude  # noqa: PLC0415 - only for this command
    from nanoclaw.cli.auth.linking import link  # noqa: PLC0415
    from nanoclaw.cli.auth.readiness import install_needs  # noqa: PLC0415

    install_needs(context, channel)
    if channel == "whatsapp":
        context.say(WHATSAPP_RISK)
    return conclude(context, channel, link(context, channel, phone, seconds))


def _status(context: Context) -> Result:
    from nanoclaw.cli.auth.sessions import look  # noqa: PLC0415 - only for this command

    logins = look(context)
    rows = [(login.channel, _linked(login), _on(login), _words(login)) for login in logins]
    return Result(
        document={"accounts": [asdict(login) for login in logins]},
        text=table(("CHANNEL", "ACCOUNT", "SWITCHED ON", "STATE"), rows),
    )


def _linked(login: "Login") -> str:
    match login.linked:
        case None:
            return "not readable"
        case True:
            return "linked"
        case False:
            return "not linked"


def _on(login: "Login") -> str:
    return ("yes" if login.enabled else "no") + ("" if login.installed else ", not installed")


def _words(login: "Login") -> str:
    if login.problem:
        return login.problem
    if not login.linked:
        return f"nanoclaw auth {login.channel} links it"
    if not login.status:
        return "the assistant does not run" if login.enabled else f"nanoclaw channels enable {login.channel}"
    return ": ".join(part for part in (login.status, f"{login.detail} {login.hint}".strip()) if part)


def _logout(arguments: argparse.Namespace, context: Context) -> Result:
    from nanoclaw.cli.auth.leaving import forget, leave  # noqa: PLC0415 - only for this command

    channel: str = arguments.channel
    if not arguments.yes and not _agrees(context, channel):
        return Result(document={"changed": False}, text="Nothing was changed.", exit=Exit.ERROR)
    words = (forget if arguments.force else leave)(context, channel)
    return Result(document={"changed": True}, text=words)


def _agrees(context: Context, channel: str) -> bool:
    if not context.stdin.isatty():
        raise UsageError("nobody to ask whether to log out", "give --yes")
    context.stderr.write(f"Unlink {channel}? To link it again takes your telephone. [y/N] ")
    context.stderr.flush()
    return context.stdin.readline().strip().lower() in {"y", "yes"}
