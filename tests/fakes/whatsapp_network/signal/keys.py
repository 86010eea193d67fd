"""Curve25519 keys, their signatures, and how keys are derived from shared secrets."""

import hmac
import os
from dataclasses import dataclass
from hashlib import sha256

import xeddsa
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.padding import PKCS7

KEY_TYPE = b"\x05"
"""Stands before a public key wherever Signal writes one."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """32 bytes each."""

    private: bytes
    public: bytes

    @classmethod
    def generate(cls) -> "KeyPair":
        """A new one."""
        key = X25519PrivateKey.generate()
        return cls(key.private_bytes_raw(), key.public_key().public_bytes_raw())

    def agree(self, public: bytes) -> bytes:
        """The secret shared with the owner of ``public``."""
        return X25519PrivateKey.from_private_bytes(self.private).exchange(X25519PublicKey.from_public_bytes(public))

    def sign(self, message: bytes) -> bytes:
        """A signature that ``verify`` accepts for the public key."""
        return xeddsa.ed25519_priv_sign(xeddsa.priv_force_sign(self.private, False), message, os.urandom(64))


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the owner of ``public`` signed this. The sign of their key travels in the signature's last bit."""
    if len(signature) != 64:
        return False
    negative = bool(signature[63] & 0x80)
    plain = signature[:63] + bytes([signature[63] & 0x7F])
    return xeddsa.ed25519_verify(plain, xeddsa.curve25519_pub_to_ed25519_pub(public, negative), message)


def derive(secret: bytes, *, info: bytes, size: int, salt: bytes = b"") -> bytes:
    """HKDF with SHA-256."""
    return HKDF(SHA256(), size, salt or None, info).derive(secret)


def digest(key: bytes, message: bytes) -> bytes:
    """HMAC with SHA-256."""
    return hmac.digest(key, message, sha256)


def encrypt_cbc(key: bytes, iv: bytes, plain: bytes) -> bytes:
    """AES-CBC with the usual padding."""
    padder = PKCS7(128).padder()
    padded = padder.update(plain) + padder.finalize()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return encryptor.update(padded) + encryptor.finalize()


def decrypt_cbc(key: bytes, iv: bytes, data: bytes) -> bytes:
    """What ``encrypt_cbc`` made.

    Raises:
        ValueError: it did not make this.
    """
    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    padded = decryptor.update(data) + decryptor.finalize()
    unpadder = PKCS7(128).unpadder()
    return unpadder.update(padded) + unpadder.finalize()
