"""A chain of keys: every message has its own, and the next cannot be computed backward."""

from dataclasses import dataclass, field

from tests.fakes.whatsapp_network.signal.keys import derive, digest

_FURTHEST = 25_000
"""How many messages may be missing before one that arrives."""


class SignalError(ValueError):
    """A message cannot be decrypted."""


class SeenBeforeError(SignalError):
    """The very same message was decrypted before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageKeys:
    """For one message."""

    cipher: bytes
    mac: bytes
    iv: bytes


@dataclass(slots=True)
class Chain:
    """Where one side is in its chain; keys of messages that were overtaken are kept."""

    key: bytes
    index: int = 0
    overtaken: dict[int, MessageKeys] = field(default_factory=dict)

    def step(self) -> MessageKeys:
        """The keys of the next message."""
        secret = derive(digest(self.key, b"\1"), info=b"WhisperMessageKeys", size=80)
        self.key = digest(self.key, b"\2")
        self.index += 1
        return MessageKeys(cipher=secret[:32], mac=secret[32:64], iv=secret[64:])

    def keys_of(self, counter: int) -> MessageKeys:
        """The keys of that message, once.

        Raises:
            SeenBeforeError: they were used.
            SignalError: it is from too far ahead.
        """
        if counter < self.index:
            if counter not in self.overtaken:
                raise SeenBeforeError(f"message {counter} came before")
            return self.overtaken.pop(counter)
        if counter - self.index > _FURTHEST:
            raise SignalError(f"message {counter} is too far ahead of {self.index}")
        while self.index < counter:
            at = self.index
            self.overtaken[at] = self.step()
        return self.step()
