"""Agents in Apple's ``container``, a light virtual machine each (macOS 26, program version 1.1 or newer).

Written from the program's documentation and never run by us: there is no such engine on Linux. Sockets inside a shared
folder cannot be connected to there, so each of the gateway's sockets is shared by itself, which the engine relays into
the machine; ``--publish-socket`` goes the other way. The machine's own kernel stands where system call filters stand
elsewhere.
"""

import json
import math
from collections.abc import Sequence
from typing import Any

from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import GroupFolder
from nanoclaw.sandboxes.contract import (
    AGENT_HOME,
    GATEWAY,
    WORKSPACE,
    EndReason,
    EngineUnavailableError,
    Happening,
    ImageBuildError,
    ImageMissingError,
    ListedSandbox,
    Progress,
    RunningSandbox,
    SandboxError,
    SandboxKind,
    SandboxPlan,
    SandboxReport,
    SandboxState,
    SandboxUsage,
)
from nanoclaw.sandboxes.engine import EngineClient, Outcome
from nanoclaw.sandboxes.environment import INHERITED, agent_environment
from nanoclaw.sandboxes.image.build import assemble, read_recipe
from nanoclaw.sandboxes.installation import Installation, agent_user, workspace_owner
from nanoclaw.sandboxes.oci_arguments import GROUP_LABEL, INSTALLATION_LABEL, bind_mount

SOCKETS = ("model.sock", "proxy.sock")
_START_HINT = "Start it with `container system start` (macOS 26 or newer on Apple silicon)."


def apple_arguments(plan: SandboxPlan, *, installation: str, image: str, user: tuple[int, int]) -> tuple[str, ...]:
    """Everything after the program's name.

    Raises:
        SandboxError: a mount's source is missing, or the gateway's path cannot be written down.
    """
    limits = plan.limits
    if ":" in str(plan.gateway):
        raise SandboxError(f"Cannot share {plan.gateway}: it has a colon", hint="Move the home folder.")
    variables = (f"{name}={value}" for name, value in sorted(agent_environment(plan).items()))
    files = limits.open_files
    return (
        *("run", "--interactive", "--rm", "--name", plan.name),
        *("--label", f"{INSTALLATION_LABEL}={installation}", "--label", f"{GROUP_LABEL}={plan.group}"),
        *("--network", "none", "--no-dns", "--cap-drop", "ALL", "--read-only"),
        *("--user", f"{user[0]}:{user[1]}", "--workdir", str(WORKSPACE)),
        *("--cpus", str(math.ceil(limits.cpus)), "--memory", f"{limits.memory_mib}M"),
        *("--ulimit", f"nofile={files}:{files}", "--ulimit", f"nproc={limits.processes}:{limits.processes}"),
        *("--tmpfs", "/tmp", "--tmpfs", str(AGENT_HOME)),  # noqa: S108 - the sandbox's own
        *(part for mount in plan.mounts for part in ("--mount", bind_mount(mount))),
        *(part for name in SOCKETS for part in ("--volume", f"{plan.gateway / name}:{GATEWAY / name}")),
        *(part for variable in (*variables, *INHERITED) for part in ("--env", variable)),
        image,
        *plan.program,
    )


class AppleSandbox:
    """Sandboxes of one installation. Call :meth:`prepare` before :meth:`command`."""

    kind = SandboxKind.APPLE

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._client = EngineClient("container", installation.environment)
        self._image: str | None = None

    @property
    def workspace_owner(self) -> tuple[int, int] | None:
        """See the contract."""
        return workspace_owner()

    async def report(self) -> SandboxReport:
        """Look at the engine; never raises."""
        try:
            await self._require_engine()
            version = await self._client.call("--version", seconds=2)
            image = await self._client.call("image", "inspect", self._tag(), seconds=2)
        except SandboxError as error:
            return SandboxReport(kind=self.kind, usable=False, problem=str(error), hint=error.hint)
        notes = ("memory and processors by a virtual machine", "not yet tried by the authors on a Mac")
        return SandboxReport(kind=self.kind, usable=True, version=version.text, ready=image.ok, notes=notes)

    async def prepare(self, progress: Progress) -> None:
        """Build the image if it is missing; see the contract."""
        await self._require_engine()
        tag = self._tag()
        if not (await self._client.call("image", "inspect", tag)).ok:
            context = self._installation.state / "apple-context"
            assemble(context, read_recipe())
            arguments = ("build", "--tag", tag, "--build-arg", f"BASE={self._installation.base_image}", str(context))
            code, last = await self._client.stream(arguments, progress, seconds=1_800)
            if code != 0:
                raise ImageBuildError(f"Building {tag} failed: {' / '.join(last[-5:])}", hint=_START_HINT)
        self._image = tag

    def command(self, plan: SandboxPlan) -> Sequence[str]:
        """The engine's ``run``. Raises ImageMissingError before :meth:`prepare`, SandboxError for a mount."""
        if self._image is None:
            raise ImageMissingError("The agent image is not prepared", hint="Run `nanoclaw image build`.")
        arguments = apple_arguments(plan, installation=self._installation.id, image=self._image, user=agent_user())
        return (self._client.path, *arguments)

    async def stop(self, name: str) -> None:
        """End a container of this installation."""
        if any(name == found for found, _ in await self._listed()):
            await self._remove(name)

    async def running(self) -> tuple[RunningSandbox, ...]:
        """This installation's containers."""
        return tuple(RunningSandbox(name=name, group=GroupFolder(group)) for name, group in await self._listed())

    async def reap(self) -> tuple[str, ...]:
        """Remove every container of this installation: to be called before the first start."""
        names = tuple(name for name, _ in await self._listed())
        for name in names:
            await self._remove(name)
        return names

    async def why_ended(self, name: str, since: Milliseconds) -> EndReason:
        """The engine does not say."""
        del name, since
        return EndReason.UNKNOWN

    async def listed(self) -> tuple[ListedSandbox, ...]:
        """This installation's containers."""
        states = {"running": SandboxState.RUNNING, "starting": SandboxState.STARTING}
        return tuple(
            ListedSandbox(name=name, group=GroupFolder(group), state=states.get(state, SandboxState.ENDED))
            for name, group, state in parse_listing(await self._list_text(), self._installation.id)
        )

    async def usage(self) -> tuple[SandboxUsage, ...]:
        """Memory and processes; how busy they are takes two looks, which the engine leaves to others."""
        names = [name for name, _ in await self._listed()]
        if not names:
            return ()
        outcome = await self._client.call("stats", "--no-stream", "--format", "json", *names, seconds=20)
        if not outcome.ok:
            raise _unavailable(outcome)
        return parse_usage(outcome.text)

    async def happenings(self, since: Milliseconds) -> tuple[Happening, ...]:
        """The engine does not say."""
        del since
        return ()

    def entrance(self, name: str, program: Sequence[str], *, terminal: str) -> Sequence[str]:
        """The engine's ``exec``."""
        user, group = agent_user()
        streams = ("--interactive", "--tty", "--env", f"TERM={terminal}") if terminal else ("--interactive",)
        return (self._client.path, "exec", *streams, "--user", f"{user}:{group}", name, *program)

    async def _remove(self, name: str) -> None:
        outcome = await self._client.call("delete", "--force", name, seconds=20)
        if not outcome.ok and any(name == found for found, _ in await self._listed()):
            raise SandboxError(f"container does not remove {name}: {outcome.error}", hint="Try it by hand.")

    async def _listed(self) -> list[tuple[str, str]]:
        return [(name, group) for name, group, _ in parse_listing(await self._list_text(), self._installation.id)]

    async def _list_text(self) -> str:
        outcome = await self._client.call("list", "--all", "--format", "json")
        if not outcome.ok:
            raise _unavailable(outcome)
        return outcome.text

    async def _require_engine(self) -> None:
        outcome = await self._client.call("system", "status", seconds=3)
        if not outcome.ok:
            raise _unavailable(outcome)

    def _tag(self) -> str:
        return read_recipe().tag(self._installation.base_image)


def parse_listing(text: str, installation: str) -> list[tuple[str, str, str]]:
    """Name, group and state of an installation's containers, from ``container list --format json``."""
    entries: list[dict[str, Any]] = json.loads(text or "[]")
    configurations = [(entry.get("configuration") or {}, str(entry.get("status", ""))) for entry in entries]
    return [
        (str(each["id"]), str(each["labels"].get(GROUP_LABEL, "")), state)
        for each, state in configurations
        if (each.get("labels") or {}).get(INSTALLATION_LABEL) == installation
    ]


def parse_usage(text: str) -> tuple[SandboxUsage, ...]:
    """What containers use, from ``container stats --no-stream --format json``."""
    entries: list[dict[str, Any]] = json.loads(text or "[]")
    return tuple(
        SandboxUsage(
            name=str(entry.get("id", "")),
            memory=int(entry.get("memoryUsageBytes") or 0),
            memory_limit=int(entry.get("memoryLimitBytes") or 0) or None,
            cpu_percent=None,
            processes=int(entry.get("numProcesses") or 0),
        )
        for entry in entries
    )


def _unavailable(outcome: Outcome) -> EngineUnavailableError:
    return EngineUnavailableError(f"Apple's container does not answer: {outcome.error[-200:]}", hint=_START_HINT)
