"""The bot's token, on disk: mode 600, in the channel's own folder unless the owner says otherwise."""

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from nanoclaw.channels.contract import ChannelError
from nanoclaw.settings.whole_files import replace_file

AUTH_COMMAND = "`nanoclaw auth telegram`"
AUTH_HINT = f"Run {AUTH_COMMAND}."
_NAME = "token"
_TOKEN = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{10,100}")
_LARGEST = 4_096


class NoTokenError(ChannelError):
    """There is no token, or what lies there is none, or others can read it."""


@dataclass(frozen=True, slots=True, repr=False)
class Token:
    """A bot's token. It is shown by nothing but ``secret``."""

    secret: str

    @property
    def bot(self) -> str:
        """The id of the bot, which is no secret."""
        return self.secret.partition(":")[0]


def token_path(directory: Path, chosen: str) -> Path:
    """Where the token lies."""
    return Path(chosen) if chosen else directory / _NAME


def parse_token(text: str) -> Token | None:
    """The token that a text is; None when it is none."""
    stripped = text.strip()
    return Token(stripped) if _TOKEN.fullmatch(stripped) else None


def read_token(path: Path) -> Token:
    """Read it. Blocks.

    Raises:
        NoTokenError: see there.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise NoTokenError("No bot was linked yet", hint=AUTH_HINT) from None
    except OSError as error:
        raise NoTokenError(f"Cannot read {path}: {error.strerror}", hint="Mend its mode or its owner.") from error
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise NoTokenError(f"{path} is no plain file", hint=AUTH_HINT)
        if found.st_mode & 0o077:
            raise NoTokenError(f"Others can read {path}", hint=f"Run `chmod 600 {path}`.")
        token = parse_token(os.read(handle, _LARGEST).decode("ascii", "replace"))
    finally:
        os.close(handle)
    if token is None:
        raise NoTokenError(f"{path} holds no bot token", hint=AUTH_HINT)
    return token


def write_token(path: Path, token: Token) -> None:
    """Keep it, whole or not at all. Blocks.

    Raises:
        ChannelError: it cannot be written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_file(path, f"{token.secret}\n".encode())
    except OSError as error:
        raise ChannelError(
            f"Cannot keep the token in {path}: {error.strerror}", hint="Mend its folder's mode, or free some space."
        ) from error


def forget_token(path: Path) -> None:
    """Remove it; also where there is none. Blocks.

    Raises:
        ChannelError: it cannot be removed.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise ChannelError(
            f"Cannot remove {path}: {error.strerror}", hint="Mend the mode or the owner of its folder."
        ) from error
