"""Serves the control API on the home's Unix socket."""

import asyncio
import errno
import json
import logging
import re
import socket
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from aiohttp import web
from pydantic import BaseModel

from nanoclaw.agents.tools.contract import InvalidTaskError, NoSuchTaskError
from nanoclaw.control.errors import ControlError, InvalidRequestError, MalformedRequestError, SocketTakenError
from nanoclaw.control.insight_shapes import PlainText
from nanoclaw.control.openapi import openapi_document
from nanoclaw.control.requests import parse_body, parse_query
from nanoclaw.control.route import CHANNEL_NAME, Route
from nanoclaw.control.routes import EVENT_STREAM, OPENAPI_PATH, ROUTES
from nanoclaw.control.service import ConflictError, NoSuchGroupError, Service, StoppingError
from nanoclaw.control.shapes import LiveEvent, Problem
from nanoclaw.intake.trigger import InvalidTriggerError
from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.groups import InvalidFolderError
from nanoclaw.model.options import InvalidOptionError
from nanoclaw.settings.sockets import bindable_path

logger = logging.getLogger(__name__)

_BODY_LIMIT = 4 * 1024 * 1024
_BACKLOG = 128
_EVENTS_AHEAD = 1_000
_HOLD_SECONDS = 1.0
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ControlServer:
    """Answers requests from :meth:`start` to :meth:`close`.

    Event streams that have nothing to say show a sign of life every ``heartbeat_seconds``.
    """

    def __init__(self, service: Service, socket_path: Path, *, heartbeat_seconds: float = 15) -> None:
        self._path = socket_path
        self._handlers = _Handlers(service, heartbeat_seconds)
        self._runner: web.AppRunner | None = None
        self._inode: int | None = None

    async def start(self) -> None:
        """Listen. The socket is open to its owner alone from its first moment.

        Raises:
            SocketTakenError: another daemon listens there.
            ControlError: the socket cannot be made.
        """
        listener = _listen(self._path)
        self._inode = self._path.lstat().st_ino
        self._runner = web.AppRunner(
            self._handlers.application(), access_log=None, handle_signals=False, shutdown_timeout=2
        )
        await self._runner.setup()
        await web.SockSite(self._runner, listener, backlog=_BACKLOG).start()

    async def close(self) -> None:
        """Stop listening, end event streams, give running requests 2 s, and remove the socket. Safe to repeat."""
        self._handlers.end_streams()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        if self._inode is not None and self._path.exists() and self._path.lstat().st_ino == self._inode:
            self._path.unlink(missing_ok=True)
        self._inode = None


def control_application(service: Service, *, heartbeat_seconds: float = 15) -> web.Application:
    """The API without a socket, to be served elsewhere."""
    return _Handlers(service, heartbeat_seconds).application()


class _Handlers:
    """Turns HTTP into calls of the service."""

    def __init__(self, service: Service, heartbeat_seconds: float) -> None:
        self._service = service
        self._heartbeat_seconds = heartbeat_seconds
        self._streams: set[asyncio.Queue[LiveEvent | None]] = set()

    def application(self) -> web.Application:
        application = web.Application(client_max_size=_BODY_LIMIT, middlewares=[_problems_as_answers])
        for route in ROUTES:
            handler = self._route(route)
            application.router.add_route(route.method, route.path, handler)
        document = json.dumps(openapi_document()).encode()

        async def openapi(_request: web.Request) -> web.Response:
            return web.Response(body=document, content_type="application/json")

        application.router.add_route("GET", OPENAPI_PATH, openapi)
        return application

    def end_streams(self) -> None:
        for queue in self._streams:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(None)

    def _route(self, route: Route) -> _Handler:
        if route.holds is not None:
            return self._holder(route)
        return self._stream if route.streams else self._handler(route)

    def _holder(self, route: Route) -> _Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            assert route.holds is not None  # noqa: S101 - who calls this looked
            assert route.body is not None  # noqa: S101 - the table has one
            payload = parse_body(route.body, await request.read())
            async with route.holds(self._service, payload) as opened:
                response = web.StreamResponse(headers={"Content-Type": EVENT_STREAM, "Cache-Control": "no-store"})
                queue: asyncio.Queue[LiveEvent | None] = asyncio.Queue()
                self._streams.add(queue)
                try:
                    await response.prepare(request)
                    await response.write(opened.model_dump_json().encode() + b"\n")
                    await _write_signs_of_life(response, queue)
                except ConnectionError:
                    logger.debug("Who held %s went away", route.path)
                finally:
                    self._streams.discard(queue)
            return response

        return handle

    def _handler(self, route: Route) -> _Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            payload: BaseModel | None = None
            if route.body is not None:
                payload = parse_body(route.body, await request.read())
            elif route.query is not None:
                payload = parse_query(route.query, request.query, [name for name, _ in request.query.items()])
            answer = await route.answer(self._service, _place(request), payload)
            return _text(answer.text) if isinstance(answer, PlainText) else _json(answer, route.status)

        return handle

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        folder = request.match_info["folder"]
        queue: asyncio.Queue[LiveEvent | None] = asyncio.Queue(_EVENTS_AHEAD)
        with self._service.watch(folder) as events:
            response = web.StreamResponse(headers={"Content-Type": EVENT_STREAM, "Cache-Control": "no-store"})
            await response.prepare(request)
            # The first line goes out at once, so that a client knows that it misses nothing from here on.
            await response.write(b"\n")
            self._streams.add(queue)
            try:
                async with asyncio.TaskGroup() as tasks:
                    pump = tasks.create_task(_pump(events, queue), name=f"events of {folder}")
                    await self._write_lines(response, queue)
                    pump.cancel()
            except* ConnectionError:
                logger.debug("A watcher of group %s went away", folder)
            finally:
                self._streams.discard(queue)
        return response

    async def _write_lines(self, response: web.StreamResponse, queue: asyncio.Queue[LiveEvent | None]) -> None:
        while True:
            try:
                async with asyncio.timeout(self._heartbeat_seconds):
                    event = await queue.get()
            except TimeoutError:
                await response.write(b"\n")
                continue
            if event is None:
                return
            await response.write(event.model_dump_json().encode() + b"\n")


async def _write_signs_of_life(response: web.StreamResponse, ended: asyncio.Queue[LiveEvent | None]) -> None:
    """Until the daemon stops; or until a line cannot be written, which is how a caller that was killed is noticed."""
    while True:
        try:
            async with asyncio.timeout(_HOLD_SECONDS):
                await ended.get()
        except TimeoutError:
            await response.write(b"\n")
        else:
            return


async def _pump(events: AsyncIterator[LiveEvent], queue: asyncio.Queue[LiveEvent | None]) -> None:
    async for event in events:
        await queue.put(event)
    await queue.put(None)


@web.middleware
async def _problems_as_answers(request: web.Request, handler: _Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as refusal:
        allow = {"Allow": refusal.headers["Allow"]} if "Allow" in refusal.headers else None
        return _json(_http_problem(refusal.status), refusal.status, allow)
    except NanoclawError as error:
        return _json(Problem(error=str(error), hint=error.hint), _status_of(error))
    except Exception:
        # The boundary of one request: whatever it does, the daemon goes on, and the caller learns where to look.
        logger.exception("The control API failed at %s %s", request.method, request.match_info.route.name or "")
        problem = Problem(error="The daemon failed at this request.", hint="logs/nanoclaw.log says how.")
        return _json(problem, 500)


def _http_problem(status: int) -> Problem:
    match status:
        case 404:
            return Problem(error="There is no such path.", hint=f"GET {OPENAPI_PATH} names all paths.")
        case 405:
            return Problem(error="This path does not take this method.", hint="The Allow header names those it takes.")
        case 413:
            return Problem(error="The body is larger than 4 MiB.", hint="Send less at once.")
        case _:
            return Problem(error=f"The request was refused with status {status}.")


def _status_of(error: NanoclawError) -> int:
    match error:
        case MalformedRequestError():
            return 400
        case NoSuchGroupError() | NoSuchTaskError():
            return 404
        case ConflictError():
            return 409
        case (
            InvalidRequestError()
            | InvalidFolderError()
            | InvalidOptionError()
            | InvalidTriggerError()
            | InvalidTaskError()
        ):
            return 422
        case StoppingError():
            return 503
        case _:
            return 500


def _json(answer: BaseModel, status: int, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        body=answer.model_dump_json().encode(), status=status, headers=headers, content_type="application/json"
    )


def _listen(path: Path) -> socket.socket:
    try:
        with bindable_path(path) as name:
            _clear_stale(path, name)
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                listener.setblocking(False)
                listener.bind(name)
                # Between bind and listen nobody can connect, so there is no moment at which others get in.
                path.chmod(0o600)
                listener.listen(_BACKLOG)
            except OSError:
                listener.close()
                raise
    except OSError as error:
        raise ControlError(
            f"Cannot listen on {path}: {error.strerror or error}",
            hint="Look at the folder's owner and free space, or choose another home with --home.",
        ) from error
    return listener


def _clear_stale(path: Path, name: str) -> None:
    """Remove a socket that nobody listens on any more."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise ControlError(f"{path} is in the way, and is not a socket", hint="Move it elsewhere.")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        outcome = probe.connect_ex(name)
    if outcome in {errno.ECONNREFUSED, errno.ENOENT}:
        path.unlink(missing_ok=True)
        return
    raise SocketTakenError(
        f"Another daemon listens on {path}", hint="Stop it with 'nanoclaw stop', or use another --home."
    )


def _text(text: str) -> web.Response:
    return web.Response(body=text.encode(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})


def _place(request: web.Request) -> str:
    """The one parameter in the path, or ""."""
    if (channel := request.match_info.get("channel")) is not None and not re.fullmatch(CHANNEL_NAME, channel):
        raise NoSuchGroupError("No channel can have this name", hint="See `nanoclaw channels list`.")
    return next(iter(request.match_info.values()), "")
