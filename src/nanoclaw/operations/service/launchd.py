"""launchd: jobs of the account that is logged in. Written by Apple's documentation; not run on macOS yet."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nanoclaw.operations.service import files
from nanoclaw.operations.service.contract import Account, Installed, Scope, ServicePlan, ServiceReport, ServiceState
from nanoclaw.operations.service.errors import NoServiceManagerError, ServiceError
from nanoclaw.operations.service.machine import Machine, Outcome
from nanoclaw.operations.service.names import label
from nanoclaw.operations.service.property_list import home_of, is_current, program_of, property_list

_STOP_SECONDS = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Launchd:
    """The job of one home."""

    machine: Machine
    home: Path
    account: Account
    manager: str = "launchd"
    scope: Scope = Scope.USER

    @property
    def name(self) -> str:
        """The label."""
        return label(self.home, self.account)

    @property
    def path(self) -> Path:
        """The property list's file."""
        return self.machine.launch_agents / f"{self.name}.plist"

    @property
    def _domain(self) -> str:
        return f"gui/{self.account.uid}"

    @property
    def _target(self) -> str:
        return f"{self._domain}/{self.name}"

    def installed(self) -> bool:
        """Whether our list for this home is there."""
        return files.read_own(self.path, self.home, home_of) is not None

    def text(self, plan: ServicePlan) -> str:
        """The property list."""
        return property_list(plan)

    def require(self) -> None:
        """There is a launchctl."""
        if not self._call("version").ok:
            raise NoServiceManagerError("launchctl does not answer", hint="It is a part of macOS.")

    def env_file(self) -> Path | None:
        """None: launchd hands over no files."""
        return None

    def install(self, plan: ServicePlan) -> Installed:
        """Write the list; launchd reads it at the next login, or when it is started."""
        text = self.text(plan)
        before = files.read_own(self.path, self.home, home_of)
        if before != text:
            # A loaded job goes on with its old list until it is loaded anew.
            self._unload()
            files.write(self.path, text, 0o600)
        self._launchctl("enable", self._target)
        return Installed(path=self.path, changed=before != text, was_there=before is not None)

    def uninstall(self) -> bool:
        """Stop it, and remove the list."""
        if not self.installed():
            return False
        self._unload()
        files.remove(self.path)
        return True

    def start(self) -> None:
        """Load it, which starts it; a loaded one is started."""
        if self._loaded():
            self._launchctl("kickstart", self._target)
        else:
            self._launchctl("bootstrap", self._domain, str(self.path))

    def stop(self) -> None:
        """Unload it, so that nobody starts it again before the next login."""
        self._unload()

    def restart(self) -> None:
        """Stop it in order, and load it."""
        self._unload()
        self.start()

    def report(self, plan: ServicePlan | None = None) -> ServiceReport:
        """How it is, as ``launchctl print`` says."""
        text = files.read_own(self.path, self.home, home_of)
        if text is None:
            return ServiceReport(state=ServiceState.NOT_INSTALLED)
        problems = tuple(self._problems(text, plan))
        printed = self._call("print", self._target)
        if not printed.ok:
            return ServiceReport(state=ServiceState.STOPPED, detail="not loaded", enabled=True, problems=problems)
        word, runs, ended = (_field(printed.out, name) for name in ("state", "runs", "last exit code"))
        pid = _field(printed.out, "pid")
        return ServiceReport(
            state=ServiceState.RUNNING if word == "running" else ServiceState.STOPPED,
            detail=word,
            pid=int(pid) if pid.isdigit() else None,
            restarts=max(int(runs) - 1, 0) if runs.isdigit() else None,
            enabled=True,
            last_exit="" if ended in {"", "0", "(never exited)"} else f"status {ended}",
            problems=problems,
        )

    def journal(self, lines: int, *, follow: bool) -> tuple[str, ...]:
        """Nothing: launchd writes to a file in the home."""
        del lines, follow
        return ()

    def _problems(self, text: str, plan: ServicePlan | None) -> Iterator[str]:
        program = program_of(text)
        renew = "`nanoclaw service install` writes it anew."
        if program is not None and not program.exists():
            yield f"The job starts {program}, which is not there any more. {renew}"
        elif plan is not None and not is_current(text, self.text(plan)):
            yield f"The job is not what would be written now. {renew}"
        if not self.home.is_dir():
            yield f"The home {self.home} is not there."

    def _loaded(self) -> bool:
        return self._call("print", self._target).ok

    def _unload(self) -> None:
        """``bootout`` may return before the process has ended; loading again would then fail."""
        if not self._loaded():
            return
        self._call("bootout", self._target, seconds=_STOP_SECONDS)
        end = time.monotonic() + _STOP_SECONDS
        while self._loaded():
            if time.monotonic() > end:
                raise ServiceError(f"{self.name} did not end in {_STOP_SECONDS:.0f} s", hint="See its log.")
            time.sleep(0.2)

    def _launchctl(self, *arguments: str) -> Outcome:
        outcome = self._call(*arguments)
        if not outcome.ok:
            why = next(iter((outcome.error or outcome.out).splitlines()), f"status {outcome.status}")
            raise ServiceError(
                f"launchctl {arguments[0]} failed: {why}",
                hint="A job needs the account's session: log in at the machine's screen once.",
            )
        return outcome

    def _call(self, *arguments: str, seconds: float = 30) -> Outcome:
        return self.machine.call("launchctl", *arguments, seconds=seconds)


def _field(printed: str, name: str) -> str:
    found = re.search(rf"^\t?\s*{re.escape(name)} = (.+)$", printed, re.MULTILINE)
    return found[1].strip() if found else ""
