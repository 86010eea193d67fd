"""What must never stand in a log, whoever wrote it there: hidden by the name of its field, then by how it looks.

The texts of messages are not logged in the first place; this is the net below.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

HIDDEN = "[hidden]"

_KEY = re.compile(
    r"(?:^|[_-])(?:key|token|secret|password|passphrase|passwd|authorization|credentials?|cookie|phone)$", re.IGNORECASE
)
_KINDS = (
    ("sk-ant-", r"sk-ant-[A-Za-z0-9_-]{8,}"),  # Anthropic
    ("earer", r"(?i:bearer)\s+[A-Za-z0-9._~+/=-]{8,}"),  # headers of HTTP
    ("EARER", r"BEARER\s+[A-Za-z0-9._~+/=-]{8,}"),
    ("asic", r"(?i:basic)\s+(?=[A-Za-z0-9+/]*[A-Z0-9+/])[A-Za-z0-9+/]{8,}={0,2}"),
    ("://", r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"),  # user and password in an address
    ("=", r"(?<=[?&])(?i:token|key|secret|password)=[^&\s\"]+"),  # and in its query
    (":", r"\b\d{8,10}:[A-Za-z0-9_-]{35}\b"),  # Telegram bots
    ("xox", r"\bxox[abeprs]-[A-Za-z0-9-]{10,}"),  # Slack
    ("gh", r"\bgh[opsur]_[A-Za-z0-9]{30,}"),  # GitHub
    ("syt_", r"\bsyt_[A-Za-z0-9_=]{16,}"),  # Matrix
    ("AKIA", r"\bAKIA[0-9A-Z]{16}\b"),  # Amazon
    ("eyJ", r"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*"),  # JSON web tokens
    ("PRIVATE KEY", r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"),
    ("@", r"\b\d{5,20}(?:[:.]\d{1,3})?@(?:s\.whatsapp\.net|c\.us|lid)\b"),  # people on WhatsApp
    ("@g.us", r"\b\d{5,20}-\d{8,12}@g\.us\b"),  # its older groups, named by their maker's number
    ("+", r"(?<![\w.:])\+\d(?:[ ().-]{0,2}\d){7,14}(?!\d)"),  # telephone numbers; only with their plus
)
_LOOKS = tuple((sign, re.compile(pattern)) for sign, pattern in _KINDS)
"""What each kind cannot be without, which is quick to look for, and how it looks."""
_SHORTEST_SECRET = 8


class Redactor:
    """Hides what it was told of, and what looks like a secret or a telephone number."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Take the secrets that are known; those of fewer than 8 characters would hide ordinary words."""
        self._secrets = sorted((one for one in set(secrets) if len(one) >= _SHORTEST_SECRET), key=len, reverse=True)

    def fields(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The fields without those, at any depth, whose name says that they are secret."""
        return {name: HIDDEN if is_secret(name) else self._inner(value) for name, value in values.items()}

    def text(self, text: str) -> str:
        """A text, such as a line of JSON, without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        for sign, pattern in _LOOKS:
            if sign in text:
                text = pattern.sub(HIDDEN, text)
        return text

    def _inner(self, value: Any) -> Any:
        match value:
            case Mapping():
                return self.fields({str(name): inner for name, inner in value.items()})
            case list() | tuple():
                return [self._inner(inner) for inner in value]
            case _:
                return value


def is_secret(name: str) -> bool:
    """Whether a field of this name holds a secret."""
    return _KEY.search(name) is not None


def find_secrets(text: str) -> list[str]:
    """The beginnings of what must not be there, enough to know the kind and no more."""
    return [f"{found[0][:4]}…" for _, pattern in _LOOKS for found in pattern.finditer(text)]
