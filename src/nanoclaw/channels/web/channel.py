"""The web channel: a server on the loopback address, from start to tidy end."""

import asyncio
import errno
import logging
import socket

from aiohttp import web

from nanoclaw.channels.contract import (
    Capabilities,
    ChannelError,
    ChannelState,
    ChannelStatus,
    Dialect,
    Surroundings,
)
from nanoclaw.channels.spool import Spool
from nanoclaw.channels.web.api import Api, require_session
from nanoclaw.channels.web.files import Files
from nanoclaw.channels.web.guard import add_headers, guard
from nanoclaw.channels.web.keys import Keys
from nanoclaw.channels.web.login import Login
from nanoclaw.channels.web.operations import Desk, Operations
from nanoclaw.channels.web.options import parse_options
from nanoclaw.channels.web.page import Page
from nanoclaw.channels.web.stream import HEARTBEAT_SECONDS, EventStreams
from nanoclaw.channels.web.wire import BODY_BYTES
from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.turns import Reply

logger = logging.getLogger(__name__)

WEB = ChannelName("web")
_ADDRESS = "127.0.0.1"
_GOODBYE_SECONDS = 2.0
_LARGEST_FILE = 1024 * 1024 * 1024


class WebChannel:
    """Chats in the owner's browser. A reply is delivered by being on disk, where every page reads it."""

    def __init__(self, *, operations: Operations | None = None, heartbeat: float = HEARTBEAT_SECONDS) -> None:
        """``operations`` is the way to the daemon's control operations; without it the page shows chats only."""
        self._operations = operations
        self._heartbeat = heartbeat
        self._state = ChannelState(status=ChannelStatus.DOWN, detail="The page was not started yet.")
        self._url: str | None = None
        self._keys: Keys | None = None

    @property
    def name(self) -> ChannelName:
        """``web``."""
        return WEB

    @property
    def capabilities(self) -> Capabilities:
        """The page shows rows by their id, so a reply that is sent again is the same message."""
        return Capabilities(
            dialect=Dialect.MARKDOWN,
            text_limit=100_000,
            idempotent=True,
            typing=True,
            streams=True,
            files=True,
            file_limit=_LARGEST_FILE,
            reactions=True,
            edits=True,
            choices=True,
        )

    def state(self) -> ChannelState:
        """Up while the port is open; then ``detail`` is the page's address, without the secret."""
        return self._state

    def login_url(self) -> str | None:
        """The link that signs a browser in; None while the page is not up. A secret: show it to the owner only."""
        if self._url is None or self._keys is None:
            return None
        return f"{self._url}/login?token={self._keys.token}"

    async def run(self, surroundings: Surroundings) -> None:
        """Serve the page until cancelled.

        Raises:
            ChannelError: the options are wrong, the port is taken, or the keys cannot be kept.
        """
        self._state = ChannelState(status=ChannelStatus.STARTING)
        try:
            options = parse_options(surroundings.options)
            keys = Keys(surroundings.directory, surroundings.clock)
            await asyncio.to_thread(keys.load)
            page = await asyncio.to_thread(Page.read)
            spool = Spool(surroundings.directory)
            await asyncio.to_thread(spool.open)
            with _listen(options.port) as door:
                await self._serve(door, surroundings, keys, page, spool)
        except ChannelError as error:
            self._state = ChannelState(status=ChannelStatus.DOWN, detail=str(error))
            raise
        except BaseException:
            self._state = ChannelState(status=ChannelStatus.DOWN, detail="The page was stopped.")
            raise
        finally:
            self._url = self._keys = None
            surroundings.state_changed()

    async def _serve(
        self, door: socket.socket, surroundings: Surroundings, keys: Keys, page: Page, spool: Spool
    ) -> None:
        port: int = door.getsockname()[1]
        streams = EventStreams(surroundings.conversations, surroundings.clock, heartbeat=self._heartbeat)
        login = Login(keys, page, surroundings.clock, port=port)
        app = web.Application(middlewares=[guard(port), require_session(login)], client_max_size=BODY_BYTES)
        app.on_response_prepare.append(add_headers)
        files = Files(spool, surroundings.conversations, surroundings.clock)
        app.add_routes(Api(WEB, surroundings, login, streams, files).routes())
        if self._operations is not None:
            app.add_routes(Desk(self._operations).routes())
        app.add_routes(_pages(login, page))
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=_GOODBYE_SECONDS, handle_signals=False)
        try:
            await runner.setup()
            await web.SockSite(runner, door).start()
            self._url, self._keys = f"http://{_ADDRESS}:{port}", keys
            self._state = ChannelState(status=ChannelStatus.UP, detail=self._url)
            surroundings.state_changed()
            logger.info("the page is up", extra={"port": port})
            await asyncio.get_running_loop().create_future()
        finally:
            streams.end()
            await runner.cleanup()

    async def send(self, reply: Reply) -> str:
        """Nothing to carry: the outbox row is what pages show, and open ones are told by its event."""
        return reply.client_id

    async def show_typing(self, address: ChatAddress, *, typing: bool) -> None:
        """Open pages see the event itself."""


def _pages(login: Login, page: Page) -> list[web.RouteDef]:
    async def chat(request: web.Request) -> web.Response:
        if login.is_signed_in(request):
            return page.chat()
        return page.refusal(403, "This browser is not signed in", "The page opens with a link that only you can get.")

    return [
        web.get("/", chat),
        web.get("/login", login.sign_in, allow_head=False),
        web.get("/static/{name}", page.static),
    ]


def _listen(port: int) -> socket.socket:
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind((_ADDRESS, port))
        door.listen(128)
    except OSError as error:
        door.close()
        taken = error.errno == errno.EADDRINUSE
        why = "another program uses it" if taken else (error.strerror or "unknown")
        raise ChannelError(
            f"The page cannot use port {port} of {_ADDRESS}: {why}",
            hint="Stop that program, or choose another port: [channels.web] port = 8788 in config.toml.",
        ) from error
    door.setblocking(False)
    return door
