"""Links an account, with a daemon or without, and does what follows from it."""

import asyncio
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from nanoclaw.channels.contract import Channel, Pairing, PairingDone
from nanoclaw.cli.auth.follow import follow
from nanoclaw.cli.auth.own_channel import Plan, running, settled
from nanoclaw.cli.auth.readiness import Readiness, make_ready, options_of, take_back
from nanoclaw.cli.auth.screen import Screen
from nanoclaw.cli.auth.sources import LiveSource, OwnSource
from nanoclaw.cli.context import Context
from nanoclaw.cli.reach import ask
from nanoclaw.control.client import Document
from nanoclaw.control.people_shapes import AddPersonRequest
from nanoclaw.daemon.lock import hold
from nanoclaw.model.people import Role
from nanoclaw.operations.pairing.session import PairingSession
from nanoclaw.settings.edit import switch_channel
from nanoclaw.settings.load import load_settings

_BACKUP_SECONDS = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """How it ended: a ``PairingShape``, whether the assistant runs with the channel, and what the person is told."""

    shape: Document
    live: bool
    notes: tuple[str, ...] = ()


def link(
    context: Context, channel: str, phone: str, seconds: float, make: Callable[[str], Channel] | None = None
) -> Linked:
    """Pair; and where an account is linked, see that the channel is switched on, its owner known, its login backed up.

    Raises:
        NanoclawError: it could not begin.
    """
    readiness = make_ready(context, channel)
    shape: Document = {"state": "failed"}
    try:
        if readiness.live:
            shape = asyncio.run(_live(context, channel, phone, seconds))
        else:
            shape = _alone(context, channel, phone, seconds, make)
    finally:
        if not is_linked(shape):
            take_back(context, channel, readiness)
    if not is_linked(shape):
        return Linked(shape=shape, live=readiness.live)
    return Linked(shape=shape, live=readiness.live, notes=_finish(context, channel, shape, readiness))


def is_linked(shape: Document) -> bool:
    """Whether there is an account now; also where there was one before."""
    return shape["state"] == "done" or shape.get("fault") == "already-paired"


async def _live(context: Context, channel: str, phone: str, seconds: float) -> Document:
    source = LiveSource(context.client, channel)
    return await follow(source, _screen(context, channel), phone, seconds=seconds, clock=context.clock)


def _alone(
    context: Context, channel: str, phone: str, seconds: float, make: Callable[[str], Channel] | None
) -> Document:
    plan = Plan(home=context.home, name=channel, options=options_of(context, channel), clock=context.clock)
    # No daemon may start meanwhile: two of a kind would take the account from each other.
    with hold(context.home.lock):
        return asyncio.run(_own(context, plan, phone, seconds, make))


async def _own(
    context: Context, plan: Plan, phone: str, seconds: float, make: Callable[[str], Channel] | None
) -> Document:
    async with running(plan, make) as pairing, asyncio.TaskGroup() as tasks:
        source = OwnSource(plan.name, context.clock, tasks, _sessions(context, pairing))
        shape = await follow(source, _screen(context, plan.name), phone, seconds=seconds, clock=context.clock)
        if shape["state"] == "done":
            # The network's side of it ends with the first login.
            await settled(pairing)
        return shape


def _sessions(context: Context, pairing: Pairing) -> Callable[[str], PairingSession]:
    async def finish(_done: PairingDone) -> None:
        """What follows is done once the channel has ended."""

    return lambda phone: PairingSession(pairing, phone, context.clock, finish)


def _screen(context: Context, channel: str) -> Screen:
    return Screen(context.stderr, context.environment, context.home.root / "data" / f"{channel}-code.png")


def _finish(context: Context, channel: str, shape: Document, readiness: Readiness) -> tuple[str, ...]:
    """What the daemon does by itself where it runs."""
    if readiness.live:
        return ()
    if shape.get("owner"):
        request = AddPersonRequest(
            channel=channel, sender=shape["owner"], role=Role.OWNER, name=shape["name"] or "Owner"
        )
        ask(
            context,
            lambda client: client.add_person(request.model_dump(mode="json")),
            lambda service: service.people.add(request),
        )
    switch_channel(context.home, channel, on=True)
    return _back_up(context) if shape["state"] == "done" else ()


def _back_up(context: Context) -> tuple[str, ...]:
    if not load_settings(context.home).backup.enabled:
        return ()
    context.say("Backing up the new login …")
    command = [*context.daemon_command, "--home", str(context.home.root), "backup", "create", "--kind", "change"]
    try:
        ended = subprocess.run(
            command,
            env=dict(context.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_BACKUP_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return (f"The login is linked; backing it up took longer than {_BACKUP_SECONDS} s and was given up.",)
    if ended.returncode == 0:
        return ()
    said = " ".join(ended.stderr.split())[:300]
    return (f"The login is linked; backing it up failed: {said} Try: nanoclaw backup create.",)
