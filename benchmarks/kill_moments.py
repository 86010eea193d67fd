"""When the daemon is killed: each moment is recognised by what can be seen from outside, as exactly as that allows."""

import asyncio
import os
import random
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import StrEnum

from benchmarks.installation import Installation
from benchmarks.scripted import Model
from nanoclaw.control.errors import ControlError

_SECONDS = 60
_TOOL_SECONDS = 0.4


class Moment(StrEnum):
    """What the daemon was doing when it was killed."""

    STORED = "message stored"
    ACKNOWLEDGED = "message acknowledged"
    CONTAINER_CREATED = "container created"
    CONTAINER_STARTED = "container started"
    MODEL_CALL_COLD = "first model call"
    MODEL_CALL_WARM = "model call of a running agent"
    WRITING = "answer being written"
    TOOL = "tool running"
    ANSWERED = "reply in the outbox"
    SENT = "reply just sent"
    RANDOM_COLD = "random, agent not running"
    RANDOM_WARM = "random, agent running"
    RANDOM_TWICE = "random, twice"
    BURST = "random, several messages"

    @property
    def is_warm(self) -> bool:
        """The agent runs already when the message comes."""
        return self in {Moment.MODEL_CALL_WARM, Moment.SENT, Moment.RANDOM_WARM}


_EVENTS = {
    Moment.STORED: ("kind", "message"),
    Moment.WRITING: ("kind", "text"),
    Moment.TOOL: ("kind", "tool"),
    Moment.ANSWERED: ("state", "answered"),
    Moment.SENT: ("kind", "reply"),
}
"""The live event that tells of a moment: a field of it and what that says."""

_TURN_SECONDS = {Moment.RANDOM_COLD: 3.0, Moment.RANDOM_WARM: 0.8, Moment.RANDOM_TWICE: 3.0, Moment.BURST: 2.0}
"""Random moments fall into this long after the message."""

_CONTAINER_EVENTS = {Moment.CONTAINER_CREATED: "create", Moment.CONTAINER_STARTED: "start"}


class Killer:
    """Ends one daemon, at the moment chosen."""

    def __init__(self, daemon: Installation, model: Model, chance: random.Random) -> None:
        self._daemon = daemon
        self._model = model
        self._chance = chance

    @asynccontextmanager
    async def armed(self, moment: Moment, group: str, text: str) -> AsyncIterator[None]:
        """The daemon is killed while or after the ``with`` block runs; when this returns, it is dead."""
        pid = self._daemon.pid
        ready = asyncio.Event()
        async with asyncio.timeout(_SECONDS), asyncio.TaskGroup() as tasks:
            tasks.create_task(self._kill_at(moment, group, text, pid, ready), name="killer")
            await ready.wait()
            yield
            if moment is Moment.ACKNOWLEDGED:
                os.kill(pid, signal.SIGKILL)
        await self._daemon.kill()

    async def _kill_at(self, moment: Moment, group: str, text: str, pid: int, ready: asyncio.Event) -> None:
        if moment in _EVENTS:
            await self._on_event(pid, group, ready, moment)
            return
        if moment in _CONTAINER_EVENTS:
            await self._on_container(pid, ready, _CONTAINER_EVENTS[moment])
            return
        ready.set()
        if moment in {Moment.MODEL_CALL_COLD, Moment.MODEL_CALL_WARM}:
            await self._model.asked_about(text)
        elif moment is not Moment.ACKNOWLEDGED:
            await asyncio.sleep(self._chance.uniform(0, _TURN_SECONDS[moment]))
        if moment is not Moment.ACKNOWLEDGED:
            os.kill(pid, signal.SIGKILL)

    async def _on_event(self, pid: int, group: str, ready: asyncio.Event, moment: Moment) -> None:
        """In a thread of its own, which kills as soon as it has read the event."""
        loop = asyncio.get_running_loop()
        field, value = _EVENTS[moment]

        def watch() -> None:
            with suppress(ControlError):
                for event in self._daemon.client.stream_events(group):
                    if not event:
                        loop.call_soon_threadsafe(ready.set)
                    elif event[field] == value:
                        # The event tells that the tool was asked for; it starts a moment later.
                        time.sleep(_TOOL_SECONDS if moment is Moment.TOOL else 0)
                        os.kill(pid, signal.SIGKILL)
                        return

        await asyncio.to_thread(watch)

    async def _on_container(self, pid: int, ready: asyncio.Event, action: str) -> None:
        process = await asyncio.create_subprocess_exec(
            *("docker", "events", "--since", f"{time.time_ns() / 1e9:.3f}", "--filter", self._daemon.label),
            *("--filter", f"event={action}", "--format", "{{.ID}}"),
            stdout=asyncio.subprocess.PIPE,
            env=self._daemon.environment,
        )
        assert process.stdout is not None
        try:
            ready.set()
            await process.stdout.readline()
            os.kill(pid, signal.SIGKILL)
        finally:
            process.terminate()
            await process.wait()
