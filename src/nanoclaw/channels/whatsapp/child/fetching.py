"""Fetches a file from the network's media host and decrypts it while it comes.

Not left to the library, which holds a file in memory four times over, whatever its size, and cannot be told to stop.
The host is ours to choose: an address in a message could lead anywhere.
"""

import base64
import hashlib
import hmac
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NoReturn

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_HOST = "https://mmg.whatsapp.net"
_ORIGIN = "https://web.whatsapp.com"
_PIECE = 65_536
_MAC = 10
_PATIENCE = 20.0


class FetchError(Exception):
    """A file did not come, in words for a person."""


class UnreachableError(FetchError):
    """It may come at another try."""

    def __init__(self) -> None:
        super().__init__("it could not be fetched")


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Where a file is and how it is read, as its message says."""

    path: str
    kind: str
    """``Image``, ``Video``, ``Audio`` or ``Document``: what the keys are derived for."""
    key: bytes
    digest: bytes
    encrypted_digest: bytes


def fetch(where: Where, into: BinaryIO, *, limit: int, seconds: float) -> int:
    """Write the file into ``into``; its size. Blocks. Of a file that is not right, some may have been written.

    Raises:
        UnreachableError: the network did not hand it out, or broke off.
        FetchError: it will not come, is larger than ``limit`` bytes, or is another one than its message says.
        OSError: it cannot be written.
    """
    if not where.path.startswith("/"):
        raise FetchError("its address is none")
    return _decrypt(where, _pieces(where, limit, time.monotonic() + seconds), into)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> NoReturn:
        raise FetchError("it is not where it should be")


def _pieces(where: Where, limit: int, ends: float) -> Iterator[bytes]:
    mark = base64.urlsafe_b64encode(where.encrypted_digest).decode()
    url = f"{_HOST}{where.path}&hash={mark}&mms-type={where.kind.lower()}&__wa-mms="
    request = urllib.request.Request(url, headers={"Origin": _ORIGIN, "Referer": f"{_ORIGIN}/"})  # noqa: S310  our host
    opener = urllib.request.build_opener(_NoRedirects())
    most = limit + 16 + _MAC
    try:
        with opener.open(request, timeout=min(_PATIENCE, max(1.0, ends - time.monotonic()))) as answer:
            while piece := answer.read1(_PIECE):
                most -= len(piece)
                if most < 0:
                    raise FetchError(f"larger than {limit // 1024 // 1024} MB, and than it said")
                if time.monotonic() > ends:
                    raise FetchError("it took too long to fetch")
                yield piece
            if answer.length:
                # A line that broke off reads as an end.
                raise UnreachableError
    except urllib.error.HTTPError as error:
        if error.code in {403, 404, 410}:
            raise FetchError("the network does not have it any more") from error
        raise UnreachableError from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise UnreachableError from error


def _decrypt(where: Where, pieces: Iterator[bytes], into: BinaryIO) -> int:
    keys = HKDF(hashes.SHA256(), 112, None, f"WhatsApp {where.kind} Keys".encode()).derive(where.key)
    vector, cipher_key, mac_key = keys[:16], keys[16:48], keys[48:80]
    decryptor = Cipher(algorithms.AES(cipher_key), modes.CBC(vector)).decryptor()
    seal, whole, plain = hmac.new(mac_key, vector, hashlib.sha256), hashlib.sha256(), hashlib.sha256()
    size, rest, block = 0, b"", b""
    for piece in pieces:
        whole.update(piece)
        rest += piece
        body, rest = rest[:-_MAC], rest[-_MAC:]
        seal.update(body)
        # The last block holds the padding: it is kept back until it is known to be the last.
        block += decryptor.update(body)
        ready, block = block[:-16], block[-16:]
        size += into.write(ready)
        plain.update(ready)
    right = len(block) == 16 and 1 <= block[-1] <= 16 and hmac.compare_digest(seal.digest()[:_MAC], rest)
    last = block[: -block[-1]] if right else b""
    plain.update(last)
    if not right or whole.digest() != where.encrypted_digest or plain.digest() != where.digest:
        raise FetchError("what came is not what was sent")
    return size + into.write(last)
