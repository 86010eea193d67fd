"""The daemon's operations that the page may use: those named here, for a signed-in owner, and no others."""

import asyncio
import re
from collections.abc import Awaitable, Callable

from aiohttp import web

from nanoclaw.channels.web.answers import problem

Operations = Callable[[str, str, bytes], Awaitable[tuple[int, bytes]]]
"""Given a method, a path such as ``/v1/groups``, with its query, and a JSON body: the status and the JSON answer."""

_WORD = r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"
_ALLOWED = (
    ("GET", "/v1/status"),
    ("GET", "/v1/groups"),
    ("POST", "/v1/groups"),
    ("GET", f"/v1/groups/{_WORD}"),
    ("PATCH", f"/v1/groups/{_WORD}"),
    ("GET", "/v1/options"),
    ("GET", "/v1/tasks"),
    ("POST", "/v1/tasks"),
    ("GET", f"/v1/tasks/{_WORD}/runs"),
    ("POST", f"/v1/tasks/{_WORD}/(?:pause|resume|cancel|run)"),
    ("GET", "/v1/usage"),
    *((method, f"/v1/channels/{_WORD}/pairing") for method in ("GET", "POST", "DELETE")),
    ("POST", f"/v1/channels/{_WORD}/test"),
)
_QUERY = re.compile(r"(?:[a-z_]{1,32}=[A-Za-z0-9_.:+%-]{0,64}&?){1,6}", re.ASCII)
_BODY_BYTES = 131_072
_SECONDS = 60.0


class Desk:
    """Passes the page's requests on."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def routes(self) -> list[web.RouteDef]:
        """Everything below ``/api/control/``."""
        return [web.route("*", "/api/control/{path:.*}", self._pass_on)]

    async def _pass_on(self, request: web.Request) -> web.Response:
        path = f"/{request.match_info['path']}"
        if not _is_allowed(request.method, path):
            return problem(404, "The page cannot do this", "The commands in a terminal can do more.")
        query = request.rel_url.raw_query_string
        if query and not _QUERY.fullmatch(query):
            return problem(400, "The question is not well formed", "Reload the page and try again.")
        async with asyncio.timeout(_SECONDS):
            body = await request.read()
            if len(body) > _BODY_BYTES:
                return problem(413, "That is too long", "Shorten it.")
            status, answer = await self._operations(request.method, f"{path}?{query}" if query else path, body)
        return web.Response(body=answer, status=status, content_type="application/json")


def _is_allowed(method: str, path: str) -> bool:
    return any(method == allowed and re.fullmatch(pattern, path, re.ASCII) for allowed, pattern in _ALLOWED)
