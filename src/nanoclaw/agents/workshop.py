"""Makes agents. Loading the Claude Agent SDK takes a second or two: beside the daemon's start, not in it."""

import asyncio
from typing import TYPE_CHECKING

from nanoclaw.agents.workbench import Workbench
from nanoclaw.model.groups import Group
from nanoclaw.model.turns import Lane

if TYPE_CHECKING:
    from nanoclaw.agents.agent import Agent
    from nanoclaw.agents.launch import Launcher
    from nanoclaw.agents.scripts import ScriptResult


class Workshop:
    """Has the SDK loaded once, by whoever needs it first."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._opening = asyncio.Lock()
        self._launcher: Launcher | None = None

    async def open(self) -> "Launcher":
        """Load what agents need, without holding up the event loop; at once when that has been done."""
        async with self._opening:
            if self._launcher is None:
                self._launcher = await asyncio.to_thread(self._load)
            return self._launcher

    async def make(self, group: Group, lane: Lane) -> "Agent":
        """An agent for a group and one of its conversations, not started yet."""
        launcher = await self.open()
        from nanoclaw.agents.agent import Agent  # noqa: PLC0415 - loaded by now

        start_seconds = self._bench.settings.agents.start_seconds
        return Agent(group, launcher, self._bench.clock, lane=lane, start_seconds=start_seconds)

    async def run_script(self, group: Group, script: str) -> "ScriptResult":
        """Run a task's script in a sandbox of its group."""
        launcher = await self.open()
        from nanoclaw.agents.scripts import run_script  # noqa: PLC0415 - loaded by now

        return await run_script(launcher, group, script)

    def _load(self) -> "Launcher":
        from nanoclaw.agents import agent, launch  # noqa: F401, PLC0415 - see above

        return launch.Launcher(self._bench)
