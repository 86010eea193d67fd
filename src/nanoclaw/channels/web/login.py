"""Signing in: the link with the token is exchanged once for a cookie that scripts cannot read."""

import asyncio
from collections import deque

from aiohttp import web

from nanoclaw.channels.web.keys import SESSION_SECONDS, Keys
from nanoclaw.channels.web.page import Page
from nanoclaw.model.clock import Clock

_FAILURES = 10
_SECONDS = 60.0


class Failures:
    """Wrong tokens of the last minute. All requests come from this machine, so all count together."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._times: deque[float] = deque(maxlen=_FAILURES)

    def count(self) -> None:
        """One more."""
        self._times.append(self._clock.monotonic())

    def wait(self) -> float:
        """Seconds until the next try is looked at; 0 when it may come now."""
        if len(self._times) < _FAILURES:
            return 0.0
        return max(0.0, self._times[0] + _SECONDS - self._clock.monotonic())


class Login:
    """Who is signed in, and the pages of signing in."""

    def __init__(self, keys: Keys, page: Page, clock: Clock, *, port: int) -> None:
        self._keys = keys
        self._page = page
        self._failures = Failures(clock)
        # Cookies know no ports: the name keeps two installations of one machine apart.
        self._cookie = f"nanoclaw_session_{port}"
        self._opening = asyncio.Lock()

    def is_signed_in(self, request: web.Request) -> bool:
        """Whether the request shows a session's cookie."""
        return self._keys.is_session(request.cookies.get(self._cookie, ""))

    async def sign_in(self, request: web.Request) -> web.Response:
        """``GET /login?token=…``: the cookie and the way to the page, or why not."""
        if wait := self._failures.wait():
            refusal = self._page.refusal(
                429, "Too many wrong links", f"Wait {int(wait) + 1} seconds, then open the link again."
            )
            refusal.headers["Retry-After"] = str(int(wait) + 1)
            return refusal
        # A picture or a frame of another page would only use the tries up.
        if request.headers.get("Sec-Fetch-Dest", "document") != "document":
            return self._page.refusal(403, "Not a link for this", "Open the link in a tab of its own.")
        if not self._keys.is_token(request.query.get("token", "")):
            self._failures.count()
            return self._page.refusal(403, "This link is not the right one", "It may be of an earlier installation.")
        async with self._opening:
            value = await asyncio.to_thread(self._keys.open_session)
        response = web.Response(status=303, headers={"Location": "/"})
        response.set_cookie(self._cookie, value, max_age=SESSION_SECONDS, path="/", httponly=True, samesite="Strict")
        return response

    async def sign_out(self, request: web.Request) -> web.Response:
        """``POST /api/logout``: this browser's session is gone, also from the disk."""
        async with self._opening:
            await asyncio.to_thread(self._keys.close_session, request.cookies.get(self._cookie, ""))
        response = web.Response(status=204)
        response.del_cookie(self._cookie, path="/", httponly=True, samesite="Strict")
        return response
