"""How the network misbehaves, at the wish of a test."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Faults:
    """Everything off: a network that works."""

    login: Mapping[str, str | int] | None = None
    """Attributes of the ``failure`` that every login is answered with."""
    silent: bool = False
    """Connections are accepted, and nothing is ever answered, keepalives neither."""
    unreachable: bool = False
    """The proxy refuses."""
    hanging: bool = False
    """The proxy accepts connections, and says nothing."""
    refuse_sends: int = 0
    """The error that every message of the client is answered with."""
    strangers: int = 0
    """As ``refuse_sends``, for messages to people who never wrote; 463 is the network's own."""
    swallow_sends: bool = False
    """Messages of the client arrive, and are never acknowledged."""
    lose_confirmations: bool = False
    """Receipts of the client arrive, and the server forgets them: what it has comes again at its next login."""
    codes: int = 6
    """How many codes to scan the client is given: it shows the first for 60 seconds and each other for 20.

    Fewer are shown for 20 seconds each; without any it gives up at once.
    """
    passkey: bool = False
    """Linking demands a passkey."""
    media: Mapping[str, int] = field(default_factory=dict)
    """HTTP statuses: of every ``get`` or ``post`` of a file."""
    media_breaks: int = 0
    """After so many bytes every download breaks off; 0 for never."""
