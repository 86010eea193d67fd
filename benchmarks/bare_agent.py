"""The baseline of the latencies: the same ``claude``, sandbox and options, and nothing else of ours.

No store, no dispatch, no control API; in place of the gateway, bytes are handed on to the model unread.
"""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from claude_agent_sdk import ClaudeSDKClient, ResultMessage

from benchmarks.installation import Place, sandbox_for
from benchmarks.scripted import Model
from nanoclaw.agents.launch import Launch, Launcher
from nanoclaw.agents.tools.contract import Caller
from nanoclaw.agents.workbench import Workbench
from nanoclaw.gateway.gateway import MODEL_SOCKET, PROXY_SOCKET, Gateway
from nanoclaw.gateway.sockets import Owner, listen_in
from nanoclaw.model.clock import SystemClock
from nanoclaw.model.groups import Group, GroupFolder, GroupId
from nanoclaw.model.turns import Lane
from nanoclaw.sandboxes.preparation import Preparation
from nanoclaw.settings.home import Home
from nanoclaw.settings.load import load_settings

_CHUNK = 65_536


class Pipe:
    """A door that hands bytes on without looking at them."""

    def __init__(self, server: asyncio.Server, folder: Path) -> None:
        self._server = server
        self._folder = folder

    async def close(self) -> None:
        """Shut it."""
        self._server.close()
        for name in (MODEL_SOCKET, PROXY_SOCKET):
            (self._folder / name).unlink(missing_ok=True)


class Pipes:
    """Stands where the gateway stands."""

    def __init__(self, model_url: str) -> None:
        self._target = urlsplit(model_url)

    async def open(self, _group: GroupFolder, directory: Path, owner: Owner | None) -> Pipe:
        """The same sockets at the same place."""
        model, _proxy = listen_in(directory, (MODEL_SOCKET, PROXY_SOCKET), owner)
        return Pipe(await asyncio.start_unix_server(self._serve, sock=model.socket), directory)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up, down = await asyncio.open_connection(self._target.hostname, self._target.port)
        await asyncio.gather(_copy(reader, down), _copy(up, writer))


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(_CHUNK):
            sink.write(data)
            await sink.drain()
    sink.close()


@dataclass(slots=True)
class BareAgent:
    """A client of the SDK, connected or not yet."""

    launch: Launch
    client: ClaudeSDKClient

    async def ask(self, text: str) -> float:
        """Have a prompt answered; the wall-clock moment, in seconds, before it was given."""
        began = Model.now()
        await self.give(text)
        return began

    async def give(self, text: str) -> None:
        """Have a prompt answered."""
        await self.client.query(text)
        async for message in self.client.receive_response():
            if isinstance(message, ResultMessage) and message.is_error:
                raise RuntimeError(f"the bare agent failed: {message.subtype}")

    async def ask_cold(self, text: str) -> float:
        """Like :meth:`ask`, with the start of the sandbox and the program in it."""
        began = Model.now()
        await self.client.connect()
        await self.give(text)
        return began


class BareAgents:
    """Makes them, each in a group folder of its own."""

    def __init__(self, place: Place, folder: Path, model_url: str) -> None:
        home = Home(folder / "home")
        home.create()
        home.config.write_text(place.config())
        self._preparation = Preparation(sandbox_for(place, folder / "state"), SystemClock())
        bench = Workbench(
            home=home,
            settings=load_settings(home),
            preparation=self._preparation,
            gateway=cast("Gateway", Pipes(model_url)),
            clock=SystemClock(),
            installation="bare-000",
        )
        self._launcher = Launcher(bench)
        self._count = 0

    @asynccontextmanager
    async def agent(self) -> AsyncIterator[BareAgent]:
        """One whose folders and sockets are ready; not connected. It has ended afterwards."""
        self._count += 1
        folder = GroupFolder(f"bare-{self._count}")
        group = Group(
            id=GroupId(self._count), folder=folder, name=folder, trigger="@x", requires_trigger=False, is_main=False
        )
        launch = await self._launcher.launch(
            group, Lane.GROUP, None, lambda: Caller(group=group, turn=None, address=None)
        )
        client = ClaudeSDKClient(launch.options)
        try:
            yield BareAgent(launch, client)
        finally:
            await client.disconnect()
            await launch.start.end()

    async def prepare(self) -> None:
        """Build the image if it must be."""
        await self._preparation.ready()


@asynccontextmanager
async def bare_agents(place: Place, model_url: str) -> AsyncIterator[BareAgents]:
    """In a folder that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="nanoclaw-bare-"))
    try:
        made = BareAgents(place, folder, model_url)
        await made.prepare()
        yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)
