"""From inside a sandbox: only what was planned, no network, no rights. As the agent sees it, and as its engine does."""

import asyncio
import re

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.checks.container_flags import CONTAINER_FLAGS
from nanoclaw.operations.doctor.checks.container_limits import CONTAINER_LIMITS
from nanoclaw.operations.doctor.checks.container_mounts import CONTAINER_MOUNTS
from nanoclaw.operations.doctor.checks.container_network import CONTAINER_NETWORK
from nanoclaw.operations.doctor.contract import NotKnownError, Severity
from nanoclaw.operations.doctor.lay import lay_ground
from nanoclaw.operations.verify.contract import Field, StepFailedError
from nanoclaw.operations.verify.inside_probe import Inside, read_report
from nanoclaw.sandboxes.contract import AGENT_HOME, CLAUDE_HOME, GATEWAY, GLOBAL_FOLDER, WORKSPACE

_OURS = {str(place) for place in (WORKSPACE, GLOBAL_FOLDER, CLAUDE_HOME, GATEWAY, AGENT_HOME)}
_ENGINES = re.compile(
    r"/|/(proc|sys|dev)(/.*)?|/tmp|/etc/(hosts|hostname|resolv\.conf)|/run/(\.containerenv|secrets)(/.*)?"
    r"|/usr/sbin/docker-init|/sbin/docker-init|/run/podman-init|/dev/init"
)
"""What every container engine brings along; nothing in it is the host's."""
_SYSTEM = re.compile(
    r"/(usr|bin|sbin|lib|lib32|lib64|libx32)(/.*)?|/opt/nanoclaw/.*"
    r"|/etc/(passwd|group|nsswitch\.conf|ld\.so\.\w+(\.d)?|ssl/.*|pki/.*|alternatives|localtime)"
)
"""What bubblewrap shows of the host's programs, which are no secret."""
_TODO = "Stop the assistant (`nanoclaw stop`) until this is explained: what an agent can reach, a chat can reach."


def judge(inside: Inside, *, of_host: bool) -> list[str]:
    """What an agent has that it must not. ``of_host``: its programs are the host's own, shown read-only."""
    strange = sorted(place for place, _ in inside.mounts if not _is_planned(place, of_host=of_host))
    missing = sorted({str(WORKSPACE), str(GATEWAY), str(CLAUDE_HOME)} - {place for place, _ in inside.mounts})
    held = {name: value for name, value in inside.capabilities.items() if value.strip("0")}
    wrong = (
        (bool(strange), f"it sees mounts that were not planned: {', '.join(strange)}"),
        (bool(missing), f"it lacks mounts: {', '.join(missing)}"),
        (bool(inside.readable), f"it can read {', '.join(inside.readable)}"),
        (bool(inside.writable), f"it can write to {', '.join(inside.writable)}"),
        (bool(inside.reached), f"it can connect to {', '.join(inside.reached)}"),
        (set(inside.interfaces) > {"lo"}, f"it has the network interfaces {', '.join(inside.interfaces)}"),
        (0 in inside.user, "it runs as root"),
        (bool(held), f"it has capabilities: {held}"),
        (inside.no_new_privileges != "1", "programs in it may gain privileges"),
        (inside.seccomp != "2", "its system calls are not filtered"),
        (
            set(inside.workspace) - {"group", "global", "extra"} != set(),
            f"/workspace holds {', '.join(inside.workspace)}",
        ),
    )
    return [what for is_so, what in wrong if is_so]


def _is_planned(place: str, *, of_host: bool) -> bool:
    return place in _OURS or bool(_ENGINES.fullmatch(place)) or (of_host and bool(_SYSTEM.fullmatch(place)))


def look_from_inside(field: Field) -> list[str]:
    """Have an agent look around, and judge what it found."""
    said = field.say(field.first, f"{field.first.nonce}-look")
    inside = read_report(said)
    if inside is None:
        raise StepFailedError("The agent could not look around in its sandbox", hint="See `nanoclaw logs -n 50`.")
    kind = str((field.status.get("sandbox") or {}).get("kind"))
    wrong = judge(inside, of_host=kind == "bubblewrap")
    if wrong:
        raise StepFailedError(
            f"An agent in {kind} is not closed in: {'; '.join(wrong)}", hint=_TODO, check=_check(wrong)
        )
    own = sorted(place for place, _ in inside.mounts if place in _OURS)
    return [
        f"sees {', '.join(own)} and nothing else of this machine",
        f"no network, user {inside.user[0]}, no capabilities, filtered system calls",
    ]


def _check(wrong: list[str]) -> str:
    if any("mounts" in what for what in wrong):
        return CONTAINER_MOUNTS.id
    return CONTAINER_NETWORK.id if any("network" in what or "connect" in what for what in wrong) else CONTAINER_FLAGS.id


_CHECKS: tuple[Check, ...] = (CONTAINER_FLAGS, CONTAINER_MOUNTS, CONTAINER_NETWORK, CONTAINER_LIMITS)


def look_from_outside(field: Field) -> list[str]:
    """What the engine and the kernel say of every agent that runs, the temporary ones among them."""
    return asyncio.run(_look(field))


async def _look(field: Field) -> list[str]:
    ground = lay_ground(field.order.home, field.order.clock, live=True)
    facts = []
    for check in _CHECKS:
        try:
            findings = await check.look(ground)
        except NotKnownError as reason:
            facts.append(f"{check.id}: not looked at, {reason.reason.en}")
            continue
        for finding in findings:
            if finding.severity in {Severity.ERROR, Severity.WARNING}:
                todo = finding.todo.en if finding.todo else _TODO
                raise StepFailedError(finding.what.en, hint=todo, check=check.id)
            facts.append(f"{check.id}: {finding.what.en}")
    return facts
