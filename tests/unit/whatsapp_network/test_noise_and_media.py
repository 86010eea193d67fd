"""The handshake against an independent client's side of it, and the encryption of files."""

import hashlib

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.whatsapp_network.media import Encrypted, MediaError, MediaKind, decrypt, encrypt
from tests.fakes.whatsapp_network.noise import Authority, Handshake
from tests.fakes.whatsapp_network.protobufs import certificates, wa6
from tests.fakes.whatsapp_network.signal.keys import KeyPair, derive, verify


class _Client:
    """The other side, written from the specification of Noise XX."""

    def __init__(self) -> None:
        self.ephemeral, self.static = KeyPair.generate(), KeyPair.generate()
        self.hash = self.salt = self.key = b"Noise_XX_25519_AESGCM_SHA256\0\0\0\0"
        self.mix_hash(b"WA\x06\x03")
        self.mix_hash(self.ephemeral.public)
        self.hello = wa6.HandshakeMessage(
            clientHello=wa6.HandshakeMessage.ClientHello(ephemeral=self.ephemeral.public)
        ).SerializeToString()

    def mix_hash(self, data: bytes) -> None:
        self.hash = hashlib.sha256(self.hash + data).digest()

    def mix_key(self, secret: bytes) -> None:
        keys = derive(secret, salt=self.salt, info=b"", size=64)
        self.salt, self.key = keys[:32], keys[32:]

    def open(self, sealed: bytes, count: int = 0) -> bytes:
        plain = AESGCM(self.key).decrypt(count.to_bytes(12, "big"), sealed, self.hash)
        self.mix_hash(sealed)
        return plain

    def seal(self, plain: bytes, count: int = 0) -> bytes:
        sealed = AESGCM(self.key).encrypt(count.to_bytes(12, "big"), plain, self.hash)
        self.mix_hash(sealed)
        return sealed


def test_a_client_learns_who_the_server_is_and_both_can_speak() -> None:
    authority, client = Authority(), _Client()
    server = Handshake(authority)
    answer = wa6.HandshakeMessage.FromString(server.answer(client.hello)).serverHello
    client.mix_hash(answer.ephemeral)
    client.mix_key(client.ephemeral.agree(answer.ephemeral))
    static = client.open(answer.static)
    client.mix_key(client.ephemeral.agree(static))
    _vouched_for(authority.root, client.open(answer.payload), static)
    finish = wa6.HandshakeMessage.ClientFinish(static=client.seal(client.static.public, 1))
    client.mix_key(client.static.agree(answer.ephemeral))
    finish.payload = client.seal(b"who I am")
    said = server.finish(wa6.HandshakeMessage(clientFinish=finish).SerializeToString())
    assert said[:2] == (client.static.public, b"who I am")
    keys = derive(b"", salt=client.salt, info=b"", size=64)
    for count in range(3):
        nonce = count.to_bytes(12, "big")
        assert said[2].open(AESGCM(keys[:32]).encrypt(nonce, b"to the server", None)) == b"to the server"
        assert AESGCM(keys[32:]).decrypt(nonce, said[2].seal(b"to the client"), None) == b"to the client"
    with pytest.raises(InvalidTag):
        said[2].open(b"\0" * 40)


def _vouched_for(root: bytes, chain: bytes, static: bytes) -> None:
    read = certificates.CertChain.FromString(chain)
    details = certificates.CertChain.NoiseCertificate.Details
    above, below = details.FromString(read.intermediate.details), details.FromString(read.leaf.details)
    assert verify(root, read.intermediate.details, read.intermediate.signature)
    assert verify(above.key, read.leaf.details, read.leaf.signature)
    assert (below.issuerSerial, below.key) == (above.serial, static)


@settings(max_examples=30)
@given(st.binary(max_size=5000), st.sampled_from(MediaKind))
def test_a_file_comes_out_as_it_went_in(content: bytes, kind: MediaKind) -> None:
    file = encrypt(content, kind)
    assert decrypt(file, kind) == content
    assert content not in file.data or len(content) < 4


def test_any_change_of_a_file_is_noticed() -> None:
    file = encrypt(b"a plan", MediaKind.DOCUMENT)
    parts = {"key": file.key, "data": file.data, "digest": file.digest, "encrypted_digest": file.encrypted_digest}
    for name, value in parts.items():
        changed = {**parts, name: value[:-1] + bytes([value[-1] ^ 1])}
        with pytest.raises(MediaError):
            decrypt(Encrypted(**changed, size=6), MediaKind.DOCUMENT)
    with pytest.raises(MediaError):
        decrypt(file, MediaKind.IMAGE)
