"""Act on containers: stop, rm, prune, exec."""

import argparse
import asyncio
import subprocess

from nanoclaw.cli.containers.looking import shape_of, silent_shapes
from nanoclaw.cli.containers.reaching import alone, notes_of, status_of
from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.exits import Exit
from nanoclaw.cli.render import one_line
from nanoclaw.operations.containers.ending import Cleared, Ended, end, prune, remove
from nanoclaw.operations.containers.entering import SHELL, entrance, surroundings, the_one, write_down
from nanoclaw.operations.containers.fleet import Fleet, Listing, chosen, open_fleet

_UNANSWERED = "{}: the container is ended; no running assistant was told. What its agent did goes on at the next start."


def stop(arguments: argparse.Namespace, context: Context) -> Result:
    """End containers, and first what their agents do."""
    fleet = open_fleet(context.home)
    ended = asyncio.run(_stop(fleet, arguments.names, context))
    shapes = [{**shape_of(one.container), "told": one.told} for one in ended]
    return Result(document={"stopped": shapes}, text="\n".join(map(_stopped, ended)))


async def _stop(fleet: Fleet, names: list[str], context: Context) -> tuple[Ended, ...]:
    found = await fleet.listed()
    several = {one.name: one for name in names for one in chosen(found, name)}
    return await end(fleet, several.values(), context.client, context.clock)


def _stopped(one: Ended) -> str:
    name = one_line(one.container.name)
    if one.told or not one.container.alive:
        return f"{name}: stopped"
    return _UNANSWERED.format(name)


def rm(arguments: argparse.Namespace, context: Context) -> Result:
    """Remove containers that no longer run."""
    cleared = asyncio.run(_remove(open_fleet(context.home), arguments.names))
    return _cleared(cleared, "Removed")


async def _remove(fleet: Fleet, names: list[str]) -> Cleared:
    found = await fleet.listed()
    several = {one.name: one for name in names for one in chosen(found, name)}
    return await remove(fleet, several.values())


def clear(arguments: argparse.Namespace, context: Context) -> Result:
    """Remove what is of no more use."""
    fleet = open_fleet(context.home)
    with alone(context) as free:
        found, cleared = asyncio.run(_prune(fleet, context, looked_after=not free, dry_run=arguments.dry_run))
    result = _cleared(cleared, "Would remove" if arguments.dry_run else "Removed")
    document = {
        **(result.document or {}),
        "dry_run": arguments.dry_run,
        "looked_after": not free,
        "silent": silent_shapes(found.silent),
    }
    status = Exit.ERROR if cleared.failed else status_of(found.silent)
    return Result(document=document, text=result.text, notes=notes_of(found.silent), exit=status)


async def _prune(fleet: Fleet, context: Context, *, looked_after: bool, dry_run: bool) -> tuple[Listing, Cleared]:
    found = await fleet.listed()
    return found, await prune(fleet, found, looked_after=looked_after, clock=context.clock, dry_run=dry_run)


def _cleared(cleared: Cleared, verb: str) -> Result:
    lines = [f"{verb}: {one_line(one.name)} ({one.state})" for one in cleared.removed]
    lines += [f"Not removed: {one_line(one.name)}: {one_line(problem)}" for one, problem in cleared.failed]
    document = {
        "removed": [shape_of(one) for one in cleared.removed],
        "failed": [{**shape_of(one), "problem": problem} for one, problem in cleared.failed],
    }
    return Result(document=document, text="\n".join(lines) or "Nothing to remove.")


def enter(arguments: argparse.Namespace, context: Context) -> Result:
    """Run a program inside, on this terminal or these streams; its status is ours."""
    fleet = open_fleet(context.home)
    container = the_one(chosen(asyncio.run(fleet.listed()), arguments.name))
    given = tuple(arguments.program)
    program = (given[1:] if given[:1] == ("--",) else given) or SHELL
    typed = context.stdin.isatty() and context.stdout.isatty()
    terminal = (context.environment.get("TERM") or "xterm") if typed else ""
    command = entrance(fleet, container, program, terminal=terminal)
    write_down(context.home, container, program, terminal=typed)
    if terminal:
        context.say(f"Inside {one_line(container.name)}, as its agent. What you change, it sees. Leave with `exit`.")
    done = subprocess.run(command, stdin=context.stdin, env=surroundings(), check=False)
    return Result(exit=done.returncode if done.returncode >= 0 else 128 - done.returncode)
