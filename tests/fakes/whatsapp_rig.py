"""A real WhatsApp child and its keeper at a loopback network, with an account linked: what a test says and hears."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar

from nanoclaw.channels.whatsapp import link
from nanoclaw.channels.whatsapp.child_contract import Heard
from nanoclaw.channels.whatsapp.keeper import Keeper, Patience
from nanoclaw.model.clock import SystemClock
from tests.fakes.whatsapp_network.server import WhatsAppNetwork

_Kind = TypeVar("_Kind", bound=link.Line)


class Rig:
    """What came out of the keeper, in order; incoming messages are kept at once unless ``keeps`` is off."""

    def __init__(self, network: WhatsAppNetwork, keeper: Keeper, folder: Path) -> None:
        self.network = network
        self.keeper = keeper
        self.folder = folder
        self.heard: list[Heard] = []
        self.keeps = True
        self._changed = asyncio.Condition()

    async def hear(self) -> None:
        """Listen for ever."""
        async for said in self.keeper.events():
            if isinstance(said, link.Incoming) and self.keeps:
                await self.keeper.kept(said.number)
            async with self._changed:
                self.heard.append(said)
                self._changed.notify_all()

    @property
    def incoming(self) -> list[link.Incoming]:
        """All messages, reactions and so on."""
        return [said for said in self.heard if isinstance(said, link.Incoming)]

    @property
    def texts(self) -> list[str]:
        """The texts of all of them."""
        return [said.text for said in self.incoming]

    async def until(self, holds: Callable[[], bool], seconds: float = 20) -> None:
        """Wait until it holds; looked at whenever something was heard.

        Raises:
            TimeoutError: it did not.
        """
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(holds)

    async def next(self, kind: type[_Kind], holds: Callable[[_Kind], bool] = lambda _: True, since: int = 0) -> _Kind:
        """The first of this kind, among what was heard from ``since`` on and what comes."""
        found: list[_Kind] = []

        def look() -> bool:
            found.extend(said for said in self.heard[since:] if isinstance(said, kind) and holds(said))
            return bool(found)

        await self.until(look)
        return found[0]

    async def state(self, state: str, since: int = 0) -> link.Standing:
        """Wait for the client to be in this state."""
        return await self.next(link.Standing, lambda said: said.state == state, since)

    async def write(self, text: str, *, client_id: str = "c1", chat: str = "491701112223@s.whatsapp.net") -> link.Done:
        """Send a text."""
        return await self.keeper.order(link.Write(order=0, client_id=client_id, chat=chat, text=text))

    async def link(self) -> None:
        """Link the account, by QR code."""
        await self.keeper.order(link.Pair(order=0))
        code = await self.next(link.Code)
        await self.network.phone.scan(code.qr)
        await self.state("connected")

    async def rests(self) -> None:
        """Wait until there is no child.

        Raises:
            TimeoutError: there is one after ten seconds.
        """
        async with asyncio.timeout(10):
            while self.keeper.pid:  # noqa: ASYNC110 - nothing is said of it
                await asyncio.sleep(0.05)

    def kill(self) -> None:
        """End the child at once."""
        with suppress(ProcessLookupError):
            os.kill(self.keeper.pid, 9)


@asynccontextmanager
async def rig(folder: Path, *, linked: bool = True, patience: Patience | None = None) -> AsyncIterator[Rig]:
    """A network, and a child at it."""
    home = folder / "whatsapp"
    home.mkdir(parents=True, exist_ok=True)
    async with WhatsAppNetwork(folder / "network") as network:
        environment = network.environment({"PATH": os.defpath, "HOME": str(folder)})
        keeper = Keeper(home, environment=environment, clock=SystemClock(), patience=patience)
        one = Rig(network, keeper, home)
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(keeper.run(), name="keeper"), tasks.create_task(one.hear(), name="ears")]
            try:
                if linked:
                    await one.link()
                yield one
            finally:
                for task in running:
                    task.cancel()
