"""A thousand groups and a million messages: catch-up, searches, listings, memory and the start."""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial

from benchmarks.crowd import CrowdGroup, Words, fill
from benchmarks.figures import Figure, Sample, sample, spread
from benchmarks.footprint import resident
from benchmarks.installation import Installation, Place, installation
from benchmarks.scale_store import Shelf, shelf
from benchmarks.scripted import scripted_model
from nanoclaw.settings.home import Home
from nanoclaw.store.database import Database

_CATCH_UP_MS, _SEARCH_MS, _MEMORY_MB, _START_RATIO = 10.0, 200.0, 200.0, 1.5
_SMALL_GROUPS, _SMALL_MESSAGES = 10, 10_000
_SEARCHES, _MESSAGES, _ANSWERED, _TALKING = 500, 1_000, 100, 5
_STARTS, _LISTINGS, _REST_SECONDS = 3, 20, 2
_SHOWN = 50
_CONFIG = "[agents]\nat_once = 5\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Crowd:
    """What the large home was filled with."""

    groups: list[CrowdGroup]
    words: Words
    chance: random.Random

    def queries(self) -> dict[str, Callable[[], str]]:
        """Searches of each kind; the words of each are drawn anew, by how common they are."""
        words, draw = self.words.words, self.chance
        common, middling, rare = words[:50], words[500:2_000], words[20_000:]
        pick: Callable[[Sequence[str]], str] = draw.choice
        return {
            "a common word": lambda: pick(common),
            "a rare word": lambda: pick(rare),
            "three words": lambda: f"{pick(common)} {pick(common)} {pick(middling)}",
            "a phrase": lambda: f'"{pick(common)} {pick(common)}"',
            "a beginning": lambda: f"{pick(middling)[: draw.randint(1, 4)]}*",
        }


async def scale(place: Place, groups: int, messages: int) -> list[Figure]:
    """Built anew, then measured: first the store with nobody else on the file, then the daemon."""
    async with scripted_model() as model, installation(place, model.url, _CONFIG) as daemon:
        empty = await _starts(daemon)
        began = time.perf_counter()
        filled, words = await asyncio.to_thread(partial(fill, daemon.home, groups=groups, messages=messages))
        crowd = _Crowd(groups=filled, words=words, chance=random.Random(2))  # noqa: S311 - no secrets
        size = daemon.home.database.stat().st_size / 1e6
        print(f"  {groups:,} groups, {messages:,} messages, {size:.0f} MB, in {time.perf_counter() - began:.0f} s")
        figures = await _store(daemon.home, crowd)
        figures.append(_start_figure(await _starts(daemon), empty))
        await daemon.start()
        figures += await _daemon(daemon, crowd)
    return figures


async def _starts(daemon: Installation) -> Sample:
    """A first start prepares things: it is not among them."""
    await daemon.start()
    await daemon.stop()
    found = []
    for _ in range(_STARTS):
        found.append(await daemon.start())
        await daemon.stop()
    return sample(found)


def _start_figure(ours: Sample, empty: Sample) -> Figure:
    return Figure(
        benchmark="scale",
        what="start to first answer, s",
        measured=f"{ours}; with an empty home {empty}",
        target=f"<= {_START_RATIO:g} times",
        met=ours.median <= _START_RATIO * empty.median,
    )


async def _store(home: Home, crowd: _Crowd) -> list[Figure]:
    small_home = Home(home.root.parent / "small")
    small_home.create()
    await (await Database.open(small_home.database)).close()
    few, _ = fill(small_home, groups=_SMALL_GROUPS, messages=_SMALL_MESSAGES, seed=3)
    async with AsyncExitStack() as stack:
        large = await stack.enter_async_context(shelf(home.database))
        small = await stack.enter_async_context(shelf(small_home.database))
        for number, group in enumerate(crowd.chance.sample(crowd.groups, len(crowd.groups))):
            await large.catch_up(group)
            await small.catch_up(few[number % len(few)])
        figures = _catch_up_figures(large, small)
        for name, query in crowd.queries().items():
            figures.append(await _store_search(name, query, crowd, (large, small)))
        return [*figures, await _long_silence(large, crowd.groups[0])]


def _catch_up_figures(large: Shelf, small: Shelf) -> list[Figure]:
    query, claim = spread(large.queries), spread(large.claims)
    return [
        Figure(
            benchmark="scale",
            what="catch-up query, ms",
            measured=f"{query}; small database {spread(small.queries)}",
            target=f"p99 <= {_CATCH_UP_MS:g} ms",
            met=query.at(99) <= _CATCH_UP_MS,
        ),
        Figure(
            benchmark="scale",
            what=f"the whole claim of {large.caught_up / len(large.claims):.0f} messages, on disk, ms",
            measured=f"{claim}; small database {spread(small.claims)}",
        ),
    ]


async def _store_search(name: str, query: Callable[[], str], crowd: _Crowd, shelves: tuple[Shelf, Shelf]) -> Figure:
    """Of one kind, in the groups with the longest histories and in any others, turn about."""
    large, small = shelves
    large.searches.clear()
    small.searches.clear()
    for number in range(_SEARCHES // 5):
        words = query()
        await large.search(
            (crowd.groups[number % 10] if number % 2 else crowd.chance.choice(crowd.groups)).folder, words
        )
        await small.search(f"crowd-{number % _SMALL_GROUPS}", words)
    found = spread(large.searches)
    return Figure(
        benchmark="scale",
        what=f"search in the store, {name}, ms",
        measured=f"{found}; small database {spread(small.searches)}",
        target=f"p99 <= {_SEARCH_MS:g} ms",
        met=found.at(99) <= _SEARCH_MS,
    )


async def _long_silence(large: Shelf, busiest: CrowdGroup) -> Figure:
    """The busiest chat as if its agent had never been woken: the query takes as many as ever, the claim marks all."""
    waiting = await large.forget_cursor(busiest)
    await large.catch_up(busiest)
    return Figure(
        benchmark="scale",
        what=f"catch-up after {waiting:,} messages of one chat, ms",
        measured=f"query {large.queries[-1] * 1000:.1f}, claim on disk {large.claims[-1] * 1000:.0f}",
        target=f"query <= {_CATCH_UP_MS:g} ms",
        met=large.queries[-1] * 1000 <= _CATCH_UP_MS,
    )


async def _daemon(daemon: Installation, crowd: _Crowd) -> list[Figure]:
    await asyncio.sleep(_REST_SECONDS)
    course = [resident(daemon.pid)]
    figures = [
        await asyncio.to_thread(_search, daemon, crowd, (name, where), query)
        for name, query in crowd.queries().items()
        for where in ("one group", "all groups")
    ]
    course.append(resident(daemon.pid))
    figures += await asyncio.to_thread(_listings, daemon)
    await _talk(daemon, crowd)
    course.append(resident(daemon.pid))
    figures.append(
        Figure(
            benchmark="scale",
            what=f"daemon at rest, after {_SEARCHES} searches, after {_MESSAGES:,} messages too, MB",
            measured=" ".join(f"{one:.0f}" for one in course),
            target=f"<= {_MEMORY_MB:.0f} MB",
            met=max(course) <= _MEMORY_MB,
        )
    )
    return figures


def _search(daemon: Installation, crowd: _Crowd, kind: tuple[str, str], query: Callable[[], str]) -> Figure:
    name, where = kind
    times, lines = [], 0
    for number in range(_SEARCHES // 10):
        group = crowd.groups[number % 10] if number % 2 else crowd.chance.choice(crowd.groups)
        wanted = {"search": query(), "limit": _SHOWN, "group": group.folder if where == "one group" else None}
        began = time.perf_counter()
        lines += len(daemon.client.messages(wanted)["messages"])
        times.append(time.perf_counter() - began)
    found = spread(times)
    return Figure(
        benchmark="scale",
        what=f"search by the daemon, {name}, {where}, ms",
        measured=f"{found}; {lines / len(times):.0f} lines each",
        target=f"p99 <= {_SEARCH_MS:g} ms",
        met=found.at(99) <= _SEARCH_MS,
    )


def _listings(daemon: Installation) -> list[Figure]:
    client = daemon.client
    calls: dict[str, Callable[[], object]] = {
        "messages list": lambda: client.messages({"limit": _SHOWN}),
        "messages list --group": lambda: client.messages({"limit": _SHOWN, "group": "crowd-0"}),
        "messages list --since": lambda: client.messages({"limit": _SHOWN, "since": "2026-01-01T00:00:00Z"}),
        "groups list": client.groups,
        "groups show": lambda: client.group("crowd-500"),
        "status": client.status,
        "usage": lambda: client.usage({"by": "group"}),
        "usage --by day": lambda: client.usage({"by": "day"}),
    }
    return [
        Figure(
            benchmark="scale",
            what=f"{name} by the daemon, ms",
            measured=str(spread([_timed(call) for _ in range(_LISTINGS)])),
        )
        for name, call in calls.items()
    ]


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


async def _talk(daemon: Installation, crowd: _Crowd) -> None:
    """Messages that wake nobody in any group, and a few groups that are answered."""
    for number in range(_MESSAGES - _ANSWERED):
        group = crowd.groups[number % len(crowd.groups)].folder
        await daemon.submit("just so", group=group, client_id=f"quiet-{number}")

    async def talk(folder: str) -> None:
        for number in range(_ANSWERED // _TALKING):
            await daemon.answered(f"@Andy {number}", group=folder)

    async with asyncio.TaskGroup() as tasks:
        for one in crowd.groups[:_TALKING]:
            tasks.create_task(talk(one.folder), name=one.folder)
