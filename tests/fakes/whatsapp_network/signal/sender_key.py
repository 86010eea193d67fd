"""Sender keys: each member of a group has one, hands it to the others in sessions of two, and encrypts once for all."""

import secrets
from dataclasses import dataclass

from tests.fakes.whatsapp_network.signal.chains import SeenBeforeError, SignalError
from tests.fakes.whatsapp_network.signal.keys import KeyPair, decrypt_cbc, derive, digest, encrypt_cbc, verify
from tests.fakes.whatsapp_network.signal.messages import Distribution, ToGroup


@dataclass(slots=True)
class _Ratchet:
    chain: bytes
    iteration: int

    def step(self) -> tuple[bytes, bytes]:
        """The IV and the key of the next message."""
        seed = derive(digest(self.chain, b"\1"), info=b"WhisperGroup", size=48)
        self.chain = digest(self.chain, b"\2")
        self.iteration += 1
        return seed[:16], seed[16:]


class OwnSenderKey:
    """For writing."""

    def __init__(self) -> None:
        self._id = secrets.randbelow(1 << 31)
        self._signing = KeyPair.generate()
        self._ratchet = _Ratchet(secrets.token_bytes(32), 0)

    def distribution(self) -> bytes:
        """What another member needs to read everything from here on."""
        return Distribution(
            key_id=self._id,
            iteration=self._ratchet.iteration,
            chain=self._ratchet.chain,
            signing=self._signing.public,
        ).write()

    def encrypt(self, plain: bytes) -> bytes:
        """One message for all."""
        iteration = self._ratchet.iteration
        iv, key = self._ratchet.step()
        message = ToGroup(key_id=self._id, iteration=iteration, ciphertext=encrypt_cbc(key, iv, plain))
        body = message.body()
        return body + self._signing.sign(body)


class TheirSenderKey:
    """For reading what the one who handed it out writes."""

    def __init__(self, distribution: bytes) -> None:
        given = Distribution.read(distribution)
        self.key_id = given.key_id
        self._signing = given.signing
        self._ratchet = _Ratchet(given.chain, given.iteration)
        self._overtaken: dict[int, tuple[bytes, bytes]] = {}

    def decrypt(self, data: bytes) -> bytes:
        """Read one message, once.

        Raises:
            SeenBeforeError: it came before.
            SignalError: another hand wrote it, or it is under another key.
        """
        message, body, signature = ToGroup.read(data)
        if message.key_id != self.key_id:
            raise SignalError(f"the message is under key {message.key_id}, not {self.key_id}")
        if not verify(self._signing, body, signature):
            raise SignalError("the signature of a message to the group is wrong")
        while self._ratchet.iteration <= message.iteration:
            at = self._ratchet.iteration
            self._overtaken[at] = self._ratchet.step()
        if message.iteration not in self._overtaken:
            raise SeenBeforeError(f"message {message.iteration} to the group came before")
        iv, key = self._overtaken.pop(message.iteration)
        return decrypt_cbc(key, iv, message.ciphertext)
