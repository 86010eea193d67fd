"""What is told, by which way, and what became of it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from nanoclaw.model.errors import NanoclawError

if TYPE_CHECKING:
    # Commands that only look at what waits need no pydantic.
    from pydantic import SecretStr


class AlertError(NanoclawError):
    """Alerts cannot be kept or sent."""


class Level(StrEnum):
    """How bad it is, the least first."""

    INFO = "info"
    """Something went as it should."""
    WARNING = "warning"
    """It works, and will not for long."""
    ERROR = "error"
    """Something failed."""
    CRITICAL = "critical"
    """The assistant does not work at all, or its data is in danger."""

    @property
    def rank(self) -> int:
        """The greater, the worse."""
        return list(Level).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One trouble. ``text`` is a sentence of ours: no message's text, no secret."""

    level: Level
    key: str
    """The same trouble has the same key, and is told once."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A way to the owner. Its name is that of the variable which holds its address."""

    name: str
    url: "SecretStr" = field(repr=False)

    @property
    def kind(self) -> str:
        """What speaks it, such as ``mailtos``: the one part of the address that is no secret."""
        scheme, colon, _ = self.url.get_secret_value().partition("://")
        return scheme.strip().lower()[:20] if colon and scheme.strip().isalnum() else "?"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must stand in no log: the address, and the password in it by itself."""
        url = self.url.get_secret_value()
        try:
            password = urlsplit(url).password or ""
        except ValueError:
            password = ""
        return tuple({url, url.strip(), password, unquote(password)} - {""})


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What goes out by a route at once: an alert, or a digest of several."""

    level: Level
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of a message on a route. ``problem`` is empty when the service took it; neither holds a secret."""

    problem: str = ""
    hint: str = ""

    @property
    def ok(self) -> bool:
        """Whether the service took it; whether it arrives is that service's matter."""
        return not self.problem
