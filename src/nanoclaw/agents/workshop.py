"""Makes agents. Loading the Claude Agent SDK takes a second or two: beside the daemon's start, not in it."""

import asyncio
from typing import TYPE_CHECKING

from nanoclaw.gateway.gateway import Gateway
from nanoclaw.model.clock import Clock
from nanoclaw.model.groups import Group
from nanoclaw.sandboxes.preparation import Preparation
from nanoclaw.settings.home import Home
from nanoclaw.settings.schema import Settings

if TYPE_CHECKING:
    from nanoclaw.agents.agent import Agent
    from nanoclaw.agents.launch import Launcher


class Workshop:
    """What every agent of an installation is made with."""

    def __init__(
        self,
        home: Home,
        settings: Settings,
        preparation: Preparation,
        gateway: Gateway,
        clock: Clock,
        *,
        installation: str,
    ) -> None:
        self._home = home
        self._settings = settings
        self._preparation = preparation
        self._gateway = gateway
        self._clock = clock
        self._installation = installation
        self._opening = asyncio.Lock()
        self._launcher: Launcher | None = None

    async def open(self) -> "Launcher":
        """Load what agents need, without holding up the event loop; at once when that has been done."""
        async with self._opening:
            if self._launcher is None:
                self._launcher = await asyncio.to_thread(self._load)
            return self._launcher

    async def make(self, group: Group) -> "Agent":
        """An agent for a group, not started yet."""
        launcher = await self.open()
        from nanoclaw.agents.agent import Agent  # noqa: PLC0415 - loaded by now

        return Agent(group, launcher, self._clock, start_seconds=self._settings.agents.start_seconds)

    def _load(self) -> "Launcher":
        from nanoclaw.agents import agent, launch  # noqa: F401, PLC0415 - see above

        return launch.Launcher(
            self._home,
            self._settings,
            self._preparation,
            self._gateway,
            self._clock,
            installation=self._installation,
        )
