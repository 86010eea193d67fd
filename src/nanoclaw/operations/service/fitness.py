"""What must be true before a service is installed: the account can run it, its files are private, the home is there."""

from pathlib import Path

from nanoclaw.operations.service.contract import Account, Scope, ServicePlan
from nanoclaw.operations.service.errors import UnfitServiceError
from nanoclaw.operations.service.machine import Machine
from nanoclaw.settings.home import Home

_TRIAL_SECONDS = 60.0


def check_env_file(path: Path) -> Path:
    """The absolute path of a file with credentials, if it is private.

    Raises:
        UnfitServiceError: it is not there, no ordinary file, or others can read it.
    """
    path = path.expanduser().absolute()
    try:
        mode = path.lstat().st_mode
    except OSError as error:
        raise UnfitServiceError(f"Cannot use {path}: {error.strerror}", hint="Name an existing file.") from error
    if path.is_symlink() or not path.is_file():
        raise UnfitServiceError(f"{path} is not an ordinary file", hint="Name the file itself.")
    if mode & 0o077:
        raise UnfitServiceError(f"Others can read {path}", hint=f"chmod 600 '{path}'")
    return path


def make_home(machine: Machine, home: Home, account: Account) -> None:
    """The home folder, the account's own.

    Raises:
        HomeError: it cannot be made.
        UnfitServiceError: the account cannot make it, or it is another account's.
    """
    if account.uid == machine.account.uid:
        home.create()
        return
    if not home.root.exists():
        # As the account itself: root would follow whatever the account put in its way.
        made = machine.call("runuser", "-u", account.name, "--", "mkdir", "-m", "700", "--", str(home.root))
        if not made.ok:
            raise UnfitServiceError(
                f"{account.name} cannot make {home.root}: {made.error or f'status {made.status}'}",
                hint=f"install -d -m 700 -o {account.name} '{home.root}'",
            )
        return
    if (owner := home.root.stat().st_uid) != account.uid:
        raise UnfitServiceError(
            f"{home.root} belongs to the user id {owner}, not to {account.name}",
            hint=f"chown -R {account.name} '{home.root}', or leave --account out.",
        )


def check_program(machine: Machine, plan: ServicePlan) -> None:
    """Try the program, as the account that will run it.

    Raises:
        UnfitServiceError: it does not start.
    """
    if plan.scope is Scope.SYSTEM and plan.account.uid != machine.account.uid:
        argv = ("runuser", "-u", plan.account.name, "--", *plan.program, "--help")
    else:
        argv = (*plan.program, "--help")
    outcome = machine.call(*argv, seconds=_TRIAL_SECONDS)
    if not outcome.ok:
        why = next(iter((outcome.error or outcome.out).splitlines()[-1:]), f"status {outcome.status}")
        raise UnfitServiceError(
            f"{plan.account.name} cannot run {plan.program[0]}: {why}",
            hint="Put the program where that account can read it, such as /opt/nanoclaw.",
        )
