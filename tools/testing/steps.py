"""A step: something that passes, fails, or is not run for a stated reason; and how long it took."""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

_LINES_SHOWN = 40


class StepFailedError(Exception):
    """The step found something wrong; the text says what, and where the whole output is."""


class StepNotRunError(Exception):
    """The step could not be run here; the text says why."""


class Outcome(StrEnum):
    """How a step ended."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One line of the summary."""

    step: str
    outcome: Outcome
    seconds: float
    detail: str

    def __str__(self) -> str:
        """As printed in the summary."""
        return f"  {self.outcome:<8} {self.step:<14} {self.seconds:7.1f} s  {self.detail}".rstrip()


class Steps:
    """Runs steps one after the other and remembers how each ended; a failed step stops no other."""

    def __init__(self) -> None:
        self.reports: list[Report] = []

    def run(self, step: str, action: Callable[[], str]) -> bool:
        """Run ``action``, which returns a detail for the summary; whether it passed."""
        say(f"== {step}")
        started = time.monotonic()
        try:
            outcome, detail = Outcome.PASSED, action()
        except StepFailedError as error:
            say(str(error))
            outcome, detail = Outcome.FAILED, str(error).splitlines()[-1]
        except StepNotRunError as error:
            say(f"not run: {error}")
            outcome, detail = Outcome.NOT_RUN, str(error)
        seconds = time.monotonic() - started
        self.reports.append(Report(step=step, outcome=outcome, seconds=seconds, detail=detail))
        return outcome is Outcome.PASSED

    def summary(self) -> str:
        """Every step with its outcome, time and reason."""
        return "\n".join(["Summary:", *map(str, self.reports)])

    @property
    def exit_code(self) -> int:
        """1 if any step failed."""
        return int(any(report.outcome is Outcome.FAILED for report in self.reports))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """Runs commands with one environment in one folder; what they say goes to a log file, shown when they fail."""

    folder: Path
    logs: Path
    environment: Mapping[str, str]

    def run(self, log_name: str, command: Sequence[str], *, seconds: float) -> None:
        """Run a command to its end.

        Raises:
            StepFailedError: it did not start, did not end within ``seconds``, or ended with a status other than 0.
        """
        self.logs.mkdir(parents=True, exist_ok=True)
        path = self.logs / f"{log_name}.log"
        with path.open("w") as log:
            try:
                ended = subprocess.run(
                    command,
                    cwd=self.folder,
                    env=dict(self.environment),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    timeout=seconds,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                problem = f"did not end within {seconds:.0f} s"
            except OSError as error:
                problem = f"did not start: {error.strerror}"
            else:
                if ended.returncode == 0:
                    return
                problem = f"ended with status {ended.returncode}"
        said = path.read_text(errors="replace").splitlines()[-_LINES_SHOWN:]
        raise StepFailedError("\n".join([*said, f"{problem}; see {path}"]))

    def succeeds(self, command: Sequence[str], *, seconds: float) -> bool:
        """Whether a command ends with status 0 in time; what it says is thrown away."""
        return self.output(command, seconds=seconds) is not None

    def output(self, command: Sequence[str], *, seconds: float) -> str | None:
        """What a command prints; None when it fails, does not end in time, or does not exist."""
        try:
            ended = subprocess.run(
                command,
                cwd=self.folder,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=seconds,
                check=True,
            )
        except (subprocess.SubprocessError, OSError):
            return None
        return ended.stdout


def say(text: str) -> None:
    """Tell whoever watches; standard output belongs to pytest."""
    sys.stdout.flush()
    print(text, file=sys.stderr, flush=True)
