"""End containers, and clear away what is left of them."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from nanoclaw.control.client import ControlClient
from nanoclaw.control.errors import DaemonBusyError, DaemonDownError, DaemonLostError, RequestRefusedError
from nanoclaw.model.clock import Clock
from nanoclaw.operations.containers.errors import StillRunningError
from nanoclaw.operations.containers.fleet import Container, Fleet, Listing
from nanoclaw.sandboxes.contract import SandboxError, SandboxState

_QUIET_SECONDS = 10.0
_LOOK_SECONDS = 0.2
_STARTING_MS = 10 * 60_000
"""Whatever was made this long ago and never ran will not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A container that is no more. ``told``: a daemon first stopped what its agent did, so that nothing begins anew."""

    container: Container
    told: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """What was removed, or would be, and what could not be."""

    removed: tuple[Container, ...]
    failed: tuple[tuple[Container, str], ...] = ()


async def end(fleet: Fleet, containers: Iterable[Container], client: ControlClient, clock: Clock) -> tuple[Ended, ...]:
    """Stop what the agents do, where a daemon runs, and end their containers.

    Without a daemon, or where it does not answer, only the container is ended: the turn waits in the database, and a
    daemon takes it up again.

    Raises:
        SandboxError: an engine does not end one.
    """
    ended = []
    for container in containers:
        told = container.alive and await asyncio.to_thread(_interrupt, client, container.group)
        if told:
            await _quiet(client, container.group, clock)
        await fleet.sandbox(container).stop(container.name)
        ended.append(Ended(container=container, told=told))
    return tuple(ended)


async def remove(fleet: Fleet, containers: Iterable[Container]) -> Cleared:
    """Remove containers that no longer run.

    Raises:
        StillRunningError: one does; nothing was removed.
        SandboxError: an engine does not remove one.
    """
    containers = tuple(containers)
    for container in containers:
        if container.alive:
            raise StillRunningError(
                f"{container.name} is {container.state}",
                hint=f"`nanoclaw containers stop {container.name}` ends and removes it.",
            )
    for container in containers:
        await fleet.sandbox(container).stop(container.name)
    return Cleared(removed=containers)


async def prune(fleet: Fleet, listing: Listing, *, looked_after: bool, clock: Clock, dry_run: bool = False) -> Cleared:
    """Remove what is of no more use: what ended, and where no daemon looks after this home, everything.

    ``looked_after`` says that a daemon runs, or that it cannot be known that none does.
    """
    useless = [one for one in listing.containers if _useless(one, clock, looked_after=looked_after)]
    if dry_run:
        return Cleared(removed=tuple(useless))
    removed, failed = [], []
    for container in useless:
        try:
            await fleet.sandbox(container).stop(container.name)
        except SandboxError as error:
            failed.append((container, str(error)))
        else:
            removed.append(container)
    return Cleared(removed=tuple(removed), failed=tuple(failed))


def _useless(container: Container, clock: Clock, *, looked_after: bool) -> bool:
    match container.state:
        case SandboxState.ENDED:
            return True
        case SandboxState.STARTING:
            return not looked_after or _age(container, clock) > _STARTING_MS
        case _:
            return not looked_after


def _age(container: Container, clock: Clock) -> float:
    try:
        return clock.now() - datetime.fromisoformat(container.since).timestamp() * 1000
    except (ValueError, OverflowError):
        return 0.0


def _interrupt(client: ControlClient, group: str) -> bool:
    """Whether a daemon heard that this group's agents are to stop."""
    return _heard(lambda: client.interrupt(group))


def _heard(say: Callable[[], object]) -> bool:
    try:
        say()
    except (DaemonDownError, DaemonLostError, DaemonBusyError, RequestRefusedError):
        return False
    return True


async def _quiet(client: ControlClient, group: str, clock: Clock) -> None:
    """Wait until none of the group's agents works; one that does not heed is ended all the same, and tries again."""
    ends = clock.monotonic() + _QUIET_SECONDS
    while clock.monotonic() < ends:
        try:
            agents = (await asyncio.to_thread(client.status))["agents"]
        except (DaemonDownError, DaemonLostError, DaemonBusyError, RequestRefusedError):
            return
        if not any(agent["group"] == group and agent["state"] in {"starting", "working"} for agent in agents):
            return
        await asyncio.sleep(_LOOK_SECONDS)
