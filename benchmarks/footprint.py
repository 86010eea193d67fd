"""The daemon's own weight: ready after a start, memory at rest, memory over many messages."""

import asyncio
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.figures import Figure, ratio, sample
from benchmarks.installation import Installation, Place, installation
from benchmarks.scripted import scripted_model

_READY_SECONDS = 1.5
_IDLE_MB = 120.0
_GROWTH_MB = 5.0
_GROUPS = 4
_SETTLED_SHARE = 0.3
_REST_SECONDS = 2
_WEB = "[channels.web]\nport = 0\n"
_LIBRARIES = "import aiohttp, apsw, claude_agent_sdk, pydantic"
_WEIGH = f"{_LIBRARIES}; print(open('/proc/self/status').read())"


async def ready(place: Place, rounds: int) -> list[Figure]:
    """Start to first answer, against an interpreter that imports the same libraries, turn about."""
    ours, bare, worked = [], [], []
    async with scripted_model() as model, installation(place, model.url, _WEB) as daemon:
        await daemon.start()
        await daemon.stop()
        for _ in range(rounds):
            ours.append(await daemon.start())
            worked.append(processor_seconds(daemon.pid))
            await daemon.stop()
            began = time.perf_counter()
            await asyncio.to_thread(_python, _LIBRARIES, daemon.environment)
            bare.append(time.perf_counter() - began)
    mine, its = sample(ours), sample(bare)
    return [
        Figure(
            benchmark="ready",
            what="start to first answer, s",
            measured=str(mine),
            target=f"<= {_READY_SECONDS} s",
            met=mine.median <= _READY_SECONDS,
        ),
        Figure(
            benchmark="ready",
            what="interpreter and the same libraries, s",
            measured=f"{its} (ratio {ratio(mine, its):.2f})",
        ),
        Figure(benchmark="ready", what="processor time of the daemon until then, s", measured=str(sample(worked))),
    ]


async def memory(place: Place, messages: int) -> list[Figure]:
    """Resident memory at rest and after every tenth of the messages; the first third may warm up."""
    async with scripted_model() as model, installation(place, model.url, _WEB) as daemon:
        await daemon.start()
        await asyncio.sleep(_REST_SECONDS)
        idle = resident(daemon.pid)
        bare = _megabytes(await asyncio.to_thread(_python, _WEIGH, daemon.environment))
        for number in range(_GROUPS):
            await daemon.add_group(f"group-{number}")
        course = [await _weight_after(daemon, messages // 10, tenth) for tenth in range(10)]
    settled = course[int(len(course) * _SETTLED_SHARE)]
    growth = course[-1] - settled
    return [
        Figure(
            benchmark="memory",
            what="daemon at rest, MB",
            measured=f"{idle:.1f} (ratio {idle / bare:.2f} to its libraries, {bare:.1f})",
            target=f"<= {_IDLE_MB:.0f} MB",
            met=idle <= _IDLE_MB,
        ),
        Figure(
            benchmark="memory",
            what=f"over {messages} messages, MB",
            measured=" ".join(f"{one:.0f}" for one in course),
        ),
        Figure(
            benchmark="memory",
            what="growth over the last 60 %, MB",
            measured=f"{growth:+.1f}",
            target=f"<= {_GROWTH_MB:g} MB",
            met=growth <= _GROWTH_MB,
        ),
    ]


async def _weight_after(daemon: Installation, messages: int, part: int) -> float:
    async def write(group: int) -> None:
        for number in range(messages // _GROUPS):
            await daemon.answered(f"message {part}-{number}", group=f"group-{group}")

    async with asyncio.TaskGroup() as tasks:
        for group in range(_GROUPS):
            tasks.create_task(write(group), name=f"writer-{group}")
    return resident(daemon.pid)


def processor_seconds(pid: int) -> float:
    """User and system time of one process, without its children's."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> float:
    """Resident memory of one process, in megabytes."""
    return _megabytes(Path(f"/proc/{pid}/status").read_text())


def _megabytes(status: str) -> float:
    match = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(match[1]) * 1024 / 1e6 if match else 0.0


def _python(code: str, environment: dict[str, str]) -> str:
    return subprocess.run(
        [sys.executable, "-P", "-c", code], env=environment, capture_output=True, text=True, check=True
    ).stdout
