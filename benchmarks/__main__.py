"""Which benchmarks run, in which order, and the summary at the end."""

import argparse
import asyncio
import os
import platform
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from benchmarks import (
    backup,
    commands,
    doctor,
    footprint,
    insight,
    intake,
    kills,
    latency,
    parallel,
    scale,
    tasks,
    whatsapp,
)
from benchmarks.figures import Figure, table
from benchmarks.installation import Place
from nanoclaw.sandboxes.contract import SandboxKind
from tools.testing.surroundings import is_forbidden

Benchmark = Callable[[], Awaitable[list[Figure]]]


def _parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="benchmarks/run", description="Measure against baselines that are taken in the same run."
    )
    parser.add_argument("names", metavar="NAME", nargs="*", help="which benchmarks (default: all)")
    parser.add_argument("--full", action="store_true", help="more rounds, 1,000 messages, 100 trials")
    parser.add_argument("--trials", type=int, help="how many kill -9 trials (default: 20; 100 with --full)")
    parser.add_argument("--seed", type=int, default=1, help="of the random kill moments (default: 1)")
    parser.add_argument("--kind", choices=["docker", "bubblewrap"], default="docker", help="the sandbox")
    parser.add_argument("--base", metavar="IMAGE", default="nanoclaw-base:bookworm", help="base of the agent image")
    return parser.parse_args(arguments)


def _benchmarks(chosen: argparse.Namespace) -> Mapping[str, Benchmark]:
    """In the order in which they run."""
    place = Place(kind=SandboxKind(chosen.kind), base_image=chosen.base)
    many = chosen.full
    count = chosen.trials or (100 if many else 20)
    return {
        "warm": lambda: latency.warm(place, 40 if many else 20),
        "cold": lambda: latency.cold(place, 8 if many else 5),
        "ahead": lambda: latency.ahead(place, 8 if many else 4),
        "parallel": lambda: parallel.parallel(place, 2 if many else 1),
        "intake": lambda: intake.intake(5 if many else 3),
        "insight": lambda: insight.insight(8 if many else 4),
        "ready": lambda: footprint.ready(place, 8 if many else 4),
        "memory": lambda: footprint.memory(place, 1000 if many else 200),
        "scale": lambda: scale.scale(place, 1_000, 1_000_000),
        "tasks": lambda: tasks.tasks(place, 10_000),
        "whatsapp": lambda: whatsapp.whatsapp(place, 40 if many else 20, 10_000),
        "commands": lambda: commands.commands(place, 12 if many else 8),
        "doctor": lambda: doctor.doctor(place, 8 if many else 5),
        "backup": lambda: backup.backup(5 if many else 3),
        "backup-kills": lambda: backup.backup_kills(count, chosen.seed),
        # The trials look at the engine's own list of containers.
        "kills": lambda: kills.kills(replace(place, kind=SandboxKind.DOCKER), count, chosen.seed),
    }


async def _run(chosen: argparse.Namespace) -> list[Figure]:
    benchmarks = _benchmarks(chosen)
    unknown = [name for name in chosen.names if name not in benchmarks]
    if unknown:
        raise SystemExit(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(benchmarks)}")
    figures: list[Figure] = []
    for name in chosen.names or benchmarks:
        began = time.monotonic()
        print(f"== {name}", flush=True)
        try:
            found = await benchmarks[name]()
        except Exception as error:  # noqa: BLE001 - the boundary between one benchmark and the next; shown in the summary
            print(f"  {error!r}")
            found = [Figure(benchmark=name, what="did not end", measured=type(error).__name__, met=False)]
        figures += found
        for figure in found:
            print(f"  {figure.what}: {figure.measured} {figure.target and f'[{figure.target}] '}{figure.verdict}")
        print(f"  ({time.monotonic() - began:.0f} s; load {os.getloadavg()[0]:.1f})", flush=True)
    return figures


def main() -> int:
    """0 when every target was met."""
    chosen = _parse()
    for name in [name for name in os.environ if is_forbidden(name)]:
        del os.environ[name]
    figures = asyncio.run(_run(chosen))
    print(f"\n{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}")
    print(table(figures))
    return int(any(figure.met is False for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
