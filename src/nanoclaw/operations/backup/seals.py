"""How chunks are named and locked: by their SHA-256 as they are, or under a key.

A key is random and lies in every snapshot's header, wrapped under what scrypt makes of the owner's passphrase or key
file. With it chunks are sealed by AES-256-GCM, and named by a keyed hash: who sees the names cannot tell whether a file
that he has is among them.
"""

import hashlib
import hmac
import os
from dataclasses import dataclass
from typing import Protocol

import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from nanoclaw.operations.backup.errors import BackupDamagedError, BackupKeyError, NewerBackupError

CHUNK_BYTES = 64 * 1024
_LARGEST = 256 * 2**20
"""No blob opens to more: a snapshot of some millions of chunks stays below."""
_LEVEL = 3
_NONCE = 12
_SCRYPT = {"n": 2**16, "r": 8, "p": 1}
_MOST_WORK = {"n": 2**20, "r": 32, "p": 16}


@dataclass(frozen=True, slots=True, kw_only=True)
class WrappedKey:
    """A key that only the passphrase opens; hexadecimal."""

    salt: str
    wrapped: str
    n: int
    r: int
    p: int


class Seal(Protocol):
    """Names, closes and opens blobs. Usable from several threads."""

    @property
    def wrapped(self) -> WrappedKey | None:
        """What a snapshot's header must hold, so that its reader can make this seal again."""
        ...

    def name_of(self, data: bytes) -> str:
        """The name of a chunk with this content."""
        ...

    def close(self, label: str, data: bytes) -> bytes:
        """Compressed, and locked to its label."""
        ...

    def open(self, label: str, blob: bytes) -> bytes:
        """What was closed under that label.

        Raises:
            BackupDamagedError: the blob is not what was closed.
        """
        ...


class PlainSeal:
    """No key: chunks are named by SHA-256, which tells damage, not intent."""

    wrapped = None

    def name_of(self, data: bytes) -> str:
        """SHA-256."""
        return hashlib.sha256(data).hexdigest()

    def close(self, label: str, data: bytes) -> bytes:
        """Compressed, behind a checksum of its own."""
        del label
        packed = _pack(data)
        return hashlib.sha256(packed).digest() + packed

    def open(self, label: str, blob: bytes) -> bytes:
        """What was closed."""
        if hashlib.sha256(blob[32:]).digest() != blob[:32]:
            raise _damaged(label)
        return _unpack(label, blob[32:])


class KeyedSeal:
    """A key: made by :func:`new_key` or :func:`unlock`."""

    def __init__(self, key: bytes, wrapped: WrappedKey) -> None:
        self.wrapped: WrappedKey | None = wrapped
        self._naming = hmac.digest(key, b"nanoclaw backup: names", "sha256")
        self._cipher = AESGCM(hmac.digest(key, b"nanoclaw backup: contents", "sha256"))

    def name_of(self, data: bytes) -> str:
        """A keyed hash."""
        return hmac.new(self._naming, data, "sha256").hexdigest()

    def close(self, label: str, data: bytes) -> bytes:
        """Compressed and encrypted."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, _pack(data), label.encode())

    def open(self, label: str, blob: bytes) -> bytes:
        """What was closed."""
        try:
            packed = self._cipher.decrypt(blob[:_NONCE], blob[_NONCE:], label.encode())
        except (InvalidTag, ValueError) as error:
            raise _damaged(label) from error
        return _unpack(label, packed)


def new_key(secret: bytes) -> KeyedSeal:
    """A new random key, wrapped under the owner's secret."""
    key, salt, nonce = os.urandom(32), os.urandom(16), os.urandom(_NONCE)
    wrapped = nonce + AESGCM(_stretch(secret, salt, **_SCRYPT)).encrypt(nonce, key, b"nanoclaw backup key")
    return KeyedSeal(key, WrappedKey(salt=salt.hex(), wrapped=wrapped.hex(), **_SCRYPT))


def unlock(wrapped: WrappedKey, secret: bytes | None) -> KeyedSeal:
    """The seal that a snapshot was made with.

    Raises:
        BackupKeyError: no secret, or not that one.
        NewerBackupError: the key is wrapped in a way this version does not do.
    """
    if secret is None:
        raise BackupKeyError(
            "The backups are encrypted, and there is no passphrase or key file",
            hint="Set NANOCLAW_BACKUP_PASSPHRASE or key_file under [backup], as when they were made.",
        )
    cost = {"n": wrapped.n, "r": wrapped.r, "p": wrapped.p}
    if any(cost[name] > most for name, most in _MOST_WORK.items()):
        raise NewerBackupError("The key of the backups asks for more work than this version does", hint="Upgrade.")
    try:
        sealed = bytes.fromhex(wrapped.wrapped)
        cipher = AESGCM(_stretch(secret, bytes.fromhex(wrapped.salt), **cost))
        key = cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], b"nanoclaw backup key")
    except (InvalidTag, ValueError) as error:
        raise BackupKeyError(
            "The passphrase or key file is not the one that the backups were made with",
            hint="Use that one again; or move the folder with the backups away, and new ones begin with this key.",
        ) from error
    return KeyedSeal(key, wrapped)


def _stretch(secret: bytes, salt: bytes, *, n: int, r: int, p: int) -> bytes:
    return Scrypt(salt=salt, length=32, n=n, r=r, p=p).derive(secret)


def _pack(data: bytes) -> bytes:
    """Zstandard where that is smaller; the first byte says which."""
    squeezed = zstandard.ZstdCompressor(level=_LEVEL).compress(data)
    return b"\x01" + squeezed if len(squeezed) < len(data) else b"\x00" + data


def _unpack(label: str, packed: bytes) -> bytes:
    if packed[:1] == b"\x00":
        return packed[1:]
    if packed[:1] != b"\x01":
        raise _damaged(label)
    try:
        size = zstandard.frame_content_size(packed[1:])
        if not 0 <= size <= _LARGEST:
            raise _damaged(label)
        return zstandard.ZstdDecompressor().decompress(packed[1:])
    except (zstandard.ZstdError, MemoryError) as error:
        raise _damaged(label) from error


def _damaged(label: str) -> BackupDamagedError:
    return BackupDamagedError(f"{label} in the backups is damaged", hint="Restore from another backup.")
