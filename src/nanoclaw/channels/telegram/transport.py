"""How python-telegram-bot reaches the Bot API: over aiohttp, so that nothing on the way knows or logs the token.

The library is given a stand-in for the token. The real one is put into the address here, which no library logs, and no
error that leaves this module holds an address or what the server said beyond its description.
"""

import asyncio
import json
import os
from collections.abc import AsyncGenerator
from typing import Any
from urllib.parse import parse_qsl, quote

import aiohttp
from telegram.error import BadRequest, NetworkError, TelegramError
from telegram.request import BaseRequest, RequestData

from nanoclaw.channels.telegram.credential import Token

STAND_IN = "0:hidden"
"""What the library takes for the token."""
_SECONDS = 20.0
_UPLOAD_SECONDS = 100.0
_LARGEST_ANSWER = 16 * 1024 * 1024
_PIECE = 262_144


class FloodError(TelegramError):
    """Telegram wants to be left alone for so many seconds. The library's own error warns of itself."""

    def __init__(self, seconds: float) -> None:
        super().__init__("Too many requests")
        self.seconds = seconds


class Transport(BaseRequest):
    """One bot's requests."""

    def __init__(self, session: aiohttp.ClientSession, api_url: str, token: Token, proxy: str = "") -> None:
        self._session = session
        self._api = api_url
        self._token = token
        self._proxy = proxy or None

    @property
    def read_timeout(self) -> float:
        """What a request takes at most where the library asks for no other time."""
        return _SECONDS

    async def initialize(self) -> None:
        """Nothing: the session is someone else's."""

    async def shutdown(self) -> None:
        """Nothing: the session is someone else's."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """As the library's, which logs what it cannot read."""
        try:
            found = json.loads(payload.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise NetworkError("The server's answer is no JSON")
        return found

    async def do_request(  # noqa: PLR0913, PLR0917 - the library's signature
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = None,
        write_timeout: Any = None,  # noqa: ARG002 - one deadline is enough
        connect_timeout: Any = None,  # noqa: ARG002
        pool_timeout: Any = None,  # noqa: ARG002
    ) -> tuple[int, bytes]:
        """One request; its status and what came back."""
        seconds = read_timeout if isinstance(read_timeout, int | float) else _SECONDS
        if request_data is not None and request_data.contains_files:
            seconds = _UPLOAD_SECONDS
        name, _, query = url.rpartition("/")[2].partition("?")
        address = f"{self._api}/bot{self._token.secret}/{name}"
        body = _form(request_data, query)
        try:
            async with asyncio.timeout(seconds):
                asked = self._session.request(method, address, data=body, proxy=self._proxy, allow_redirects=False)
                async with asked as response:
                    content = await _bounded(response)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            # Its text may hold the address, and so the token.
            raise NetworkError(_what(error)) from None
        if response.status == 429:
            raise FloodError(_wait(content))
        return response.status, content

    async def pieces(self, path: str, seconds: float) -> AsyncGenerator[bytes]:
        """The content of a file, by the path that the Bot API gave.

        Raises:
            BadRequest: the server will not give it.
            NetworkError: it did not come whole, in time.
        """
        address = f"{self._api}/file/bot{self._token.secret}/{quote(path)}"
        try:
            async with (
                asyncio.timeout(seconds),
                self._session.get(address, proxy=self._proxy, allow_redirects=False) as response,
            ):
                if 400 <= response.status < 500:
                    raise BadRequest(f"no such file ({response.status})")
                if response.status != 200:
                    raise NetworkError(f"status {response.status}")
                async for piece in response.content.iter_chunked(_PIECE):
                    yield piece
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise NetworkError(_what(error)) from None


def _form(data: RequestData | None, query: str) -> aiohttp.FormData:
    # Names of files go as they are, in UTF-8, as browsers send them.
    form = aiohttp.FormData(parse_qsl(query), quote_fields=False)
    if data is None:
        return form
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, media_type) in data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=media_type)
    return form


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    content = bytearray()
    async for piece in response.content.iter_chunked(_PIECE):
        content += piece
        if len(content) > _LARGEST_ANSWER:
            raise NetworkError("The server's answer is too long")
    return bytes(content)


def _what(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    # The system's own words: a library's may hold the address.
    number = error.errno if isinstance(error, OSError) else None
    if number is not None and number > 0:
        return os.strerror(number).lower()
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"the proxy refuses the way there ({error.status})"
    return "its name is not known" if isinstance(error, aiohttp.ClientConnectorDNSError) else type(error).__name__


def _wait(content: bytes) -> float:
    try:
        seconds = float(Transport.parse_json_payload(content)["parameters"]["retry_after"])
    except (TelegramError, LookupError, TypeError, ValueError):
        seconds = 5.0
    return min(max(seconds, 1.0), 86_400.0)
