"""From a message to the model's request: running agent, new container, agent started ahead."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from benchmarks.bare_agent import BareAgents, bare_agents
from benchmarks.figures import Figure, ratio, sample
from benchmarks.installation import Installation, Place, installation
from benchmarks.scripted import Model, scripted_model

_ABOVE_BARE = 0.030
_COLD_RATIO = 1.25
_AHEAD_SECONDS = 0.35
_CLEAN_UP_SECONDS = 1.0


async def warm(place: Place, rounds: int) -> list[Figure]:
    """A running agent, against a running client of the SDK, turn about."""
    ours, bare = [], []
    async with _both(place) as (model, daemon, others), others.agent() as other:
        await daemon.answered("first")
        await other.ask_cold("first")
        for number in range(rounds):
            ours.append(await _sent(model, daemon, f"ours {number}"))
            text = f"bare {number}"
            began = await other.ask(_as_prompt(text))
            bare.append(await model.asked_about(text) - began)
    mine, its = sample(ours), sample(bare)
    above = mine.median - its.median
    return [
        Figure(benchmark="warm", what="message to model request, s", measured=str(mine)),
        Figure(benchmark="warm", what="bare SDK client, s", measured=str(its)),
        Figure(
            benchmark="warm",
            what="above the bare client",
            measured=f"{above * 1000:.1f} ms (ratio {ratio(mine, its):.2f})",
            target=f"<= {_ABOVE_BARE * 1000:.0f} ms",
            met=above <= _ABOVE_BARE,
        ),
    ]


async def cold(place: Place, rounds: int) -> list[Figure]:
    """A group's first message, against a bare start of the same sandbox with a prompt, turn about."""
    ours, bare = [], []
    async with _both(place, "[agents]\nidle_minutes = 0.002\n") as (model, daemon, others):
        first = await _sent(model, daemon, "very first")
        for number in range(rounds):
            # What is measured second follows the other's clean-up in the engine: each is first as often.
            for turn in (number % 2, 1 - number % 2):
                await _rest(daemon)
                if turn:
                    await daemon.add_group(f"group-{number}")
                    ours.append(await _sent(model, daemon, f"ours {number}", group=f"group-{number}"))
                else:
                    bare.append(await _bare_start(model, others, f"bare {number}"))
    mine, its = sample(ours), sample(bare)
    return [
        Figure(benchmark="cold", what="first ever, with a look at the image, s", measured=f"{first:.2f}"),
        Figure(benchmark="cold", what="message to model request, s", measured=str(mine)),
        Figure(benchmark="cold", what="bare start and prompt, s", measured=str(its)),
        Figure(
            benchmark="cold",
            what="ratio to the bare start",
            measured=f"{ratio(mine, its):.2f}",
            target=f"<= {_COLD_RATIO}",
            met=ratio(mine, its) <= _COLD_RATIO,
        ),
    ]


async def ahead(place: Place, rounds: int) -> list[Figure]:
    """An agent that was started because someone began to type, against a connected client of the SDK."""
    ours, bare = [], []
    # Nobody is started ahead where all places are taken, even by idle agents.
    async with _both(place, f"[agents]\nat_once = {rounds + 1}\n") as (model, daemon, others):
        for number in range(rounds):
            group = f"group-{number}"
            await daemon.add_group(group)
            await daemon.expect(group)
            ours.append(await _sent(model, daemon, f"ours {number}", group=group))
            text = f"bare {number}"
            async with others.agent() as other:
                await other.client.connect()
                began = await other.ask(_as_prompt(text))
                bare.append(await model.asked_about(text) - began)
    mine, its = sample(ours), sample(bare)
    return [
        Figure(
            benchmark="ahead",
            what="message to model request, s",
            measured=str(mine),
            target=f"<= {_AHEAD_SECONDS} s",
            met=mine.median <= _AHEAD_SECONDS,
        ),
        Figure(benchmark="ahead", what="connected bare client, s", measured=f"{its} (ratio {ratio(mine, its):.2f})"),
    ]


@contextlib.asynccontextmanager
async def _both(place: Place, config: str = "") -> AsyncIterator[tuple[Model, Installation, BareAgents]]:
    """A daemon that runs, and bare agents, before one model."""
    async with (
        scripted_model() as model,
        bare_agents(place, model.url) as others,
        installation(place, model.url, config) as daemon,
    ):
        await daemon.start()
        yield model, daemon, others


async def _sent(model: Model, daemon: Installation, text: str, group: str = "main") -> float:
    """Seconds from the call of ``send`` to the model's request."""
    began = model.now()
    await daemon.answered(text, group=group)
    return await model.asked_about(text) - began


async def _bare_start(model: Model, others: BareAgents, text: str) -> float:
    """The same for a bare agent, from its start."""
    async with others.agent() as other:
        began = await other.ask_cold(_as_prompt(text))
        return await model.asked_about(text) - began


async def _rest(daemon: Installation) -> None:
    """No agent lives, and the engine has had a moment to clean up."""
    await daemon.until(lambda status: not status["agents"])
    await asyncio.sleep(_CLEAN_UP_SECONDS)


def _as_prompt(text: str) -> str:
    """As long as the prompts that the daemon writes."""
    return (
        '<context timezone="UTC"/>\n<messages>\n'
        f'<message sender="You" time="2026-01-01 00:00">{text}</message>\n</messages>'
    )
