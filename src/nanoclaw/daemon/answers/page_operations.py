"""The page's way to the control API: the same operations, over the same socket, as the commands of a terminal."""

import asyncio
import json

from nanoclaw.control.client import ControlClient
from nanoclaw.control.errors import RequestRefusedError
from nanoclaw.model.errors import NanoclawError

_BAD_REQUEST, _UNAVAILABLE = 400, 503


class PageOperations:
    """Given to the web channel, which must not know the control API; the channel says which of them a page may use."""

    def __init__(self, client: ControlClient) -> None:
        self._client = client

    async def __call__(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        """One operation: its status, and its answer or its problem as JSON."""
        try:
            request = json.loads(body) if body else None
        except ValueError:
            return _BAD_REQUEST, _problem("The request is no JSON", "Reload the page and try again.")
        try:
            # The socket is read in a thread: the daemon answers it meanwhile, in this very loop.
            answer = await asyncio.to_thread(self._client.call, method, path, request)
        except RequestRefusedError as error:
            return error.status, _problem(str(error), error.hint)
        except NanoclawError as error:
            return _UNAVAILABLE, _problem(str(error), error.hint)
        return 200, json.dumps(answer).encode()


def _problem(what: str, hint: str) -> bytes:
    return json.dumps({"error": what, "hint": hint}).encode()
