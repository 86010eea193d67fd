"""The bot of Telegram: how its owner makes one, and its token, which is never shown and never an argument."""

import getpass
from collections.abc import Callable
from pathlib import Path

from nanoclaw.channels.contract import ChannelError
from nanoclaw.channels.telegram.credential import NoTokenError, Token, parse_token, read_token, token_path, write_token
from nanoclaw.channels.telegram.options import TelegramOptions
from nanoclaw.cli.context import Context
from nanoclaw.cli.render import visible

_LARGEST = 4_096
_GUIDE = """A bot of your own, in four steps:
  1. In Telegram, write to @BotFather (https://t.me/BotFather): the one with the blue check mark.
  2. Send /newbot. Give it a name, such as Andy, and a user name that ends in "bot".
  3. For groups: send /setprivacy, choose the bot, Disable. Else it hears only commands and replies there.
  4. BotFather's answer to /newbot holds the token, such as 1234567890:AAF…: copy it.
"""
_ASK = "Paste the token here (it is not shown): "
_ASK_AGAIN = "@{name} is linked already. Enter keeps it; or paste another token (it is not shown): "


class TokenError(ChannelError):
    """There is no token, or it is not good."""


def obtain(
    context: Context, options: TelegramOptions, given: str | None, read: Callable[[str], str] = getpass.getpass
) -> str:
    """Have a token that Telegram accepts in its place, mode 600; the user name of its bot.

    ``given``: a file with a token, ``-`` for the standard input, None to ask. What is not accepted is not kept.

    Raises:
        TokenError: there is none, or Telegram does not accept it.
        ChannelError: Telegram cannot be asked, or the token cannot be kept.
    """
    place = token_path(context.home.channel("telegram"), options.token_file)
    if given is not None:
        return _keep(place, _from_file(context, given), options)
    stored = _stored(place)
    if not context.stdin.isatty():
        if stored is None:
            raise TokenError(
                "There is no bot token yet, and nobody to ask for it",
                hint="Put it in a file: nanoclaw auth telegram --token-file FILE (- reads the standard input).",
            )
        return ask_name(stored, options)
    if stored is None:
        context.say(_GUIDE)
        return _ask(context, place, options, lambda: read(_ASK))
    name = ask_name(stored, options)
    answer = read(_ASK_AGAIN.format(name=name)).strip()
    return _keep(place, _parsed(answer), options) if answer else name


def ask_name(token: Token, options: TelegramOptions) -> str:
    """The user name of the token's bot, as Telegram says. Raises TokenError, ChannelError."""
    from nanoclaw.channels.telegram.introduction import introduce  # noqa: PLC0415 - needs what was just installed

    name = introduce(token, options)
    if name is None:
        raise TokenError(
            "Telegram does not accept this token",
            hint="Copy all of it from BotFather's message; /token there shows it again, /revoke makes a new one.",
        )
    return name


def _ask(context: Context, place: Path, options: TelegramOptions, read: Callable[[], str]) -> str:
    while True:
        try:
            return _keep(place, _parsed(read().strip()), options)
        except TokenError as error:
            context.say(visible(f"{error}. {error.hint}"))
        except EOFError:
            raise TokenError("No token was given", hint="Give the command again when you have it.") from None


def _keep(place: Path, token: Token, options: TelegramOptions) -> str:
    name = ask_name(token, options)
    write_token(place, token)
    return name


def _stored(place: Path) -> Token | None:
    try:
        return read_token(place)
    except NoTokenError:
        return None


def _from_file(context: Context, given: str) -> Token:
    if given == "-":
        return _parsed(context.stdin.read(_LARGEST))
    try:
        with Path(given).expanduser().open(encoding="ascii", errors="replace") as file:
            return _parsed(file.read(_LARGEST))
    except OSError as error:
        raise TokenError(f"Cannot read {given}: {error.strerror}", hint="Name a file that holds the token.") from error


def _parsed(text: str) -> Token:
    token = parse_token(text)
    if token is None:
        raise TokenError(
            "That is no bot token", hint="It looks like 1234567890:AAF…: digits, a colon, and some 35 letters."
        )
    return token
