"""What every service manager does for one home, and what it is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol


class Scope(StrEnum):
    """Whose manager."""

    USER = "user"
    """The account's own. Nothing needs root; ends with the last session, unless the account lingers."""
    SYSTEM = "system"
    """The machine's. Needs root to install; starts with the machine and runs as the account."""


class Confinement(StrEnum):
    """How far a system unit can be closed off: by what starting agents needs."""

    ENGINE = "engine"
    """Agents are started by Docker, outside of the unit: it needs no namespaces."""
    NAMESPACES = "namespaces"
    """bubblewrap makes user namespaces inside the unit."""


class ServiceState(StrEnum):
    """How the service is."""

    NOT_INSTALLED = "not installed"
    RUNNING = "running"
    STARTING = "starting"
    """Also while the daemon waits after failed starts."""
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"
    """It ended, and nobody starts it again before somebody asks."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who the daemon runs as."""

    name: str
    uid: int
    home: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePlan:
    """What is to be installed."""

    home: Path
    """The home folder, absolute."""
    program: tuple[str, ...]
    """What starts the command, the interpreter's absolute path first; ``--home HOME run`` follows."""
    account: Account
    scope: Scope = Scope.USER
    confinement: Confinement = Confinement.NAMESPACES
    stop_seconds: float = 20
    """How long the daemon lets running turns finish."""
    env_file: Path | None = None
    """A private file with credentials that the manager hands over; its content is never read here."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """For the daemon. Readable by everybody on the machine: no secret."""
    copies: tuple[Path, ...] = ()
    """Folders outside of the home that backups are copied to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """What an installation did."""

    path: Path
    """The unit or the property list."""
    changed: bool
    """False: the same was there already."""
    was_there: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceReport:
    """How the service is, as its manager says."""

    state: ServiceState
    detail: str = ""
    """The manager's own words, such as what the daemon says it does."""
    pid: int | None = None
    restarts: int | None = None
    """How often it was started again by itself since somebody last started it; None: the manager does not say."""
    enabled: bool = False
    """It starts by itself, with the machine or with the account's session."""
    last_exit: str = ""
    """How the last process ended."""
    problems: tuple[str, ...] = ()
    """What will or may keep it from running, each with what to do."""


class ServiceKeeper(Protocol):
    """One manager in one scope, for one home. Every call may raise ServiceError."""

    @property
    def manager(self) -> str:
        """``systemd`` or ``launchd``."""
        ...

    @property
    def scope(self) -> Scope:
        """Whose manager."""
        ...

    @property
    def account(self) -> Account:
        """Who the daemon runs as."""
        ...

    @property
    def name(self) -> str:
        """The unit or label, made from the home's path."""
        ...

    @property
    def path(self) -> Path:
        """Where the unit or property list stands."""
        ...

    def installed(self) -> bool:
        """Whether a file of ours for this home is there."""
        ...

    def text(self, plan: ServicePlan) -> str:
        """The unit or property list."""
        ...

    def require(self) -> None:
        """Say why nothing can be installed here, if that is so."""
        ...

    def env_file(self) -> Path | None:
        """The file with credentials that the installed service hands over."""
        ...

    def install(self, plan: ServicePlan) -> Installed:
        """Write it and have it start by itself; installed twice is updated."""
        ...

    def uninstall(self) -> bool:
        """Stop it and remove what was installed; False when nothing was there."""
        ...

    def start(self) -> None:
        """Start it and wait until it works."""
        ...

    def stop(self) -> None:
        """Stop it in order and wait."""
        ...

    def restart(self) -> None:
        """Stop it in order and start it."""
        ...

    def report(self, plan: ServicePlan | None = None) -> ServiceReport:
        """How it is; compared with ``plan`` where one is given."""
        ...

    def journal(self, lines: int, *, follow: bool) -> tuple[str, ...]:
        """The command that prints what the manager kept of the service's output; empty: it keeps nothing."""
        ...
