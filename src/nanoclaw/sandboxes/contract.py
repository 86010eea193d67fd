"""What every sandbox kind promises. The conformance suite in ``tests/contracts/test_sandboxes.py`` holds them to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Protocol

from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.groups import GroupFolder

# The same places inside every kind of sandbox.
WORKSPACE = PurePosixPath("/workspace/group")
"""The group's own folder, the agent's working directory."""
GLOBAL_FOLDER = PurePosixPath("/workspace/global")
"""What all groups read."""
AGENT_HOME = PurePosixPath("/home/agent")
"""A small tmpfs; only :data:`CLAUDE_HOME` below it outlives the sandbox."""
CLAUDE_HOME = AGENT_HOME / ".claude"
"""``CLAUDE_CONFIG_DIR``: settings and transcripts of this group."""
GATEWAY = PurePosixPath("/run/nanoclaw")
"""The directory with the gateway's two sockets, ``model.sock`` and ``proxy.sock``."""
MODEL_PORT = 8181
"""127.0.0.1 port inside that is forwarded to ``model.sock``."""
PROXY_PORT = 8182
"""127.0.0.1 port inside that is forwarded to ``proxy.sock``."""


class SandboxKind(StrEnum):
    """The engines we can run agents on."""

    DOCKER = "docker"
    PODMAN = "podman"
    APPLE = "apple-container"
    BUBBLEWRAP = "bubblewrap"


class SandboxError(NanoclawError):
    """A sandbox could not be prepared, started, listed or stopped."""


class EngineUnavailableError(SandboxError):
    """The container engine is missing, does not answer or refuses us."""


class ImageMissingError(SandboxError):
    """The agent image is not there, or is not the one this version needs."""


class ImageBuildError(SandboxError):
    """The agent image could not be built: no base image, no disk, a failing step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """A host folder (absolute, must exist) shown inside at ``target``."""

    source: Path
    target: PurePosixPath
    writable: bool = False
    identity: tuple[int, int] | None = None
    """Device and inode of the folder that was meant. What turns out to be another one inside, because its name was
    given to something else meanwhile, starts nothing. None: not looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one agent may use. Sizes in MiB."""

    memory_mib: int = 2048
    cpus: float = 2.0
    processes: int = 512
    open_files: int = 4096
    file_size_mib: int = 2048
    tmp_mib: int = 512
    home_mib: int = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxPlan:
    """Everything a sandbox needs to run one agent."""

    name: str
    """Unique for each start, made of ``[a-z0-9-]``; how :meth:`Sandbox.stop` finds it."""
    group: GroupFolder
    mounts: tuple[Mount, ...]
    gateway: Path
    """Host directory that holds this agent's ``model.sock`` and ``proxy.sock``; shown inside at :data:`GATEWAY`."""
    environment: dict[str, str] = field(default_factory=dict)
    """Readable by the agent: placeholders only, never a secret."""
    limits: Limits = field(default_factory=Limits)
    program: tuple[str, ...] = ("claude",)
    """What runs inside; anything but ``claude`` is for checks and tests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxReport:
    """Whether a kind can be used here, in words for a person."""

    kind: SandboxKind
    usable: bool
    version: str = ""
    ready: bool = False
    """Usable, and its image is built and current (always so for bubblewrap)."""
    problem: str = ""
    hint: str = ""
    notes: tuple[str, ...] = ()
    """What holds the limits here, such as "memory by a systemd user scope"."""


class EndReason(StrEnum):
    """Why a sandbox ended, as far as the engine can tell."""

    EXITED = "exited"
    OUT_OF_MEMORY = "out of memory"
    ENGINE_LOST = "engine lost"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningSandbox:
    """A live sandbox of this installation."""

    name: str
    group: GroupFolder
    since: str = ""


class SandboxState(StrEnum):
    """What an engine says of a sandbox."""

    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSandbox:
    """A sandbox of this installation, whether it runs or not. ``since`` is ISO 8601 in UTC, empty where unknown."""

    name: str
    group: GroupFolder
    state: SandboxState
    since: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxUsage:
    """What a running sandbox uses now. Memory in bytes; None: the engine does not say."""

    name: str
    memory: int
    memory_limit: int | None
    cpu_percent: float | None
    """Of one processor: 200 is two of them."""
    processes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What the engine remembers of a sandbox: ``start``, ``oom``, ``die`` and the like. ``at`` is ISO 8601 in UTC."""

    at: str
    name: str
    what: str
    status: str = ""
    """The exit status, with an end."""


Progress = Callable[[str], None]
"""Told a line of progress at a time."""


class Sandbox(Protocol):
    """One kind of sandbox for one installation (home folder).

    Everything is safe to cancel at any await: a cancelled :meth:`prepare` may be repeated, a cancelled :meth:`stop`
    leaves either a running or a stopped sandbox.
    """

    @property
    def kind(self) -> SandboxKind:
        """Which engine this is."""
        ...

    @property
    def workspace_owner(self) -> tuple[int, int] | None:
        """The (uid, gid) on the host that the agent's writable folders and the sockets must belong to.

        None when the agent acts as the user that runs the daemon, so nothing needs to change hands.
        """
        ...

    async def report(self) -> SandboxReport:
        """Look at the engine; takes at most 5 s, never raises."""
        ...

    async def prepare(self, progress: Progress) -> None:
        """Make the next start possible: build the image if it is missing or outdated.

        Raises:
            EngineUnavailableError: no engine answers.
            ImageBuildError: the build failed.
        """
        ...

    def command(self, plan: SandboxPlan) -> Sequence[str]:
        """The argv that runs ``claude`` in a fresh sandbox, to which the program's own arguments are appended.

        The process speaks over its standard streams, ends when ``claude`` ends, and takes the sandbox with it.
        """
        ...

    async def stop(self, name: str) -> None:
        """End a sandbox and every process in it, now. Quiet when it is gone already."""
        ...

    async def running(self) -> tuple[RunningSandbox, ...]:
        """This installation's live sandboxes. Raises EngineUnavailableError when the engine does not answer."""
        ...

    async def reap(self) -> tuple[str, ...]:
        """Remove every sandbox that an earlier daemon of this installation left behind; names what it removed."""
        ...

    async def why_ended(self, name: str, since: Milliseconds) -> EndReason:
        """Why the sandbox called ``name``, started after ``since``, is no more."""
        ...


class TendedSandbox(Sandbox, Protocol):
    """A kind as the person sees it who looks after the machine. Only this installation's sandboxes are touched."""

    async def listed(self) -> tuple[ListedSandbox, ...]:
        """Every sandbox the engine has, running or not. Raises EngineUnavailableError."""
        ...

    async def usage(self) -> tuple[SandboxUsage, ...]:
        """What each running sandbox uses; takes some seconds. Raises EngineUnavailableError."""
        ...

    async def happenings(self, since: Milliseconds) -> tuple[Happening, ...]:
        """What the engine remembers since then, oldest first; engines forget. Raises EngineUnavailableError."""
        ...

    def entrance(self, name: str, program: Sequence[str], *, terminal: str) -> Sequence[str]:
        """The argv that runs a program inside a running sandbox, as the agent's user, on this process's streams.

        ``terminal``: what kind the streams' terminal is, such as ``xterm``, and the program gets one of its own; empty:
        they are none.

        Raises:
            SandboxError: the sandbox does not run, or this kind cannot be entered here.
        """
        ...
