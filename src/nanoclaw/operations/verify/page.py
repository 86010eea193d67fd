"""The web page as a browser uses it: signed in by its link, and out again so that no session is left."""

import http.client
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlsplit

from nanoclaw.operations.verify.contract import StepFailedError

_SECONDS = 10
_SEE_OTHER = 303
_BAD_REQUEST = 400
_HINT = "Open the link that `nanoclaw status` prints in a browser; `nanoclaw doctor --section channels` says more."


class PageVisit:
    """One visit."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._cookie = ""

    def sign_in(self, path: str) -> None:
        """Exchange the link for a cookie."""
        status, headers, _ = self._ask("GET", path)
        cookie = str(headers.get("Set-Cookie", "")).partition(";")[0]
        if status != _SEE_OTHER or not cookie:
            raise StepFailedError(
                f"The page did not sign in with its own link: status {status}", hint=_HINT, check="channels"
            )
        self._cookie = cookie

    def sign_out(self) -> None:
        """Leave no session behind."""
        if self._cookie:
            self._ask("POST", "/api/logout")

    def get(self, path: str) -> dict[str, Any]:
        """A JSON object."""
        return self._json("GET", path)

    def post(self, chat: str, text: str) -> dict[str, Any]:
        """Write a message into a chat."""
        return self._json(
            "POST", f"/api/chats/{quote(chat, safe='')}/messages", {"id": str(uuid.uuid4()), "text": text}
        )

    def lines(self, chat: str) -> list[dict[str, Any]]:
        """A chat's history."""
        return list(self._json("GET", f"/api/chats/{quote(chat, safe='')}/lines")["lines"])

    def _json(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        status, _, answer = self._ask(method, path, body)
        try:
            found = json.loads(answer)
        except ValueError:
            found = None
        if status >= _BAD_REQUEST or not isinstance(found, dict):
            raise StepFailedError(f"The page refused {method} {path}: status {status}", hint=_HINT, check="channels")
        return found

    def _ask(
        self, method: str, path: str, body: dict[str, Any] | None = None
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        connection = http.client.HTTPConnection(self._host, timeout=_SECONDS)
        headers = {"Origin": f"http://{self._host}", "Cookie": self._cookie, "Content-Type": "application/json"}
        try:
            connection.request(method, path, None if body is None else json.dumps(body).encode(), headers)
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        except (OSError, http.client.HTTPException) as error:
            what = f"The page at {self._host} does not answer: {type(error).__name__}"
            raise StepFailedError(what, hint=_HINT, check="channels") from error
        finally:
            connection.close()


@contextmanager
def visit(link: str) -> Iterator[PageVisit]:
    """Signed in with the link in the ``with`` block. Raises StepFailedError when the page does not let its owner in."""
    parts = urlsplit(link)
    page = PageVisit(parts.netloc)
    page.sign_in(f"{parts.path}?{parts.query}")
    try:
        yield page
    finally:
        page.sign_out()
