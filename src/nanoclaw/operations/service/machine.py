"""The machine that services are installed on: its folders, its accounts, and the managers' own commands."""

import os
import pwd
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nanoclaw.operations.service.contract import Account
from nanoclaw.operations.service.errors import ServiceError, UnfitServiceError

_KEPT = ("PATH", "HOME", "LANG", "TERM", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "DBUS_SESSION_BUS_ADDRESS", "TMPDIR")
_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a command ended."""

    status: int
    out: str = ""
    error: str = ""

    @property
    def ok(self) -> bool:
        """It succeeded."""
        return self.status == 0


NOT_FOUND = Outcome(status=127, error="there is no such program")
LATE = Outcome(status=124, error="it did not end in time")

Runner = Callable[[Sequence[str], float], Outcome]
"""Runs a command with a deadline in seconds; never raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Where services go."""

    account: Account
    """Who we are."""
    run: Runner
    environment: Mapping[str, str]
    """Ours, for where an account keeps its configuration."""
    platform: str = sys.platform
    root: Path = Path("/")
    """Where the machine's own folders begin."""

    @property
    def is_root(self) -> bool:
        """Whether we may change the machine."""
        return self.account.uid == 0

    @property
    def has_systemd(self) -> bool:
        """Whether systemd looks after the machine: the test of sd_booted(3)."""
        return (self.root / "run/systemd/system").is_dir()

    @property
    def user_units(self) -> Path:
        """Our own units."""
        given = self.environment.get("XDG_CONFIG_HOME", "")
        base = Path(given) if given.startswith("/") else self.account.home / ".config"
        return base / "systemd" / "user"

    @property
    def system_units(self) -> Path:
        """The machine's units."""
        return self.root / "etc/systemd/system"

    @property
    def launch_agents(self) -> Path:
        """Our own launchd jobs."""
        return self.account.home / "Library" / "LaunchAgents"

    def lingers(self, account: Account) -> bool:
        """Whether the account's services run while it is not logged in."""
        return (self.root / "var/lib/systemd/linger" / account.name).exists()

    def call(self, *argv: str, seconds: float = _SECONDS) -> Outcome:
        """Run a command."""
        return self.run(argv, seconds)


def this_machine(environment: Mapping[str, str]) -> Machine:
    """The machine we run on, with the few variables that the managers' commands need."""
    kept = {name: environment[name] for name in _KEPT if name in environment}
    runtime = Path("/run/user", str(os.getuid()))
    if "XDG_RUNTIME_DIR" not in kept and runtime.is_dir():
        # After su or sudo the account's own manager is there all the same.
        kept["XDG_RUNTIME_DIR"] = str(runtime)
    return Machine(account=our_account(), run=runner(kept), environment=kept)


def runner(environment: Mapping[str, str]) -> Runner:
    """Runs commands with just this environment."""

    def run(argv: Sequence[str], seconds: float) -> Outcome:
        try:
            ended = subprocess.run(
                argv,
                env={**environment, "SYSTEMD_PAGER": "", "SYSTEMD_COLORS": "0", "LC_ALL": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=seconds,
                check=False,
            )
        except FileNotFoundError:
            return NOT_FOUND
        except PermissionError:
            return Outcome(status=126, error="it cannot be executed")
        except subprocess.TimeoutExpired:
            return LATE
        out, error = (part.decode("utf-8", "replace").strip() for part in (ended.stdout, ended.stderr))
        return Outcome(status=ended.returncode, out=out, error=error)

    return run


def our_account() -> Account:
    """Who we are.

    Raises:
        ServiceError: this user id has no name on this machine.
    """
    return _account(lambda: pwd.getpwuid(os.geteuid()), f"the user id {os.geteuid()}")


def find_account(name: str) -> Account:
    """The account of a name.

    Raises:
        UnfitServiceError: there is none.
    """
    try:
        return _account(lambda: pwd.getpwnam(name), name)
    except ServiceError as error:
        raise UnfitServiceError(f"There is no account {name}", hint="useradd makes one; see useradd(8).") from error


def owner_of(path: Path) -> Account:
    """Whose a folder is.

    Raises:
        ServiceError: it is not there, or its owner has no name.
    """
    try:
        uid = path.stat().st_uid
    except OSError as error:
        raise UnfitServiceError(
            f"Cannot tell whose {path} is: {error.strerror}",
            hint="Name the account that is to run the assistant with --account.",
        ) from error
    return _account(lambda: pwd.getpwuid(uid), f"the user id {uid}")


def _account(look: Callable[[], pwd.struct_passwd], who: str) -> Account:
    try:
        found = look()
    except KeyError as error:
        raise ServiceError(f"This machine knows no account for {who}") from error
    return Account(name=found.pw_name, uid=found.pw_uid, home=Path(found.pw_dir))
