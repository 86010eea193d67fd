"""The whole network in one object: what tests start, act through, and look at."""

import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.fakes.whatsapp_network.addresses import LID, PHONE, Address
from tests.fakes.whatsapp_network.certificates import certify
from tests.fakes.whatsapp_network.connection import Connection
from tests.fakes.whatsapp_network.groups import Group
from tests.fakes.whatsapp_network.journal import Receipt, Sent, Typing
from tests.fakes.whatsapp_network.nodes import Node
from tests.fakes.whatsapp_network.people import Contact
from tests.fakes.whatsapp_network.proxy import Proxy
from tests.fakes.whatsapp_network.telephone import Telephone
from tests.fakes.whatsapp_network.trust import write_sitecustomize
from tests.fakes.whatsapp_network.world import World

OWNER_PHONE = "491700000001"
OWNER_LID = "111100000000001"


class WhatsAppNetwork:
    """``async with WhatsAppNetwork(folder) as network``; the folder is for the certificate and what trusts it."""

    def __init__(self, folder: Path) -> None:
        self.world = World()
        self.faults = self.world.faults
        self.journal = self.world.journal
        self.phone = Telephone(self.world, name="Owner", phone=Address(OWNER_PHONE, PHONE), lid=Address(OWNER_LID, LID))
        self.world.accounts.append(self.phone)
        self._folder = folder
        self._runner: web.AppRunner | None = None
        self._proxy: Proxy | None = None
        self._environment: dict[str, str] = {}

    async def __aenter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        trusted, context = certify(self._folder)
        application = web.Application(client_max_size=1 << 30)
        application.router.add_get("/ws/chat", self._chat)
        application.add_routes(self.world.media.routes())
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        self._proxy = Proxy(self.faults, self._runner.addresses[0][1])
        await self._proxy.start()
        self._environment = {
            "SSL_CERT_FILE": str(trusted),
            "HTTPS_PROXY": self._proxy.url,
        }
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner
        assert self._proxy
        self.cut()
        await self._proxy.stop()
        await self._runner.cleanup()

    def environment(self, before: Mapping[str, str] | None = None) -> dict[str, str]:
        """``before`` with what a client, or a daemon that starts one, needs; a ``PYTHONPATH`` is kept behind ours."""
        given = before or {}
        trusting = str(write_sitecustomize(self._folder, self.world.authority.root))
        path = os.pathsep.join(filter(None, [trusting, given.get("PYTHONPATH", "")]))
        return {**given, **self._environment, "PYTHONPATH": path}

    def contact(self, name: str, phone: str, lid: str) -> Contact:
        """Somebody new. Both ids are digits."""
        contact = Contact(self.world, name=name, phone=Address(phone, PHONE), lid=Address(lid, LID))
        self.world.accounts.append(contact)
        return contact

    def group(self, name: str, members: Sequence[Contact], addressing: str = LID) -> Group:
        """A new group of the owner's and these."""
        return Group(self.world, name, members, addressing)

    @property
    def sent(self) -> list[Sent]:
        """Every message of the client that arrived, in order."""
        return self.journal.sent

    @property
    def receipts(self) -> list[Receipt]:
        """Every receipt of the client."""
        return self.journal.receipts

    @property
    def presences(self) -> list[str]:
        """``available`` and ``unavailable``, in the order in which the client said so."""
        return self.journal.presences

    @property
    def typing(self) -> list[Typing]:
        """Where the client showed that it writes."""
        return self.journal.typing

    @property
    def refused(self) -> list[str]:
        """Hosts that the client wanted to reach, and the proxy did not let it."""
        assert self._proxy
        return self._proxy.refused

    async def next_sent(self, seconds: float = 15) -> Sent:
        """The oldest message of the client that was not handed out yet.

        Raises:
            TimeoutError: none came in time.
        """
        return await self.journal.next_sent(seconds)

    def fail_logins(self, code: int, /, **more: str | int) -> None:
        """From now on: 401 and 403 log a device out, 402 bans it (``code=``, ``expire=`` in seconds), 405: outdated.

        503 asks it to come again later. What is connected stays so: see ``cut``.
        """
        self.faults.login = {"reason": code, **more}

    def let_in(self) -> None:
        """Logins work again."""
        self.faults.login = None

    async def stream_error(self, code: int = 0, conflict: str = "") -> None:
        """End every connection: 515 wants a new login, ``conflict="replaced"`` says that another has taken over."""
        parts = [Node("conflict", {"type": conflict})] if conflict else None
        for line in list(self.world.online()):
            await line.end(Node("stream:error", {"code": code or ""}, parts))

    async def send_garbage(self, size: int = 100) -> None:
        """Send every client a frame that holds no stanza."""
        for line in list(self.world.online()):
            await line.garble(secrets.token_bytes(size))

    def go_down(self) -> None:
        """The network is away: what is connected is cut, and the proxy refuses."""
        self.faults.unreachable = True
        self.cut()

    def come_back(self) -> None:
        """The network is there again."""
        self.faults.unreachable = False

    def cut(self) -> None:
        """Cut all connections without a farewell."""
        assert self._proxy
        self._proxy.cut()

    async def _chat(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(timeout=1, compress=False, max_msg_size=0)
        await socket.prepare(request)
        try:
            await Connection(self.world, socket).serve()
        except* ConnectionError:
            pass
        except* Exception as problems:  # noqa: BLE001 - whatever it is, a test finds it in the journal
            self.journal.problems += [repr(problem) for problem in problems.exceptions]
        return socket
