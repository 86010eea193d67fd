"""systemd: the account's own manager, or the machine's."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from nanoclaw.operations.service import files
from nanoclaw.operations.service.contract import (
    Account,
    Installed,
    Scope,
    ServicePlan,
    ServiceReport,
    ServiceState,
)
from nanoclaw.operations.service.errors import (
    ForeignServiceError,
    NoServiceManagerError,
    NotPermittedError,
    ServiceError,
)
from nanoclaw.operations.service.machine import Machine, Outcome
from nanoclaw.operations.service.names import unit_name
from nanoclaw.operations.service.unit import env_file_of, home_of, is_current, program_of, unit_text

_STATES = {
    "active": ServiceState.RUNNING,
    "reloading": ServiceState.RUNNING,
    "activating": ServiceState.STARTING,
    "deactivating": ServiceState.STOPPING,
    "inactive": ServiceState.STOPPED,
    "failed": ServiceState.FAILED,
}
_ALIVE = {ServiceState.RUNNING, ServiceState.STARTING, ServiceState.STOPPING}
_PROPERTIES = (
    "LoadState,ActiveState,SubState,MainPID,NRestarts,UnitFileState,StatusText,Result,ExecMainCode,ExecMainStatus,"
    "FragmentPath,NeedDaemonReload"
)
_START_SECONDS = 1200.0
_STOP_SECONDS = 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Systemd:
    """The unit of one home, run by ``account``."""

    machine: Machine
    home: Path
    account: Account
    scope: Scope
    manager: str = "systemd"

    @property
    def name(self) -> str:
        """The unit, with its suffix."""
        return f"{unit_name(self.home, self.account, self.scope)}.service"

    @property
    def path(self) -> Path:
        """The unit's file."""
        units = self.machine.system_units if self.scope is Scope.SYSTEM else self.machine.user_units
        return units / self.name

    def installed(self) -> bool:
        """Whether our unit for this home is there."""
        return files.read_own(self.path, self.home, home_of) is not None

    def text(self, plan: ServicePlan) -> str:
        """The unit."""
        return unit_text(plan)

    def require(self) -> None:
        """There is a systemd, and we may change this scope's units."""
        self._require_root()
        self._require_manager()

    def env_file(self) -> Path | None:
        """The file that the unit hands over."""
        return env_file_of(files.read_own(self.path, self.home, home_of) or "")

    def install(self, plan: ServicePlan) -> Installed:
        """Write the unit, and have it start by itself."""
        text = self.text(plan)
        self.require()
        before = files.read_own(self.path, self.home, home_of)
        if before is None:
            self._refuse_another()
        if before != text:
            files.write(self.path, text, 0o644)
            self._systemctl("daemon-reload")
        if before != text or self._show().get("UnitFileState") != "enabled":
            self._systemctl("enable", self.name)
        return Installed(path=self.path, changed=before != text, was_there=before is not None)

    def uninstall(self) -> bool:
        """Stop it, and remove the unit."""
        if not self.installed():
            return False
        self.require()
        self._systemctl("disable", "--now", self.name, seconds=_STOP_SECONDS)
        files.remove(self.path)
        self._systemctl("daemon-reload")
        # Only a failed unit has something to forget.
        self._call("reset-failed", self.name)
        return True

    def start(self) -> None:
        """Start it; returns when the daemon says that it works."""
        self._begin("start")

    def stop(self) -> None:
        """Stop it in order."""
        self._change("stop", _STOP_SECONDS)

    def restart(self) -> None:
        """Stop it in order, and start it."""
        self._begin("restart")

    def report(self, plan: ServicePlan | None = None) -> ServiceReport:
        """How it is."""
        text = files.read_own(self.path, self.home, home_of)
        strays = tuple(self._strays())
        if text is None:
            return ServiceReport(state=ServiceState.NOT_INSTALLED, problems=strays)
        try:
            self._require_manager()
            shown = self._show()
        except ServiceError as error:
            return ServiceReport(state=ServiceState.UNKNOWN, problems=(f"{error}. {error.hint}", *strays))
        pid = _number(shown.get("MainPID"))
        state = _STATES.get(shown.get("ActiveState", ""), ServiceState.UNKNOWN)
        said = shown.get("StatusText") if state in _ALIVE else ""  # what a process that is gone said last is no news
        return ServiceReport(
            state=state,
            detail=said or shown.get("SubState", ""),
            pid=pid or None,
            restarts=_number(shown.get("NRestarts")),
            enabled=shown.get("UnitFileState") == "enabled",
            last_exit=_last_exit(shown),
            problems=(*self._problems(text, shown, plan), *strays),
        )

    def journal(self, lines: int, *, follow: bool) -> tuple[str, ...]:
        """``journalctl`` for the unit."""
        # Not --user: entries of accounts with a number below 1000 are in the machine's journal.
        unit = "--user-unit" if self.scope is Scope.USER else "--unit"
        more = ("--follow",) if follow else ()
        return ("journalctl", unit, self.name, "--lines", str(lines), "--output", "json", "--quiet", *more)

    def _problems(self, text: str, shown: Mapping[str, str], plan: ServicePlan | None) -> Iterator[str]:
        program = program_of(text)
        renew = "`nanoclaw service install` writes it anew."
        if program is not None and not program.exists():
            yield f"The unit starts {program}, which is not there any more. {renew}"
        elif plan is not None and not is_current(text, self.text(plan)):
            yield f"The unit is not what would be written now. {renew}"
        if not self.home.is_dir():
            yield f"The home {self.home} is not there."
        if shown.get("UnitFileState") != "enabled":
            yield f"It does not start by itself. `nanoclaw service install` or `systemctl enable {self.name}` mends it."
        if shown.get("NeedDaemonReload") == "yes":
            yield "The unit was changed, and systemd has not read it since. `systemctl daemon-reload` has it read."
        if self.scope is Scope.USER and not self.machine.lingers(self.account):
            yield linger_advice(self.account)

    def _strays(self) -> Iterator[str]:
        """Units of ours whose home is gone, as after a move."""
        for path, home in our_units(self.machine):
            if path != self.path and not home.exists():
                yield (
                    f"{path.name} was made for {home}, which is not there any more. If it was moved,"
                    f" `nanoclaw --home '{home}' service uninstall` removes the old unit."
                )

    def _begin(self, verb: str) -> None:
        self.require()
        # Who asks for a start has looked: earlier ones must not count against systemd's limit of starts.
        self._call("reset-failed", self.name)
        self._change(verb, _START_SECONDS)

    def _change(self, verb: str, seconds: float) -> None:
        self.require()
        outcome = self._call(verb, self.name, seconds=seconds)
        if not outcome.ok:
            shown = self._show()
            ended = _last_exit(shown)
            raise ServiceError(
                f"systemctl {verb} {self.name} failed: {ended or _first_line(outcome)}",
                hint="`nanoclaw service logs` shows why.",
            )

    def _refuse_another(self) -> None:
        """A unit of this name from elsewhere, such as a package, would be hidden by ours."""
        shown = self._show()
        fragment = shown.get("FragmentPath", "")
        if shown.get("LoadState") not in {None, "not-found"} and fragment and Path(fragment) != self.path:
            raise ForeignServiceError(f"There is a unit {self.name} already, at {fragment}", hint="It stays as it is.")

    def _require_manager(self) -> None:
        if not self.machine.has_systemd:
            raise NoServiceManagerError("systemd does not look after this machine", hint=INSTEAD)
        outcome = self._call("show", "--property=Version")
        if not outcome.ok:
            raise NoServiceManagerError(
                f"Cannot reach {self.scope} systemd: {_first_line(outcome)}",
                hint=f"Log in as {self.account.name} itself rather than by su or sudo, or have it linger:"
                f" `loginctl enable-linger {self.account.name}`. Or use --system."
                if self.scope is Scope.USER
                else INSTEAD,
            )

    def _require_root(self) -> None:
        if self.scope is Scope.SYSTEM and not self.machine.is_root:
            raise NotPermittedError(
                f"Only root may change the machine's unit {self.name}",
                hint="Do it with sudo, or leave out --system for a service of your own account.",
            )

    def _show(self) -> dict[str, str]:
        outcome = self._systemctl("show", self.name, f"--property={_PROPERTIES}")
        return dict(line.split("=", 1) for line in outcome.out.splitlines() if "=" in line)

    def _systemctl(self, *arguments: str, seconds: float = 30) -> Outcome:
        outcome = self._call(*arguments, seconds=seconds)
        if not outcome.ok:
            raise ServiceError(f"systemctl {arguments[0]} failed: {_first_line(outcome)}")
        return outcome

    def _call(self, *arguments: str, seconds: float = 30) -> Outcome:
        user = ("--user",) if self.scope is Scope.USER else ()
        return self.machine.call("systemctl", *user, "--no-pager", "--no-ask-password", *arguments, seconds=seconds)


def our_units(machine: Machine) -> Iterator[tuple[Path, Path]]:
    """Every unit of ours that we can see, the account's and the machine's, with its home."""
    for folder in (machine.user_units, machine.system_units):
        for path in sorted(folder.glob("nanoclaw*.service")):
            if path.is_symlink() or not path.is_file():
                continue
            if (home := home_of(files.read(path) or "")) is not None:
                yield path, home


INSTEAD = (
    "Have whatever starts things here run `nanoclaw run` with NANOCLAW_SUPERVISED=1 set and start it again when it"
    " ends; in WSL, systemd=true under [boot] in /etc/wsl.conf starts systemd. See docs/how-to/run-as-a-service.md."
)


def linger_advice(account: Account) -> str:
    """What is missing for a service that outlives a session."""
    return (
        f"{account.name} does not linger: the service ends with the last session, and does not start with the machine."
        f" `loginctl enable-linger {account.name}` changes that."
    )


def _last_exit(shown: Mapping[str, str]) -> str:
    result = shown.get("Result", "")
    if result in {"", "success"}:
        return ""
    return f"{result}, status {shown['ExecMainStatus']}" if shown.get("ExecMainStatus", "0") != "0" else result


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None


def _first_line(outcome: Outcome) -> str:
    return next(iter((outcome.error or outcome.out).splitlines()), f"status {outcome.status}")
