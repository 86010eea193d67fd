"""The model's door: two methods of the Messages API, signed on the way out, streamed and metered on the way back.

The body of a request passes as it is, once it has been looked at: what it asks the service itself to fetch is held to
the group's network policy, and no call leaves for which a budget has no room.
"""

import asyncio
import io
import logging
import re
from dataclasses import dataclass

from aiohttp import ClientError, ClientResponse, ClientSession, StreamReader, web

from nanoclaw.gateway.budget import Budgets, Exhausted
from nanoclaw.gateway.headers import answer_headers, request_headers
from nanoclaw.gateway.inspection import why_not
from nanoclaw.gateway.metering import Meter, UncountedMeter, meter_for
from nanoclaw.gateway.policy import GroupPolicy
from nanoclaw.gateway.prices import Prices
from nanoclaw.gateway.reporting import FinishedCall, Reporter
from nanoclaw.settings.schema import Credential, Upstream

logger = logging.getLogger(__name__)

MAX_BODY = 64 * 1024 * 1024
"""Bytes of a request; the service itself takes 32 MB."""
MAX_CALLS = 32
"""Calls of one door at the same time."""

_MESSAGES = "/v1/messages"
_PATHS = frozenset({_MESSAGES, "/v1/messages/count_tokens"})
_QUERIES = frozenset({"", "beta=true"})
_UPLOAD_SECONDS = 60.0
_IDLE_SECONDS = 300.0
_MODEL = re.compile(rb'\s*\{\s*"model"\s*:\s*"([A-Za-z0-9._:@/\[\]-]{1,100})"')


@dataclass(frozen=True, slots=True, kw_only=True)
class _Problem:
    """An answer of our own, in the service's error shape. ``retry``: whether the program may ask again."""

    status: int
    kind: str
    message: str
    retry: bool = False

    def response(self) -> web.Response:
        error = {"type": "error", "error": {"type": self.kind, "message": f"NanoClaw gateway: {self.message}"}}
        headers = {"server": "nanoclaw", "x-should-retry": "true" if self.retry else "false"}
        return web.json_response(error, status=self.status, headers=headers)


_NO_CREDENTIAL = _Problem(
    status=401,
    kind="authentication_error",
    message=(
        "no credential for the model's service is set. Put ANTHROPIC_API_KEY or CLAUDE_CODE_OAUTH_TOKEN into the .env"
        " file of the home folder, then restart nanoclaw."
    ),
)
_TOO_LARGE = _Problem(status=413, kind="request_too_large", message="the request is larger than 64 MiB.")
_TOO_SLOW = _Problem(status=408, kind="timeout_error", message="the request did not come in time.", retry=True)
_TOO_MANY = _Problem(status=429, kind="rate_limit_error", message="too many calls at the same time.", retry=True)
_NOT_OPEN = _Problem(status=403, kind="permission_error", message="only the Messages API goes through.")
_NOT_THERE = _Problem(status=404, kind="not_found_error", message="only the Messages API goes through.")
_REDIRECTED = _Problem(
    status=502, kind="api_error", message="the model's service answered with a redirect, which is not followed."
)
# The program tries a 503 again with growing pauses; after a few of status 529 it gives up or changes the model.
_UNREACHABLE = _Problem(
    status=503, kind="api_error", message="the model's service cannot be reached right now.", retry=True
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On what terms calls leave."""

    policy: GroupPolicy
    budgets: Budgets
    prices: Prices


class ModelApi:
    """Answers the requests of one door's ``model.sock``. The session is shared with other doors and not closed here."""

    def __init__(self, upstream: Upstream, session: ClientSession, reporter: Reporter, terms: Terms) -> None:
        self.exhausted: Exhausted | None = None
        """The budget for which the newest call was refused."""
        self._terms = terms
        self._base = upstream.base_url.rstrip("/")
        self._credential = upstream.credential
        self._session = session
        self._reporter = reporter
        self._calls: set[asyncio.Task[object]] = set()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request. The handler of an aiohttp server, which makes the task."""
        path, _, query = request.raw_path.partition("?")
        problem, credential = self._problem(request, path, query), self._credential
        if problem is not None or credential is None:
            self._reporter.denied(f"{request.method[:20]} {path[:200]}", (problem or _NO_CREDENTIAL).message)
            return (problem or _NO_CREDENTIAL).response()
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine that runs has a task
        task.set_name(f"gateway model call {self._reporter.group}")
        self._calls.add(task)
        try:
            return await self._pass(request, credential, metered=path == _MESSAGES)
        finally:
            self._calls.discard(task)

    async def _pass(self, request: web.BaseRequest, credential: Credential, *, metered: bool) -> web.StreamResponse:
        body = await _read_body(request.content)
        problem = body if isinstance(body, _Problem) else await self._objection(body)
        if problem is not None or isinstance(body, _Problem):
            self._reporter.denied(f"POST {request.path[:200]}", (problem or _TOO_LARGE).message)
            return (problem or _TOO_LARGE).response()
        call = _Call(self._session, f"{self._base}{request.raw_path}", request, body, self._reporter)
        if not metered:
            return await call.run_uncounted(credential)
        with self._terms.budgets.reserved(self._reporter.group, self._terms.prices.guess(call.model, len(body))):
            return await call.run(credential, self._terms)

    async def _objection(self, body: bytes) -> _Problem | None:
        """Why this request may not leave: the network policy, or a budget."""
        # Parsing a large body takes long enough to hold up everybody else.
        reason = await asyncio.to_thread(why_not, body, self._terms.policy)
        if reason:
            return _Problem(status=403, kind="permission_error", message=f"{reason}.")
        self.exhausted = self._terms.budgets.find_exhausted(self._reporter.group)
        if self.exhausted is None:
            return None
        return _Problem(status=402, kind="billing_error", message=f"{self.exhausted.what}. {self.exhausted.hint}")

    async def close(self) -> None:
        """End every call."""
        calls = tuple(self._calls)
        for task in calls:
            task.cancel()
        if calls:
            await asyncio.wait(calls, timeout=10)

    def _problem(self, request: web.BaseRequest, path: str, query: str) -> _Problem | None:
        if path not in _PATHS:
            return _NOT_OPEN if path.startswith("/v1/") else _NOT_THERE
        if request.method != "POST" or query not in _QUERIES:
            return _NOT_OPEN
        if (request.content_length or 0) > MAX_BODY:
            return _TOO_LARGE
        return _TOO_MANY if len(self._calls) >= MAX_CALLS else None


async def _read_body(content: StreamReader) -> bytes | _Problem:
    """The whole body, for it is looked at before any of it leaves."""
    pieces: list[bytes] = []
    size = 0
    while True:
        try:
            async with asyncio.timeout(_UPLOAD_SECONDS):
                piece = await content.readany()
        except TimeoutError:
            return _TOO_SLOW
        if not piece:
            return b"".join(pieces)
        size += len(piece)
        if size > MAX_BODY:
            return _TOO_LARGE
        pieces.append(piece)


class _Call:
    """One request and its answer."""

    def __init__(
        self, session: ClientSession, url: str, request: web.BaseRequest, body: bytes, reporter: Reporter
    ) -> None:
        match = _MODEL.match(body)
        self.model = match[1].decode("ascii") if match else ""
        self._session = session
        self._url = url
        self._request = request
        self._body = body
        self._reporter = reporter
        self._meter: Meter = UncountedMeter()
        self._response: web.StreamResponse | None = None
        self._status = 0

    async def run_uncounted(self, credential: Credential) -> web.StreamResponse:
        """Make a call that costs nothing."""
        self._reporter.allowed("POST /v1/messages/count_tokens", "the Messages API")
        return await self._answered(credential)

    async def run(self, credential: Credential, terms: Terms) -> web.StreamResponse:
        """Make the call. Whatever becomes of it, it is reported and paid once when it ends."""
        started_at = self._reporter.model_request_sent()
        try:
            return await self._answered(credential)
        finally:
            model, tokens = self._meter.model or self.model, self._meter.tokens
            cost = terms.prices.cost(model, tokens)
            self._reporter.model_call_metered(
                FinishedCall(model=model, status=self._status, started_at=started_at, tokens=tokens, cost_usd=cost)
            )
            terms.budgets.spend(self._reporter.group, cost)

    async def _answered(self, credential: Credential) -> web.StreamResponse:
        headers = request_headers(self._request.headers, credential)
        try:
            async with self._session.post(
                self._url, data=io.BytesIO(self._body), headers=headers, allow_redirects=False
            ) as answer:
                if 300 <= answer.status < 400:
                    return _REDIRECTED.response()
                return await self._pass_on(answer)
        except (ClientError, OSError) as error:
            return self._broken(error)

    async def _pass_on(self, answer: ClientResponse) -> web.StreamResponse:
        self._response = response = web.StreamResponse(status=answer.status, headers=answer_headers(answer.headers))
        if "content-encoding" not in answer.headers:
            response.content_length = answer.content_length
        self._meter = meter_for(answer.content_type, answer.status)
        await response.prepare(self._request)
        async for chunk in answer.content.iter_any():
            self._meter.feed(chunk)
            async with asyncio.timeout(_IDLE_SECONDS):
                await response.write(chunk)
        self._status = answer.status if self._meter.finish() else 0
        return response

    def _broken(self, error: Exception) -> web.StreamResponse:
        """The rest of a call that broke on either side."""
        if self._response is None:
            # Only the kind: the text may name the proxy with its password.
            logger.warning("The model's service cannot be reached: %s", type(error).__name__)
            return _UNREACHABLE.response()
        # What has gone out cannot be taken back. A cut connection says that the answer is not whole.
        if self._request.transport is not None:
            self._request.transport.abort()
        return self._response
