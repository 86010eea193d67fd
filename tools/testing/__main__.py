"""The order of the run: fast checks, then what tests need, then the tests; always all of it, then the summary."""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tools.testing import base_image, checks, crabline, packages, suites, surroundings
from tools.testing.engine import Engine
from tools.testing.steps import Shell, StepFailedError, StepNotRunError, Steps, say

_ROOT = Path(__file__).resolve().parents[2]
_EPILOG = """
Without arguments everything runs: the checks, and all tests but those of the separate suites. A suite runs without the
checks. Other arguments go to pytest, and then neither the checks run nor anything is installed.
"""

_SIDE_BY_SIDE = (f"--numprocesses={min(4, (os.cpu_count() or 1) + 1)}", "--dist=loadfile", "--no-loadscope-reorder")
"""Most tests of whole installations wait, so there is one process more than processors. Those of one file stay
together, because they may share what is costly; files go in the order of ``tests/conftest.py``."""

_COVERAGE = ("--cov", "--cov-report=term")
"""Asked for by name: tracing costs a quarter of the processors' time, for it follows every program the tests start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Selection:
    suite: str | None
    coverage: bool
    pytest_arguments: Sequence[str]

    @property
    def reason_against_checks(self) -> str | None:
        """Why the code is not checked; None when it is."""
        return "a suite was chosen" if self.suite else self.reason_against_installing

    @property
    def reason_against_installing(self) -> str | None:
        """Why no packages are installed; None when they are."""
        return "pytest arguments were given" if self.pytest_arguments else None

    def pytest_command(self) -> list[str]:
        """Tests by name, by suite, or all."""
        chosen = [suites.SUITES[self.suite].folder] if self.suite else []
        whole = [] if chosen or self.pytest_arguments else [*_SIDE_BY_SIDE, "--durations=20"]
        traced = _COVERAGE if self.coverage else ()
        return [sys.executable, "-m", "pytest", *chosen, *whole, *traced, *self.pytest_arguments]


def _parse(arguments: Sequence[str]) -> _Selection:
    parser = argparse.ArgumentParser(
        prog="./nanoclaw test",
        usage="%(prog)s [--suite NAME] [--coverage] [PYTEST ARGUMENT ...]",
        description="Install what the tests need, check the code, run the tests.",
        epilog=_EPILOG,
        allow_abbrev=False,
    )
    parser.add_argument("--suite", choices=sorted(suites.SUITES), help="run this suite instead of the normal tests")
    parser.add_argument("--coverage", action="store_true", help="say which branches were not taken; takes longer")
    chosen, others = parser.parse_known_args(arguments)
    others = [other for other in others if other != "--"]
    return _Selection(suite=chosen.suite, coverage=chosen.coverage, pytest_arguments=others)


def main(arguments: Sequence[str]) -> int:
    """Run what was chosen; 0 when nothing failed."""
    selection = _parse(arguments)
    for one in (signal.SIGINT, signal.SIGTERM):  # the engine must be stopped in either case
        # The first is ignored where a shell began this in the background, and what tests start would inherit that.
        signal.signal(one, signal.default_int_handler)
    steps = Steps()
    with tempfile.TemporaryDirectory(prefix="nanoclaw-test-home-", ignore_cleanup_errors=True) as home:
        try:
            _run(selection, steps, Path(home))
        except KeyboardInterrupt:
            say("\n" + steps.summary() + "\nInterrupted.")
            return 130
    say("\n" + steps.summary())
    return steps.exit_code


def _run(selection: _Selection, steps: Steps, home: Path) -> None:
    cache = _ROOT / ".cache"
    shell = Shell(folder=_ROOT, logs=cache / "logs", environment=surroundings.scrubbed(os.environ, home))
    installer = Shell(folder=_ROOT, logs=cache / "logs", environment=surroundings.for_installs(os.environ, home))
    for name, command in checks.commands(_ROOT).items():
        steps.run(name, partial(_unless, selection.reason_against_checks, partial(checks.run, shell, name, command)))
    steps.run("packages", partial(_unless, selection.reason_against_installing, partial(packages.install, installer)))
    settings = Path(os.environ.get("NPM_CONFIG_USERCONFIG", Path.home() / ".npmrc"))
    server = partial(crabline.install, installer, settings)
    steps.run("crabline", partial(_unless, selection.reason_against_installing, server))
    engine = Engine(installer)
    with engine.stopped_at_the_end():
        answers = steps.run("docker engine", engine.start)
        made = steps.run("base image", partial(base_image.make, installer, cache) if answers else _without_engine)
        steps.run("podman image", partial(base_image.share_with_podman, installer, cache) if made else _without_base)
        steps.run("pytest", partial(_pytest, selection, shell))


def _unless(reason: str | None, action: partial[str]) -> str:
    if reason:
        raise StepNotRunError(reason)
    return action()


def _without_engine() -> str:
    raise StepNotRunError("no Docker engine answers")


def _without_base() -> str:
    raise StepNotRunError("there is no base image to carry over")


def _pytest(selection: _Selection, shell: Shell) -> str:
    """Pytest speaks to whoever watches, so its output goes through."""
    status = subprocess.run(
        selection.pytest_command(),
        cwd=shell.folder,
        env=dict(shell.environment),
        stdin=subprocess.DEVNULL,
        check=False,
    ).returncode
    if status:
        raise StepFailedError("no test was run" if status == 5 else f"pytest ended with status {status}")
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
