"""The messages of Signal as bytes: an ordinary one, one that also begins a session, one to a group, a group's key."""

from dataclasses import dataclass

from tests.fakes.whatsapp_network.signal import wire
from tests.fakes.whatsapp_network.signal.keys import KEY_TYPE

VERSION = b"\x33"
MAC_SIZE = 8
SIGNATURE_SIZE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordinary:
    """Keys are without their type here, and with it on the wire."""

    ratchet: bytes
    counter: int
    previous: int
    ciphertext: bytes

    def body(self) -> bytes:
        """What the MAC is made over, and stands before it."""
        fields: wire.Fields = {1: KEY_TYPE + self.ratchet, 2: self.counter, 3: self.previous, 4: self.ciphertext}
        return VERSION + wire.write(fields)

    @classmethod
    def read(cls, data: bytes) -> "tuple[Ordinary, bytes, bytes]":
        """The message, its body, and its MAC."""
        _expect_version(data)
        body, mac = data[:-MAC_SIZE], data[-MAC_SIZE:]
        fields = wire.read(body[1:])
        message = cls(
            ratchet=wire.content(fields, 1)[1:],
            counter=wire.number(fields, 2),
            previous=wire.number(fields, 3),
            ciphertext=wire.content(fields, 4),
        )
        return message, body, mac


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """An ordinary message (``inner``) with all that the other side needs to begin the session."""

    registration: int
    one_time_id: int | None
    signed_id: int
    base: bytes
    identity: bytes
    inner: bytes

    def write(self) -> bytes:
        """As bytes."""
        one_time: wire.Fields = {} if self.one_time_id is None else {1: self.one_time_id}
        rest: wire.Fields = {2: KEY_TYPE + self.base, 3: KEY_TYPE + self.identity, 4: self.inner, 5: self.registration}
        return VERSION + wire.write({**one_time, **rest, 6: self.signed_id})

    @classmethod
    def read(cls, data: bytes) -> "Opening":
        """From bytes."""
        _expect_version(data)
        fields = wire.read(data[1:])
        return cls(
            registration=wire.number(fields, 5),
            one_time_id=wire.number(fields, 1) if 1 in fields else None,
            signed_id=wire.number(fields, 6),
            base=wire.content(fields, 2)[1:],
            identity=wire.content(fields, 3)[1:],
            inner=wire.content(fields, 4),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ToGroup:
    """A message under a sender key. The signature is made over the body."""

    key_id: int
    iteration: int
    ciphertext: bytes

    def body(self) -> bytes:
        """What is signed, and stands before the signature."""
        return VERSION + wire.write({1: self.key_id, 2: self.iteration, 3: self.ciphertext})

    @classmethod
    def read(cls, data: bytes) -> "tuple[ToGroup, bytes, bytes]":
        """The message, its body, and its signature."""
        _expect_version(data)
        body, signature = data[:-SIGNATURE_SIZE], data[-SIGNATURE_SIZE:]
        fields = wire.read(body[1:])
        message = cls(
            key_id=wire.number(fields, 1), iteration=wire.number(fields, 2), ciphertext=wire.content(fields, 3)
        )
        return message, body, signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """A sender key on its way to another member."""

    key_id: int
    iteration: int
    chain: bytes
    signing: bytes

    def write(self) -> bytes:
        """As bytes."""
        fields: wire.Fields = {1: self.key_id, 2: self.iteration, 3: self.chain, 4: KEY_TYPE + self.signing}
        return VERSION + wire.write(fields)

    @classmethod
    def read(cls, data: bytes) -> "Distribution":
        """From bytes."""
        _expect_version(data)
        fields = wire.read(data[1:])
        return cls(
            key_id=wire.number(fields, 1),
            iteration=wire.number(fields, 2),
            chain=wire.content(fields, 3),
            signing=wire.content(fields, 4)[1:],
        )


def _expect_version(data: bytes) -> None:
    if data[:1] != VERSION:
        raise wire.WireError(f"version {data[:1].hex() or 'missing'} instead of 33")
