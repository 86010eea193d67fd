"""What lets a browser in: the token of the login link, and the sessions. Both lie on disk, mode 600."""

import hashlib
import hmac
import os
import re
import secrets
import stat
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from nanoclaw.channels.contract import ChannelError
from nanoclaw.model.clock import Clock
from nanoclaw.settings.whole_files import replace_file

SESSION_SECONDS = 30 * 24 * 3600
_MOST_SESSIONS = 50
_LARGEST_FILE = 65_536
_TOKEN = re.compile(rb"[A-Za-z0-9_-]{43}", re.ASCII)


class _Session(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    digest: str
    expires_at: int


class _Sessions(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    sessions: tuple[_Session, ...] = ()


class Keys:
    """The token and the sessions. Every method but :meth:`is_session` and :meth:`is_token` reads or writes files."""

    def __init__(self, directory: Path, clock: Clock) -> None:
        self._token_file = directory / "token"
        self._session_file = directory / "sessions.json"
        self._clock = clock
        self._token = b""
        self._sessions: dict[str, int] = {}

    def load(self) -> None:
        """Read both; make the token when there is none.

        Raises:
            ChannelError: the folder cannot be read or written.
        """
        try:
            self._token = _read(self._token_file).strip()
            if not _TOKEN.fullmatch(self._token):
                self._token = secrets.token_urlsafe(32).encode()
                replace_file(self._token_file, self._token + b"\n")
            self._sessions = _parse(_read(self._session_file))
        except OSError as error:
            raise ChannelError(
                f"Cannot keep the page's keys in {error.filename}: {error.strerror}",
                hint="Mend the mode or the owner of that file and its folder.",
            ) from error

    @property
    def token(self) -> str:
        """The secret in the login link."""
        return self._token.decode()

    def is_token(self, given: str) -> bool:
        """Whether this is the token; takes as long for a near miss as for a far one."""
        return hmac.compare_digest(_digest(given), _digest(self.token))

    def is_session(self, given: str) -> bool:
        """Whether a browser that shows this value signed in, not longer ago than 30 days."""
        return self._sessions.get(_digest(given), 0) > self._clock.now()

    def open_session(self) -> str:
        """A new session's value, which is nowhere else: the disk has its digest only.

        Raises:
            ChannelError: the digest cannot be written, so the session would not outlive a restart.
        """
        value = secrets.token_urlsafe(32)
        now = self._clock.now()
        kept = {digest: expiry for digest, expiry in self._sessions.items() if expiry > now}
        kept[_digest(value)] = now + SESSION_SECONDS * 1000
        newest = dict(sorted(kept.items(), key=lambda item: item[1])[-_MOST_SESSIONS:])
        self._keep(newest)
        return value

    def close_session(self, given: str) -> None:
        """Sign one browser out.

        Raises:
            ChannelError: it cannot be written down.
        """
        gone = _digest(given)
        self._keep({digest: expiry for digest, expiry in self._sessions.items() if digest != gone})

    def _keep(self, sessions: dict[str, int]) -> None:
        rows = tuple(_Session(digest=digest, expires_at=expiry) for digest, expiry in sessions.items())
        try:
            replace_file(self._session_file, _Sessions(sessions=rows).model_dump_json().encode())
        except OSError as error:
            raise ChannelError(
                f"Cannot write {self._session_file}: {error.strerror}", hint="Mend its mode, or free some space."
            ) from error
        self._sessions = sessions


def _digest(value: str) -> str:
    # A cookie can hold anything, also what is no text.
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()


def _parse(raw: bytes) -> dict[str, int]:
    try:
        return {row.digest: row.expires_at for row in _Sessions.model_validate_json(raw or b"{}").sessions}
    except ValidationError:
        # Torn or foreign: everybody signs in again.
        return {}


def _read(path: Path) -> bytes:
    """A private file's content, empty when there is none; its mode is put right."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return b""
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(None, "not a plain file", str(path))
        os.fchmod(handle, 0o600)
        return file.read(_LARGEST_FILE)
