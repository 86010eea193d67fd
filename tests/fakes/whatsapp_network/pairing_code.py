"""Linking by a code that is typed into the telephone: both sides prove to each other that they know it."""

import asyncio
import hashlib
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.fakes.whatsapp_network.addresses import SERVER
from tests.fakes.whatsapp_network.nodes import Attributes, Node
from tests.fakes.whatsapp_network.signal.keys import KeyPair, derive

_ROUNDS = 2 << 16
_SALT, _IV = 32, 16


class WrongCodeError(Exception):
    """The code that was typed is not the one that the device shows."""


class CodePairing:
    """One device's wish to be linked, from its hello on."""

    def __init__(self, hello: Node) -> None:
        self.phone = hello.address("jid")
        self.finished = asyncio.Event()
        self._wrapped = hello.part("link_code_pairing_wrapped_companion_ephemeral_pub").body()
        self._ref = secrets.token_hex(12).encode()
        self._ephemeral = KeyPair.generate()
        self._shared = b""
        self._finish: Node | None = None

    def answer(self) -> Node:
        """The server's answer to the hello."""
        return Node("link_code_companion_reg", {"stage": "companion_hello"}, [_part("ref", self._ref)])

    def typed(self, code: str, account: KeyPair, now: int) -> Node:
        """What the telephone tells the device once its owner has typed the code."""
        plain = code.replace("-", "").upper()
        theirs = _crypt(plain, self._wrapped[:_SALT], self._wrapped[_SALT : _SALT + _IV], self._wrapped[_SALT + _IV :])
        self._shared = self._ephemeral.agree(theirs)
        salt, iv = secrets.token_bytes(_SALT), secrets.token_bytes(_IV)
        wrapped = salt + iv + _crypt(plain, salt, iv, self._ephemeral.public)
        parts = [
            _part("wrapped_primary_ephemeral_pub", wrapped),
            Node("primary_identity_pub", {}, account.public),
            _part("ref", self._ref),
        ]
        told = Node("link_code_companion_reg", {"stage": "primary_hello"}, parts)
        about: Attributes = {"from": SERVER, "type": "link_code_companion_reg", "id": secrets.token_hex(4), "t": now}
        return Node("notification", about, [told])

    def finish(self, request: Node) -> None:
        """The device's last word."""
        self._finish = request
        self.finished.set()

    def agreed(self, account: KeyPair) -> tuple[bytes, bytes]:
        """The device's identity, and the secret that only it and the telephone know.

        Raises:
            WrongCodeError: they do not.
        """
        assert self._finish, "the device has not answered"
        bundle = self._finish.part("link_code_pairing_wrapped_key_bundle").body()
        salt, nonce, sealed = bundle[:32], bundle[32:44], bundle[44:]
        key = derive(self._shared, salt=salt, info=b"link_code_pairing_key_bundle_encryption_key", size=32)
        try:
            plain = AESGCM(key).decrypt(nonce, sealed, None)
        except InvalidTag as error:
            raise WrongCodeError("the code is not the one that the device shows") from error
        identity, ours, random = plain[:32], plain[32:64], plain[64:]
        assert ours == account.public
        secret = derive(self._shared + account.agree(identity) + random, info=b"adv_secret", size=32)
        return identity, secret


def _part(name: str, content: bytes) -> Node:
    return Node(f"link_code_pairing_{name}", {}, content)


def _crypt(code: str, salt: bytes, iv: bytes, data: bytes) -> bytes:
    key = hashlib.pbkdf2_hmac("sha256", code.encode(), salt, _ROUNDS)
    return Cipher(algorithms.AES(key), modes.CTR(iv)).encryptor().update(data)
