"""Files: how they are encrypted, and the hosts that keep what was encrypted."""

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from aiohttp import web

from tests.fakes.whatsapp_network.certificates import MEDIA_HOSTS
from tests.fakes.whatsapp_network.faults import Faults
from tests.fakes.whatsapp_network.signal.keys import decrypt_cbc, derive, digest, encrypt_cbc

_MAC_SIZE = 10


class MediaKind(StrEnum):
    """What the keys are derived for."""

    IMAGE = "Image"
    VIDEO = "Video"
    AUDIO = "Audio"
    DOCUMENT = "Document"
    HISTORY = "History"


class MediaError(ValueError):
    """A file is not what its message says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encrypted:
    """``data`` is what the hosts keep; the rest travels in the message."""

    key: bytes
    data: bytes
    digest: bytes
    encrypted_digest: bytes
    size: int


def encrypt(content: bytes, kind: MediaKind) -> Encrypted:
    """Encrypt under a key of its own."""
    key = secrets.token_bytes(32)
    iv, cipher, mac = _keys(key, kind)
    body = encrypt_cbc(cipher, iv, content)
    data = body + digest(mac, iv + body)[:_MAC_SIZE]
    return Encrypted(
        key=key,
        data=data,
        digest=sha256(content).digest(),
        encrypted_digest=sha256(data).digest(),
        size=len(content),
    )


def decrypt(file: Encrypted, kind: MediaKind) -> bytes:
    """The content; every digest is looked at.

    Raises:
        MediaError: one is wrong.
    """
    iv, cipher, mac = _keys(file.key, kind)
    body, seal = file.data[:-_MAC_SIZE], file.data[-_MAC_SIZE:]
    if sha256(file.data).digest() != file.encrypted_digest or digest(mac, iv + body)[:_MAC_SIZE] != seal:
        raise MediaError("the encrypted file was changed")
    content = decrypt_cbc(cipher, iv, body)
    if sha256(content).digest() != file.digest:
        raise MediaError("the file is another one than the message says")
    return content


def _keys(key: bytes, kind: MediaKind) -> tuple[bytes, bytes, bytes]:
    keys = derive(key, info=f"WhatsApp {kind} Keys".encode(), size=112)
    return keys[:16], keys[16:48], keys[48:80]


class MediaStore:
    """What the hosts keep, by path; and the doors through which the client comes to it."""

    def __init__(self, faults: Faults, changed: Callable[[], None]) -> None:
        self._faults = faults
        self._changed = changed
        self._files: dict[str, bytes] = {}
        self.requests: list[tuple[str, str]] = []
        """Methods and paths."""

    def keep(self, data: bytes) -> str:
        """Keep an encrypted file; the path at which it is found."""
        name = f"/v/t62.7118-24/{secrets.token_hex(8)}.enc"
        self._files[name] = data
        return f"{name}?ccb=11-4&oh={secrets.token_hex(4)}&oe=7FFFFFFF"

    def find(self, path: str) -> bytes:
        """The file at a path.

        Raises:
            MediaError: there is none.
        """
        name = path.partition("?")[0]
        if name not in self._files:
            raise MediaError(f"there is no file at {name}")
        return self._files[name]

    def routes(self) -> list[web.RouteDef]:
        """For the web server."""
        return [
            web.get("/v/{path:.*}", self._download),
            web.post("/mms/{kind}/{token}", self._upload),
            web.delete("/mms/{kind}/{token}", self._delete),
        ]

    async def _download(self, request: web.Request) -> web.StreamResponse:
        self._note(request)
        data = self._files.get(request.path, b"")
        status = self._faults.media.get("get", 200 if data else 404)
        if status != 200 or not self._faults.media_breaks:
            return web.Response(status=status, body=data if status == 200 else b"")
        response = web.StreamResponse(headers={"Content-Length": str(len(data))})
        await response.prepare(request)
        await response.write(data[: self._faults.media_breaks])
        if request.transport:
            request.transport.abort()
        return response

    async def _upload(self, request: web.Request) -> web.Response:
        self._note(request)
        data = await request.read()
        token = base64.urlsafe_b64decode(request.match_info["token"])
        status = self._faults.media.get("post", 200 if sha256(data).digest() == token else 400)
        if status != 200:
            return web.Response(status=status)
        path = self.keep(data)
        return web.json_response({"url": f"https://{MEDIA_HOSTS[0]}{path}", "direct_path": path, "handle": ""})

    async def _delete(self, request: web.Request) -> web.Response:
        self._note(request)
        return web.Response()

    def _note(self, request: web.Request) -> None:
        self.requests.append((request.method, request.path))
        self._changed()
