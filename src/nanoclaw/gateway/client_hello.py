"""The server name in a TLS ClientHello (RFC 8446 section 4.1.2, RFC 6066 section 3), read from untrusted bytes."""

from dataclasses import dataclass
from enum import StrEnum

MAX_HELLO = 32 * 1024
"""Bytes. Ordinary ones have 0.5 to 2 KiB, with post-quantum keys."""

# One is usual. A hello cut into thousands would be read over and over as its bytes trickle in.
_MAX_RECORDS = 8

_HANDSHAKE_RECORD = 22
_CLIENT_HELLO = 1
_SERVER_NAME_EXTENSION = 0
_HOST_NAME = 0


class HelloState(StrEnum):
    """How far the bytes go."""

    INCOMPLETE = "incomplete"
    """So far a ClientHello, and more of it must follow."""
    NAMED = "named"
    UNNAMED = "unnamed"
    """A whole ClientHello without a server name."""
    INVALID = "invalid"
    """Not a ClientHello, or a larger one than :data:`MAX_HELLO`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """What was read. ``server_name`` is as sent, empty unless the state is ``NAMED``."""

    state: HelloState
    server_name: str = ""


class _MalformedError(Exception):
    """A length points past the end, or a field has a value that no ClientHello has."""


class _Cursor:
    """Takes fields off the front of a byte string."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def __bool__(self) -> bool:
        return self._at < len(self._data)

    def take(self, size: int) -> bytes:
        piece = self._data[self._at : self._at + size]
        if len(piece) < size:
            raise _MalformedError
        self._at += size
        return piece

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def vector(self, length_size: int) -> "_Cursor":
        return _Cursor(self.take(self.number(length_size)))

    def rest(self) -> bytes:
        return self.take(len(self._data) - self._at)


def read_hello(data: bytes) -> Hello:
    """Read the start of a TLS stream. Never raises, whatever the bytes; costs no more than a pass over them."""
    try:
        message = _handshake_message(data)
        if message is None:
            state = HelloState.INVALID if len(data) >= MAX_HELLO else HelloState.INCOMPLETE
            return Hello(state=state)
        name = _server_name(_Cursor(message))
    except _MalformedError:
        return Hello(state=HelloState.INVALID)
    return Hello(state=HelloState.NAMED, server_name=name) if name else Hello(state=HelloState.UNNAMED)


def _handshake_message(data: bytes) -> bytes | None:
    """The body of the first handshake message, put together from as many records as it spans; None when cut short."""
    message = bytearray()
    at = records = 0
    while at < len(data):
        records += 1
        header = data[at : at + 5]
        length = int.from_bytes(header[3:5], "big")
        if records > _MAX_RECORDS or header[0] != _HANDSHAKE_RECORD or header[1:2] not in {b"", b"\x03"}:
            raise _MalformedError
        if len(header) == 5 and not 0 < length <= 16_384:
            raise _MalformedError
        message += data[at + 5 : at + 5 + length]
        if message and message[0] != _CLIENT_HELLO:
            raise _MalformedError
        size = int.from_bytes(message[1:4], "big")
        if len(message) >= 4 and size > MAX_HELLO:
            raise _MalformedError
        if len(message) >= 4 and len(message) >= 4 + size:
            return bytes(message[4 : 4 + size])
        at += 5 + length
    return None


def _server_name(hello: _Cursor) -> str:
    hello.take(2 + 32)  # version and random
    hello.vector(1)  # session id
    hello.vector(2)  # cipher suites
    hello.vector(1)  # compression methods
    if not hello:
        return ""
    extensions = hello.vector(2)
    names: list[str] = []
    while extensions:
        kind = extensions.number(2)
        body = extensions.vector(2)
        if kind == _SERVER_NAME_EXTENSION:
            names.append(_host_name(body))
    if hello or len(names) > 1:
        raise _MalformedError
    return names[0] if names else ""


def _host_name(extension: _Cursor) -> str:
    """The one host name of the extension. Two names are malformed: we could check one and the server take the other."""
    entries = extension.vector(2)
    kind = entries.number(1)
    name = entries.vector(2).rest()
    if kind != _HOST_NAME or not name or entries or extension:
        raise _MalformedError
    try:
        return name.decode("ascii")
    except UnicodeDecodeError:
        raise _MalformedError from None
