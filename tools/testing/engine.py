"""A Docker engine that answers: the one of the machine, else one of our own for as long as the tests run."""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tools.testing.steps import Shell, StepFailedError, StepNotRunError

_ANSWER_SECONDS = 20
_START_SECONDS = 60
_STOP_SECONDS = 30
_WAYS_TO_START: tuple[Sequence[str], ...] = (
    (),
    # Where the kernel grants no packet filter or bridge. Agents have no network, so tests lose nothing.
    ("--iptables=false", "--ip6tables=false", "--bridge=none"),
)


_PID_FILES = {
    "dockerd": Path("/var/run/docker.pid"),
    "containerd": Path("/var/run/docker/containerd/containerd.pid"),
}


def remove_stale(pid_file: Path, program: str) -> None:
    """Remove what a killed engine left, if its number belongs to another program by now: no engine would start."""
    try:
        pid = int(pid_file.read_text())
        name = Path(f"/proc/{pid}/comm").read_text().strip()
    except (OSError, ValueError):
        return
    if name != program:
        pid_file.unlink(missing_ok=True)


def answers(shell: Shell) -> bool:
    """Whether an engine answers within a few seconds."""
    return shell.succeeds(["docker", "info"], seconds=_ANSWER_SECONDS)


class Engine:
    """The engine of this run. ``stop`` ends only what ``start`` started."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._own: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Make sure that an engine answers.

        Raises:
            StepNotRunError: none answers, and none can be started by this user.
            StepFailedError: one was started, and did not answer.
        """
        if answers(self._shell):
            return "the machine's own"
        dockerd = shutil.which("dockerd", path=self._shell.environment["PATH"])
        if dockerd is None or os.geteuid() != 0:
            why = "dockerd is not installed" if dockerd is None else "only root can start one"
            raise StepNotRunError(f"no Docker engine answers, and {why}: tests marked docker skip")
        for name, pid_file in _PID_FILES.items():
            remove_stale(pid_file, name)
        for options in _WAYS_TO_START:
            if self._start_with([dockerd, *options]):
                return " ".join(["started dockerd", *options])
        raise StepFailedError(f"dockerd does not answer; see {self._log}")

    def stop(self) -> None:
        """End the engine that we started, if any."""
        if self._own is None:
            return
        self._own.terminate()
        try:
            self._own.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._own.kill()
            self._own.wait()
        self._own = None

    @contextlib.contextmanager
    def stopped_at_the_end(self) -> Iterator[None]:
        """Stop our engine on the way out."""
        try:
            yield
        finally:
            self.stop()

    @property
    def _log(self) -> Path:
        return self._shell.logs / "dockerd.log"

    def _start_with(self, command: list[str]) -> bool:
        self._shell.logs.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            self._own = subprocess.Popen(
                command,
                env=dict(self._shell.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C is for the tests; we stop the engine after them
            )
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._own.poll() is None:
            if answers(self._shell):
                return True
            time.sleep(0.25)
        self.stop()
        return False
