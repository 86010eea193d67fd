"""When the daemon is killed: each moment is recognised by what can be seen from outside, as exactly as that allows."""

import asyncio
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from enum import StrEnum
from typing import assert_never

from benchmarks.installation import Installation
from benchmarks.scripted import Model
from nanoclaw.control.client import Document
from nanoclaw.control.errors import ControlError

_SECONDS = 60
_RANDOM_WITHIN = 2.5


class Moment(StrEnum):
    """What the daemon was doing when it was killed."""

    STORED = "message stored"
    ACKNOWLEDGED = "message acknowledged"
    CONTAINER_CREATED = "container created"
    CONTAINER_STARTED = "container started"
    MODEL_CALL_COLD = "first model call"
    MODEL_CALL_WARM = "model call of a running agent"
    WRITING = "answer being written"
    ANSWERED = "reply in the outbox"
    SENT = "reply just sent"
    RANDOM_COLD = "random, agent not running"
    RANDOM_WARM = "random, agent running"
    RANDOM_TWICE = "random, twice"

    @property
    def is_warm(self) -> bool:
        """The agent runs already when the message comes."""
        return self in {Moment.MODEL_CALL_WARM, Moment.SENT, Moment.RANDOM_WARM}


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
        match moment:
            case Moment.ACKNOWLEDGED:
                ready.set()
            case Moment.STORED:
                await self._on_event(pid, group, ready, lambda event: event["kind"] == "message")
            case Moment.CONTAINER_CREATED:
                await self._on_container(pid, ready, "create")
            case Moment.CONTAINER_STARTED:
                await self._on_container(pid, ready, "start")
            case Moment.MODEL_CALL_COLD | Moment.MODEL_CALL_WARM:
                ready.set()
                await self._model.asked_about(text)
                os.kill(pid, signal.SIGKILL)
            case Moment.WRITING:
                await self._on_event(pid, group, ready, lambda event: event["kind"] == "text")
            case Moment.ANSWERED:
                await self._on_event(pid, group, ready, lambda event: event["state"] == "answered")
            case Moment.SENT:
                await self._on_event(pid, group, ready, lambda event: event["kind"] == "reply")
            case Moment.RANDOM_COLD | Moment.RANDOM_WARM | Moment.RANDOM_TWICE:
                ready.set()
                within = 0.5 if moment.is_warm else _RANDOM_WITHIN
                await asyncio.sleep(self._chance.uniform(0, within))
                os.kill(pid, signal.SIGKILL)
            case _:
                assert_never(moment)

    async def _on_event(self, pid: int, group: str, ready: asyncio.Event, wanted: Callable[[Document], bool]) -> None:
        """In a thread of its own, which kills as soon as it has read the event."""
        loop = asyncio.get_running_loop()

        def watch() -> None:
            with suppress(ControlError):
                for event in self._daemon.client.stream_events(group):
                    if not event:
                        loop.call_soon_threadsafe(ready.set)
                    elif wanted(event):
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
