"""How long a whole examination takes: beside a living assistant, after it, and on a broken and a missing home."""

import asyncio
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.figures import Figure, sample
from benchmarks.installation import Installation, Place, installation
from benchmarks.scripted import scripted_model

_SECONDS = 3.0


async def doctor(place: Place, rounds: int) -> list[Figure]:
    """The command with everything it starts, as a person waits for it."""
    figures = []
    async with scripted_model() as model, installation(place, model.url) as daemon:
        await daemon.start()
        await daemon.answered("hello")
        figures.append(await _measured("with an agent running", daemon, rounds, daemon.home.root))
        await daemon.stop()
        figures.append(await _measured("while it is down", daemon, rounds, daemon.home.root))
        daemon.home.config.write_text("[assistant\n")
        figures.append(await _measured("with a broken configuration", daemon, rounds, daemon.home.root))
        figures.append(await _measured("without a home", daemon, rounds, daemon.home.root / "none"))
    return figures


async def _measured(what: str, daemon: Installation, rounds: int, home: Path) -> Figure:
    times = sample([await asyncio.to_thread(_once(daemon, home)) for _ in range(rounds)])
    return Figure(
        benchmark="doctor",
        what=f"doctor {what}, s",
        measured=str(times),
        target=f"< {_SECONDS:g} s",
        met=times.median < _SECONDS,
    )


def _once(daemon: Installation, home: Path) -> Callable[[], float]:
    python, *rest = daemon.command[: daemon.command.index("--home")]

    def run() -> float:
        began = time.perf_counter()
        command = [python, *rest, "--home", str(home), "doctor", "--json"]
        ran = subprocess.run(command, env=daemon.environment, capture_output=True, check=False)
        taken = time.perf_counter() - began
        assert ran.returncode in {0, 1, 2}, ran.stderr.decode()
        return taken

    return run
