"""Keys where they must not be: recognised by their value where we know it, else by how keys to Claude look."""

import re
from collections.abc import Iterable
from pathlib import Path

from pydantic import SecretStr

from nanoclaw.settings.schema import Upstream

LOOKS_LIKE_A_KEY = re.compile(rb"sk-ant-[A-Za-z0-9_-]{16,}")
LOOKS_WHOLE = re.compile(rb"sk-ant-[a-z]+[0-9]{2}-[A-Za-z0-9_-]{80,}")
"""As long as keys to Claude are; examples in texts and tests are shorter."""
_SHORTEST = 12
_STRIDE = 1024 * 1024
_OVERLAP = 512


class KeyFinder:
    """Looks for this installation's keys in bytes. Never shows what it found."""

    def __init__(self, upstream: Upstream | None) -> None:
        credential = upstream.credential if upstream else None
        found: list[SecretStr | None] = [credential.api_key, credential.oauth_token] if credential else []
        values = [secret.get_secret_value().encode() for secret in found if secret]
        self._values = tuple(value for value in values if len(value) >= _SHORTEST)

    def is_in(self, text: bytes) -> bool:
        """A key of ours, or what looks like one."""
        return self.is_ours(text) or LOOKS_LIKE_A_KEY.search(text) is not None

    def is_real(self, text: bytes) -> bool:
        """A key of ours, or what looks like somebody's and is no example."""
        return self.is_ours(text) or LOOKS_WHOLE.search(text) is not None

    def is_ours(self, text: bytes) -> bool:
        """A key of this installation."""
        return any(value in text for value in self._values)

    def is_in_file(self, path: Path, most: int) -> bool:
        """The same for the last ``most`` bytes of a file, read piece by piece. Raises OSError."""
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - most))
            rest = b""
            while piece := file.read(_STRIDE):
                if self.is_in(rest + piece):
                    return True
                rest = piece[-_OVERLAP:]
        return False


def names(paths: Iterable[object], most: int = 3) -> str:
    """A few of them for a person."""
    listed = [str(path) for path in paths]
    return ", ".join(listed[:most]) + (", …" if len(listed) > most else "")
