"""Noise XX as WhatsApp uses it inside its WebSocket: the server's side of the handshake, and what follows."""

import struct
import time
from hashlib import sha256

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.fakes.whatsapp_network.frames import HEADER
from tests.fakes.whatsapp_network.protobufs import certificates, wa6
from tests.fakes.whatsapp_network.signal.keys import KeyPair, derive

_PATTERN = b"Noise_XX_25519_AESGCM_SHA256\0\0\0\0"
_DAY = 24 * 60 * 60


class Authority:
    """Who vouches for the server: a root key that clients have built in, and a chain below it."""

    def __init__(self) -> None:
        root, intermediate = KeyPair.generate(), KeyPair.generate()
        self.root = root.public
        self.server = KeyPair.generate()
        now = time.time_ns() // 1_000_000_000
        times = {"notBefore": now - 2 * _DAY, "notAfter": now + 30 * _DAY}
        chain = certificates.CertChain
        details = chain.NoiseCertificate.Details
        above = details(serial=7, issuerSerial=0, key=intermediate.public, **times).SerializeToString()
        below = details(serial=8, issuerSerial=7, key=self.server.public, **times).SerializeToString()
        self.chain: bytes = chain(
            leaf=chain.NoiseCertificate(details=below, signature=intermediate.sign(below)),
            intermediate=chain.NoiseCertificate(details=above, signature=root.sign(above)),
        ).SerializeToString()


class Transport:
    """Encryption after the handshake: a key and a counter for each direction."""

    def __init__(self, reading: bytes, writing: bytes) -> None:
        self._reading, self._writing = AESGCM(reading), AESGCM(writing)
        self._read = self._written = 0

    def seal(self, plain: bytes) -> bytes:
        """To the client. What is sealed must be sent in that order."""
        sealed = self._writing.encrypt(_nonce(self._written), plain, None)
        self._written += 1
        return sealed

    def open(self, sealed: bytes) -> bytes:
        """From the client, in the order of arrival."""
        plain = self._reading.decrypt(_nonce(self._read), sealed, None)
        self._read += 1
        return plain


class Handshake:
    """The server's side: ``answer`` the client's hello, then read how it ``finish``es."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        self._ephemeral = KeyPair.generate()
        self._hash = self._salt = self._key = _PATTERN
        self._count = 0
        self._authenticate(HEADER)

    def answer(self, hello: bytes) -> bytes:
        """The server's hello: a key of its own, who it is, and who says so."""
        theirs = wa6.HandshakeMessage.FromString(hello).clientHello.ephemeral
        self._authenticate(theirs)
        self._authenticate(self._ephemeral.public)
        self._mix(self._ephemeral.agree(theirs))
        static = self._encrypt(self._authority.server.public)
        self._mix(self._authority.server.agree(theirs))
        chain = self._encrypt(self._authority.chain)
        said = wa6.HandshakeMessage.ServerHello(ephemeral=self._ephemeral.public, static=static, payload=chain)
        return bytes(wa6.HandshakeMessage(serverHello=said).SerializeToString())

    def finish(self, data: bytes) -> tuple[bytes, bytes, Transport]:
        """The client's own key, what it says of itself, and the encryption from here on."""
        said = wa6.HandshakeMessage.FromString(data).clientFinish
        static = self._decrypt(said.static)
        self._mix(self._ephemeral.agree(static))
        payload = self._decrypt(said.payload)
        keys = derive(b"", salt=self._salt, info=b"", size=64)
        return static, payload, Transport(reading=keys[:32], writing=keys[32:])

    def _authenticate(self, data: bytes) -> None:
        self._hash = sha256(self._hash + data).digest()

    def _mix(self, secret: bytes) -> None:
        keys = derive(secret, salt=self._salt, info=b"", size=64)
        self._salt, self._key, self._count = keys[:32], keys[32:], 0

    def _encrypt(self, plain: bytes) -> bytes:
        sealed = AESGCM(self._key).encrypt(_nonce(self._count), plain, self._hash)
        self._count += 1
        self._authenticate(sealed)
        return sealed

    def _decrypt(self, sealed: bytes) -> bytes:
        plain = AESGCM(self._key).decrypt(_nonce(self._count), sealed, self._hash)
        self._count += 1
        self._authenticate(sealed)
        return plain


def _nonce(count: int) -> bytes:
    return bytes(8) + struct.pack(">I", count)
