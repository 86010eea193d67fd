"""What figures and profiles cost."""

import asyncio
import time

from benchmarks.figures import Figure, sample
from nanoclaw.events.measures import Measure
from nanoclaw.operations.figures.counting import Counting
from nanoclaw.operations.profiling.profiler import Profiler

_EVENTS = 100_000
_EVENT_MICROSECONDS = 1.0
_LOOK_SECONDS = 3.0


async def insight(rounds: int) -> list[Figure]:
    """One observation; and the share of a processor that a profile takes by looking."""
    counting, costs = Counting(), []
    for _ in range(rounds):
        began = time.perf_counter()
        for _ in range(_EVENTS):
            counting(Measure.COMMIT, 0.003, "messages")
        costs.append((time.perf_counter() - began) / _EVENTS * 1e6)
    found = sample(costs)
    profile = await Profiler(asyncio.get_running_loop()).processor(_LOOK_SECONDS)
    return [
        Figure(
            benchmark="insight",
            what="one observation, µs",
            measured=str(found),
            target=f"<= {_EVENT_MICROSECONDS:.0f} µs",
            met=found.median <= _EVENT_MICROSECONDS,
        ),
        Figure(
            benchmark="insight",
            what="profile cpu: looking, share of a processor",
            measured=f"{profile.cost / profile.seconds:.1%}",
        ),
    ]
