"""Which manager looks after a home, and what its service is to be."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from nanoclaw.operations.service.contract import Account, Confinement, Scope, ServiceKeeper, ServicePlan
from nanoclaw.operations.service.errors import NotInstalledError, ServiceError, UnfitServiceError
from nanoclaw.operations.service.launchd import Launchd
from nanoclaw.operations.service.machine import Machine, find_account, owner_of
from nanoclaw.operations.service.names import unit_name
from nanoclaw.operations.service.systemd import Systemd, our_units
from nanoclaw.operations.service.unit import user_of
from nanoclaw.settings.home import Home
from nanoclaw.settings.load import load_settings

_FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
_ENGINES = ("docker", "podman", "container")
_ENGINE_VARIABLES = ("DOCKER_HOST", "DOCKER_CONTEXT", "CONTAINER_HOST")


def choose_keeper(machine: Machine, home: Path, scope: Scope, account: Account | None = None) -> ServiceKeeper:
    """The manager for one scope. ``account``: who runs a system unit; the home's owner where it is not named.

    Raises:
        UnfitServiceError: there is no such scope here, or no such account.
    """
    if machine.platform == "darwin":
        if scope is Scope.SYSTEM:
            raise UnfitServiceError(
                "On macOS the service is the account's own", hint="Leave --system out: agents need your session."
            )
        return Launchd(machine=machine, home=home, account=machine.account)
    if scope is Scope.SYSTEM:
        return Systemd(machine=machine, home=home, account=account or _runner(machine, home), scope=scope)
    return Systemd(machine=machine, home=home, account=machine.account, scope=scope)


def find_installed(machine: Machine, home: Path, scope: Scope | None = None) -> ServiceKeeper:
    """The manager that has a service of this home, the account's own first.

    Raises:
        NotInstalledError: none has.
    """
    scopes = [scope] if scope else [Scope.USER] if machine.platform == "darwin" else [Scope.USER, Scope.SYSTEM]
    for each in scopes:
        try:
            keeper = choose_keeper(machine, home, each)
        except ServiceError:
            continue  # Nobody's home, and no unit names it.
        if keeper.installed():
            return keeper
    raise NotInstalledError(f"There is no service for {home}", hint="`nanoclaw service install` makes one.")


def refuse_second(machine: Machine, plan: ServicePlan) -> None:
    """One home has one service: two would wait for each other.

    Raises:
        ServiceError: the other manager has one.
    """
    units = our_units(machine) if machine.platform != "darwin" else ()
    seen = [path for path, home in units if home == plan.home]
    theirs = plan.account.home / ".config/systemd/user" / f"{unit_name(plan.home, plan.account, Scope.USER)}.service"
    if plan.scope is Scope.SYSTEM and theirs.exists():
        seen.append(theirs)
    system = machine.system_units
    for path in seen:
        if (path.parent == system) != (plan.scope is Scope.SYSTEM):
            raise ServiceError(
                f"{plan.home} has a service already: {path}",
                hint="`nanoclaw service uninstall` removes it, with --system if it is the machine's.",
            )


def _runner(machine: Machine, home: Path) -> Account:
    """Who runs a home's system unit: as its unit says, where there is one, else the home's owner."""
    for path, units_home in our_units(machine):
        if units_home == home and path.parent == machine.system_units:
            user = user_of(path.read_text(encoding="utf-8", errors="replace"))
            if user is not None:
                return find_account(user)
    return owner_of(home)


def choose_account(machine: Machine, home: Path, scope: Scope, name: str | None) -> Account:
    """Who is to run the daemon.

    Raises:
        UnfitServiceError: root as a system service, or an account that is not there.
    """
    if scope is Scope.USER:
        if name is not None and name != machine.account.name:
            raise UnfitServiceError(
                f"A service of your own runs as {machine.account.name}", hint="--account goes with --system."
            )
        return machine.account
    account = find_account(name) if name else owner_of(home)
    if account.uid == 0:
        raise UnfitServiceError(
            f"A system service does not run as root, and {home} would",
            hint="`useradd --system --create-home --shell /usr/sbin/nologin nanoclaw` makes an account; then"
            " --home ~nanoclaw/.nanoclaw service install --system --account nanoclaw.",
        )
    return account


def draw_plan(
    home: Home, program: tuple[str, ...], account: Account, scope: Scope, environment: Mapping[str, str]
) -> ServicePlan:
    """The service of a home by its settings. ``program`` is the interpreter and how it starts the command.

    Raises:
        SettingsError: the configuration cannot be read; the service could not start.
        UnfitServiceError: Podman in a system service, or a password in a variable.
    """
    settings = load_settings(home)
    if scope is Scope.SYSTEM and settings.sandbox.kind == "podman":
        raise UnfitServiceError(
            "Podman without root needs the account's own manager, and cannot be closed off",
            hint="Leave --system out, and have the account linger; or choose docker or bubblewrap.",
        )
    engine = settings.sandbox.kind == "docker"
    return ServicePlan(
        home=home.root,
        program=program,
        account=account,
        scope=scope,
        confinement=Confinement.ENGINE if engine else Confinement.NAMESPACES,
        stop_seconds=settings.agents.stop_seconds,
        environment=_variables(environment),
        copies=tuple(map(Path, settings.backup.copies)),
    )


def _variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Where programs are and which engine to use: what a manager's own environment lacks."""
    path = environment.get("PATH", "")
    found = [shutil.which(engine, path=path) for engine in _ENGINES]
    folders = [str(Path(program).parent) for program in found if program and Path(program).is_absolute()]
    kept = {name: environment[name] for name in _ENGINE_VARIABLES if environment.get(name)}
    for name, value in kept.items():
        if "@" in value and ":" in value.partition("://")[2].rpartition("@")[0]:
            raise UnfitServiceError(f"{name} holds a password", hint="Use a Docker context or a key instead.")
    return {"PATH": os.pathsep.join(dict.fromkeys([*_FOLDERS, *folders])), **kept}
