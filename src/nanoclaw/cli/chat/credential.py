"""Asks for the key to the model, before a daemon is started without one."""

import getpass
import re
from collections.abc import Callable
from enum import StrEnum

from nanoclaw.model.errors import NanoclawError
from nanoclaw.settings.home import Home
from nanoclaw.settings.whole_files import replace_file

API_KEY = "ANTHROPIC_API_KEY"
OAUTH_TOKEN = "CLAUDE_CODE_OAUTH_TOKEN"  # noqa: S105 - the name of a variable
_OAUTH_PREFIX = "sk-ant-oat"
_PLAUSIBLE = re.compile(r"[A-Za-z0-9_.~+/=:-]{8,1000}", re.ASCII)

_QUESTION = """No key for the model was found. Paste one of these; it is not shown, and is kept in {path}, mode 600:
  - an API key of the Anthropic console (sk-ant-api…)
  - a token of a Claude subscription, made by 'claude setup-token' (sk-ant-oat…)
or write 'demo' to try everything with a scripted model, or 'quit'."""


class Choice(StrEnum):
    """What the owner answered."""

    STORED = "stored"
    DEMO = "demo"
    QUIT = "quit"


class CredentialError(NanoclawError):
    """There is no key, or it could not be kept."""


def is_missing(home: Home) -> bool:
    """Whether a daemon of this home would have no key for the model."""
    from nanoclaw.settings.load import load_upstream  # noqa: PLC0415 - imports pydantic

    return load_upstream(home).credential is None


def ask(home: Home, say: Callable[[str], None], read: Callable[[str], str] = getpass.getpass) -> Choice:
    """Ask until the answer is a key, ``demo`` or ``quit``."""
    say(_QUESTION.format(path=home.env_file))
    while True:
        try:
            answer = read("Key, demo or quit: ").strip()
        except EOFError:
            return Choice.QUIT
        match answer.lower():
            case "" | "q" | "quit" | "exit":
                return Choice.QUIT
            case "demo":
                return Choice.DEMO
            case _ if _PLAUSIBLE.fullmatch(answer):
                store(home, answer)
                say(f"Kept in {home.env_file}.")
                return Choice.STORED
            case _:
                say("That is neither a key nor a token: they have no spaces and are longer than that.")


def store(home: Home, secret: str) -> None:
    """Put a key into ``.env``, in place of an earlier one; every other line stays.

    Raises:
        CredentialError: the file cannot be written.
    """
    name = OAUTH_TOKEN if secret.startswith(_OAUTH_PREFIX) else API_KEY
    home.create()
    path = home.env_file
    try:
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        kept = [line for line in lines if not re.match(rf"\s*(export\s+)?{name}\s*=", line)]
        replace_file(path, ("\n".join([*kept, f"{name}={secret}"]) + "\n").encode())
    except (OSError, UnicodeDecodeError) as error:
        raise CredentialError(f"Cannot write {path}: {error}", hint="Mend the file's mode, owner or text.") from error
