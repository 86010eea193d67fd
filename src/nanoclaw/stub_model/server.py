"""The scripted model's HTTP server."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from itertools import count

from aiohttp import web

from nanoclaw.model.clock import Clock
from nanoclaw.stub_model import messages
from nanoclaw.stub_model.errors import BadRequestError, StubModelError
from nanoclaw.stub_model.messages import ModelRequest, Reply
from nanoclaw.stub_model.playback import Chosen, Playback
from nanoclaw.stub_model.recording import RecordedRequest, Recorder
from nanoclaw.stub_model.script import Answer, Script, TokenCounts

_MESSAGES = "/v1/messages"
_COUNT_TOKENS = "/v1/messages/count_tokens"
_BODY_LIMIT = 32 * 1024 * 1024
_READ_SECONDS = 60
_WRITE_SECONDS = 60
_SHUTDOWN_SECONDS = 0.2
_HEADERS = frozenset(
    {
        "accept",
        "anthropic-beta",
        "anthropic-version",
        "authorization",
        "content-type",
        "host",
        "user-agent",
        "x-api-key",
        "x-app",
        "x-claude-code-session-id",
        "x-stainless-retry-count",
    }
)


class StubModel:
    """The Messages API on loopback, answering from a script. For use in one event loop.

    It accepts any credential and any model name. Side requests (without tools, or to summarise the
    conversation) get the script's ``side_reply`` and use up no rule.
    """

    def __init__(self, script: Script, clock: Clock) -> None:
        self._script = script
        self._playback = Playback(script)
        self._clock = clock
        self._recorder = Recorder()
        self._ids = count(1)
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0, host: str = "127.0.0.1") -> str:
        """Listen, and return the base URL for ``ANTHROPIC_BASE_URL``. Port 0 takes a free one.

        Raises:
            StubModelError: It listens already, or the port is taken.
        """
        if self._runner is not None:
            raise StubModelError("the scripted model listens already", hint="Close it first.")
        app = web.Application(client_max_size=_BODY_LIMIT)
        app.router.add_route("*", "/{path:.*}", self._handle)
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=_SHUTDOWN_SECONDS)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            await runner.cleanup()
            raise StubModelError(
                f"the scripted model cannot listen on {host} port {port}: {error.strerror or error}",
                hint="Choose another port, or 0 for a free one.",
            ) from error
        self._runner = runner
        address = f"[{host}]" if ":" in host else host
        return f"http://{address}:{runner.addresses[0][1]}"

    async def close(self) -> None:
        """Stop listening and cut what is still being answered. Does nothing when it does not listen."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    @property
    def requests(self) -> Sequence[RecordedRequest]:
        """The newest 1,000 requests, oldest first, recorded as they come in and not as they are answered."""
        return self._recorder.requests

    async def wait_for_requests(self, n: int, deadline: float) -> Sequence[RecordedRequest]:
        """Wait until ``n`` requests of agents have come in since the start; returns those kept.

        Side requests, token counts and refused requests do not count and are not returned.

        Raises:
            StubModelError: They did not come within ``deadline`` seconds.
        """
        return await self._recorder.wait_for_turns(n, deadline)

    def replace_script(self, script: Script) -> None:
        """Play another script from its beginning, for requests from now on. The record stays."""
        self._script = script
        self._playback = Playback(script)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        try:
            async with asyncio.timeout(_READ_SECONDS):
                raw = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return _error(413, f"The request is larger than {_BODY_LIMIT} bytes.")
        except TimeoutError:
            return _error(400, f"The request's body did not arrive within {_READ_SECONDS} s.")
        target = (request.method, request.path)
        if target not in {("POST", _MESSAGES), ("POST", _COUNT_TOKENS)}:
            self._record(request, raw, None)
            return _error(404, f"There is no {request.method} {request.path} here.")
        try:
            asked = messages.read_request(raw, needs_max_tokens=request.path == _MESSAGES)
        except BadRequestError as error:
            self._record(request, raw, None)
            return _error(400, str(error))
        self._record(request, raw, asked)
        if request.path == _COUNT_TOKENS:
            return web.json_response({"input_tokens": messages.estimate_tokens(len(raw))})
        return await self._answer(request, asked, len(raw))

    def _record(self, request: web.Request, raw: bytes, asked: ModelRequest | None) -> None:
        seen = RecordedRequest(
            at=self._clock.now(),
            method=request.method,
            path=request.path,
            headers=_interesting(request.headers),
            raw_body=raw,
            user_text=asked.user_text if asked else "",
            newest_text=asked.newest_text if asked else "",
            tool_results=asked.tool_results if asked else (),
            is_side_request=asked is None or asked.is_side_request or request.path != _MESSAGES,
        )
        self._recorder.add(seen)

    async def _answer(self, request: web.Request, asked: ModelRequest, size: int) -> web.StreamResponse:
        number = f"{self._clock.now()}_{next(self._ids)}"
        if asked.is_side_request:
            chosen = _aside(asked, self._script.side_reply)
        else:
            chosen = self._playback.next(asked, f"toolu_{number}")
        answer = chosen.answer
        if answer.delay_ms:
            await asyncio.sleep(answer.delay_ms / 1000)
        if answer.error is not None:
            return _error(answer.error, chosen.text, answer.retry_after)
        if answer.garbage is not None:
            return web.Response(body=answer.garbage.encode(), content_type=_content_type(asked))
        reply = _reply(chosen, asked, f"msg_{number}", size)
        if not asked.stream and answer.broken_after is None:
            return web.Response(body=messages.reply_body(reply), content_type="application/json")
        return await _send(request, asked, answer, reply)


def _interesting(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items() if name.lower() in _HEADERS}


def _aside(asked: ModelRequest, text: str) -> Chosen:
    """The answer to a side request, in the form that was asked for."""
    if asked.wants_summary:
        text = f"<summary>{text}</summary>"
    if asked.output_schema is not None:
        text = messages.json_bytes(messages.fit_schema(asked.output_schema, text)).decode()
    return Chosen(answer=Answer(), text=text, tool=None, tool_use_id="")


def _reply(chosen: Chosen, asked: ModelRequest, message_id: str, size: int) -> Reply:
    estimated = TokenCounts(
        input_tokens=messages.estimate_tokens(size),
        output_tokens=messages.estimate_tokens(len(chosen.text)),
    )
    return Reply(
        id=message_id,
        model=asked.model,
        text=chosen.text,
        tool=chosen.tool,
        tool_use_id=chosen.tool_use_id,
        tokens=chosen.answer.usage or estimated,
    )


def _content_type(asked: ModelRequest) -> str:
    return "text/event-stream" if asked.stream else "application/json"


def _error(status: int, message: str, retry_after: float | None = None) -> web.Response:
    headers = {} if retry_after is None else {"retry-after": f"{retry_after:g}"}
    body = messages.error_body(status, message)
    return web.Response(status=status, body=body, content_type="application/json", headers=headers)


async def _send(request: web.Request, asked: ModelRequest, answer: Answer, reply: Reply) -> web.StreamResponse:
    """Send the answer in pieces, as far as it is meant to come. A caller that leaves ends the sending."""
    response = web.StreamResponse(headers={"content-type": _content_type(asked), "cache-control": "no-cache"})
    try:
        await response.prepare(request)
        await _write(response, _pieces(asked, answer, reply), answer.chunk_ms / 1000)
    except ConnectionResetError:  # the caller has gone; aiohttp ends the connection
        return response
    if answer.broken_after is not None and request.transport is not None:
        request.transport.close()
    return response


def _pieces(asked: ModelRequest, answer: Answer, reply: Reply) -> Iterable[bytes]:
    cut = answer.broken_after
    if not asked.stream:
        return [messages.reply_body(reply)[:cut]]
    if cut is not None:
        return messages.broken_events(reply, cut, chunk_size=answer.chunk_size)
    return messages.reply_events(reply, chunk_size=answer.chunk_size)


async def _write(response: web.StreamResponse, pieces: Iterable[bytes], pause: float) -> None:
    if not pause:
        pieces = [b"".join(pieces)]
    for number, piece in enumerate(pieces):
        if number:
            await asyncio.sleep(pause)
        async with asyncio.timeout(_WRITE_SECONDS):
            await response.write(piece)
