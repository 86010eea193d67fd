"""Ten groups are written to at the same moment; five agents may live at once."""

import asyncio
import time
from dataclasses import dataclass

from benchmarks.figures import Figure, sample
from benchmarks.installation import Installation, Place, installation
from benchmarks.scripted import scripted_model
from nanoclaw.stub_model.script import Rule, Script

_GROUPS = 10
_AT_ONCE = 5
_MODEL_MS = 500
_GAP_SECONDS = 1.0
_WAIT_SECONDS = 60.0
_BUSY_SECONDS = 0.2
_SPANS = """SELECT t.started_at, t.finished_at, c.address FROM turns t JOIN chats c ON c.id = t.chat_id
    WHERE c.address LIKE '{}-%' AND t.state = 'answered'"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    together: float
    alone: float
    answered: int
    gaps: list[float]
    waits: list[float]
    """How long each of the groups was not answered that wrote once while as many as there are places never ceased."""


async def parallel(place: Place, rounds: int) -> list[Figure]:
    """All at once, against one after the other, each on a daemon of its own; every agent is started anew."""
    found = [await _round(place) for _ in range(rounds)]
    ours, base = sample([one.together for one in found]), sample([one.alone for one in found])
    answered = sum(one.answered for one in found)
    gaps = [gap for one in found for gap in one.gaps]
    return [
        Figure(
            benchmark="parallel",
            what=f"{_GROUPS} groups at once, all answered",
            measured=f"{answered} of {_GROUPS * rounds}",
            target="all",
            met=answered == _GROUPS * rounds,
        ),
        Figure(benchmark="parallel", what="at once, s", measured=str(ours)),
        Figure(benchmark="parallel", what="one after the other, s", measured=str(base)),
        Figure(
            benchmark="parallel",
            what="share of the time one after the other",
            measured=f"{ours.median / base.median:.2f}",
            target="< 1",
            met=ours.median < base.median,
        ),
        Figure(
            benchmark="parallel",
            what="place given up to next turn begun, s",
            measured=str(sample(gaps)),
            target=f"<= {_GAP_SECONDS:g} s",
            met=sample(gaps).median <= _GAP_SECONDS,
        ),
        Figure(
            benchmark="parallel",
            what=f"answered beside {_AT_ONCE} groups that never cease, after s",
            measured=str(waits := sample([wait for one in found for wait in one.waits])),
            target=f"all <= {_WAIT_SECONDS:g} s",
            met=max(waits.values) <= _WAIT_SECONDS,
        ),
    ]


async def _round(place: Place) -> _Round:
    config = f"[agents]\nat_once = {_AT_ONCE}\n"
    script = Script(rules=(Rule(delay_ms=_MODEL_MS),))
    async with scripted_model(script) as model, installation(place, model.url, config) as daemon:
        await daemon.start()
        await daemon.answered("warm up")
        alone = await _one_by_one(daemon, "alone")
        await daemon.stop()
        await daemon.start()
        together = await _at_once(daemon, "together")
        spans = daemon.rows(_SPANS.format("together"))
        _show_order(spans)
        gaps = _gaps([(begin / 1000, end / 1000) for begin, end, _ in spans])
        waits = await _beside_busy_groups(daemon)
    return _Round(together=together, alone=alone, answered=len(spans), gaps=gaps, waits=waits)


async def _add(daemon: Installation, name: str) -> list[str]:
    groups = [f"{name}-{number}" for number in range(_GROUPS)]
    for group in groups:
        await daemon.add_group(group)
    return groups


async def _one_by_one(daemon: Installation, name: str) -> float:
    groups = await _add(daemon, name)
    began = time.perf_counter()
    for group in groups:
        await daemon.answered("hello", group=group)
    return time.perf_counter() - began


async def _at_once(daemon: Installation, name: str) -> float:
    groups = await _add(daemon, name)
    began = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for group in groups:
            tasks.create_task(daemon.answered("hello", group=group), name=group)
    return time.perf_counter() - began


def _show_order(spans: list[tuple[int, int, str]]) -> None:
    """In which order the groups, written to in the order of their numbers, began and were answered, with seconds."""
    first = min(begin for begin, _, _ in spans)
    begun = [(begin, name) for begin, _, name in spans]
    answered = [(end, name) for _, end, name in spans]
    for what, moments in (("begun", begun), ("answered", answered)):
        order = [f"{name.rpartition('-')[2]} ({(at - first) / 1000:.1f})" for at, name in sorted(moments)]
        print(f"  {what}: {' '.join(order)}", flush=True)


async def _beside_busy_groups(daemon: Installation) -> list[float]:
    """Those that write once, while others write so often that there is always more to do in every place."""
    busy, quiet = (await _add(daemon, "busy"))[:_AT_ONCE], (await _add(daemon, "quiet"))[:_AT_ONCE]

    async def write_on(group: str) -> None:
        number = 0
        while True:
            await daemon.submit(f"more {number}", group=group, client_id=f"{group}-{number}")
            number += 1
            await asyncio.sleep(_BUSY_SECONDS)

    async def write_once(group: str) -> float:
        began = time.perf_counter()
        await daemon.answered("hello", group=group)
        return time.perf_counter() - began

    async with asyncio.TaskGroup() as tasks:
        writers = [tasks.create_task(write_on(group), name=group) for group in busy]
        await daemon.until(lambda status: {one["group"] for one in status["agents"]} == set(busy))
        waits = await asyncio.gather(*(write_once(group) for group in quiet))
        for writer in writers:
            writer.cancel()
    return list(waits)


def _gaps(spans: list[tuple[float, float]]) -> list[float]:
    """From each turn's end to the beginning of the turn that could start then."""
    begins, ends = sorted(begin for begin, _ in spans), sorted(end for _, end in spans)
    return [begin - end for begin, end in zip(begins[_AT_ONCE:], ends, strict=False)]
