"""How long commands take, against an interpreter that does nothing; and what the launcher adds."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.figures import Figure, ratio, sample
from benchmarks.installation import Installation, Place, installation
from benchmarks.scripted import scripted_model

_SECONDS = 0.4
_LAUNCHER_SECONDS = 0.05
_ROOT = Path(__file__).resolve().parents[1]
_COMMANDS: dict[str, tuple[str, ...]] = {
    "--version": ("--version",),
    "status": ("status",),
    "groups list": ("groups", "list"),
    "messages list": ("messages", "list"),
    "send --wait 0": ("send", "--wait", "0", "hello"),
}


async def commands(place: Place, rounds: int) -> list[Figure]:
    """Each command in turn, an idle interpreter, and the launcher, in every round."""
    async with scripted_model() as model, installation(place, model.url) as daemon:
        await daemon.start()
        await daemon.answered("hello")
        times = await asyncio.to_thread(_measure, daemon, rounds)
    idle = sample(times["nothing"])
    figures = []
    for name in _COMMANDS:
        mine = sample(times[name])
        figures.append(
            Figure(
                benchmark="commands",
                what=f"{name}, s",
                measured=f"{mine} (ratio {ratio(mine, idle):.1f})",
                target=f"<= {_SECONDS} s",
                met=mine.median <= _SECONDS,
            )
        )
    figures.append(Figure(benchmark="commands", what="python -c pass, s", measured=str(idle)))
    if times["launched"]:
        added = sample(times["launched"]).median - sample(times["direct"]).median
        figures.append(
            Figure(
                benchmark="commands",
                what="added by the launcher ./nanoclaw",
                measured=f"{added * 1000:.1f} ms",
                target=f"< {_LAUNCHER_SECONDS * 1000:.0f} ms",
                met=added < _LAUNCHER_SECONDS,
            )
        )
    return figures


def _measure(daemon: Installation, rounds: int) -> dict[str, list[float]]:
    python = _ROOT / ".venv" / "bin" / "python"
    todo: dict[str, Sequence[str]] = {name: [*daemon.command, *parts] for name, parts in _COMMANDS.items()}
    todo["nothing"] = [sys.executable, "-P", "-c", "pass"]
    if python.exists():
        todo["launched"] = [str(_ROOT / "nanoclaw"), "--version"]
        todo["direct"] = [str(python), "-P", "-m", "nanoclaw", "--version"]
    times: dict[str, list[float]] = {name: [] for name in (*todo, "launched", "direct")}
    for number in range(rounds + 1):
        for name, command in todo.items():
            began = time.perf_counter()
            subprocess.run(command, env=daemon.environment, capture_output=True, check=True)
            if number:  # the first round only warms the file cache
                times[name].append(time.perf_counter() - began)
    return times
