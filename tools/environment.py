"""Make the virtual environment that a lock file describes; called by the launcher when it is missing or out of date.

Usage: ``python -I tools/environment.py REPOSITORY run`` (or ``test``), and ``… REPOSITORY add EXTRA…``, by which the
environment that runs gets the libraries of a channel, too. Standard library only. The environment is built beside its
place and renamed into it, and the copy of the lock file in it is written before that, so that a kill at any moment
leaves either the old environment or the new one. One builder at a time holds a lock of the operating system, which ends
with its process. The environment works from wherever the repository is moved to: ``bin/python`` is a link, and the path
to ``src`` is relative.

Which extras were added stands in ``.extras``: the name of their lock file, such as ``telegram+whatsapp``. It is written
once the environment that has them is in its place, so that what cannot be installed is not asked for at every start.
"""

import contextlib
import errno
import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

STAMP = "complete.lock"
EXTRAS = ".extras"
_TEST, _ADD = "test", "add"
_PLAIN = "runtime"
_TITLES = {"whatsapp": "WhatsApp"}
"""Of extras that are not written as their name with a capital letter."""
_LOG_LINES_SHOWN = 15
_UNREACHED = "The packages come from the package index: check the network (HTTPS_PROXY is honoured) and try again."
_FULL = "The disk is full: it takes 600 MB here, and some for temporary files. Free space and try again."
_PIP_WITH_PYTHON_OPTION = (22, 3)
_UV_OPTIONS = ("--quiet", "--require-hashes", "--compile-bytecode", "--allow-empty-requirements")


class SetUpError(Exception):
    """The environment could not be made; the text says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to build: all paths absolute."""

    repository: Path
    lock_file: Path
    environment: Path
    what: str = "NanoClaw"
    """For people."""

    @property
    def name(self) -> str:
        """Of the environment, for files beside it."""
        return self.environment.name.lstrip(".")

    @property
    def scratch(self) -> Path:
        """Where environments are built; on the file system of the repository, so that renaming is atomic."""
        return self.repository / ".cache"

    @property
    def log(self) -> Path:
        """What the installer said."""
        return self.scratch / f"{self.name}-setup.log"

    def is_complete(self) -> bool:
        """Whether the environment is there and made from exactly this lock file."""
        try:
            same = (self.environment / STAMP).read_bytes() == self.lock_file.read_bytes()
        except FileNotFoundError:
            return False
        return same and os.access(self.environment / "bin" / "python", os.X_OK)


def main(arguments: list[str]) -> int:
    """Build what is missing; 0 when the environment is complete afterwards."""
    repository, action, extras = Path(arguments[0]), arguments[1], arguments[2:]
    try:
        scratch = repository / ".cache"
        scratch.mkdir(exist_ok=True)
        with _only_builder(scratch / f"{_place(repository, action).name.lstrip('.')}-setup.flock"):
            # Read while nobody else builds: a builder that we waited for may have added some.
            chosen = sorted({*chosen_extras(repository), *extras})
            plan = draw_plan(repository, action, chosen)
            if not plan.is_complete():
                _build_and_swap(plan)
            if action == _ADD:
                _remember(repository, chosen)
    except SetUpError as error:
        _say(str(error))
        return 1
    except OSError as error:
        _say(f"NanoClaw could not be set up: {error.strerror} ({error.filename or repository}).")
        return 1
    except KeyboardInterrupt:
        _say("Stopped. The next start begins the set-up again.")
        return 130
    return 0


def chosen_extras(repository: Path) -> list[str]:
    """The extras that were added, in the order of the alphabet."""
    try:
        said = (repository / EXTRAS).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return []
    return said.split("+") if said else []


def draw_plan(repository: Path, action: str, extras: list[str]) -> Plan:
    """What is to be there for ``run`` and ``add`` with these extras, or for ``test``.

    Raises:
        SetUpError: there is no lock file for them.
    """
    locks, environment = repository / "requirements", _place(repository, action)
    if action == _TEST:
        return Plan(
            repository=repository, lock_file=locks / "test.lock", environment=environment, what="NanoClaw's tests"
        )
    lock = locks / f"{'+'.join(extras) or _PLAIN}.lock"
    if not lock.is_file():
        raise SetUpError(
            f"NanoClaw could not be set up: there is no {lock.relative_to(repository)} for {' and '.join(extras)}.\n"
            f"This version may not have all of these: correct or remove {repository / EXTRAS}."
        )
    what = " and ".join(["NanoClaw", *(_TITLES.get(extra, extra.capitalize()) for extra in extras)])
    return Plan(repository=repository, lock_file=lock, environment=environment, what=what)


def _place(repository: Path, action: str) -> Path:
    return repository / (".cache/test-venv" if action == _TEST else ".venv")


def _remember(repository: Path, extras: list[str]) -> None:
    new = repository / f"{EXTRAS}.new"
    new.write_text("+".join(extras) + "\n", encoding="utf-8")
    new.replace(repository / EXTRAS)


@contextlib.contextmanager
def _only_builder(lock: Path) -> Iterator[None]:
    with lock.open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("Waiting for another start of NanoClaw, which is setting it up …")
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _build_and_swap(plan: Plan) -> None:
    prefix = f"{plan.name}-new-"
    for left_over in plan.scratch.glob(f"{prefix}*"):  # we hold the lock: whoever built these was killed
        shutil.rmtree(left_over, ignore_errors=True)
    _say(f"Setting up {plan.what} (once, about a minute) …")
    started = time.monotonic()
    new = plan.scratch / f"{prefix}{os.getpid()}"
    try:
        _install(plan, new)
        _link_source(plan, new)
        _relocate_scripts(new, plan.environment)
        shutil.copyfile(plan.lock_file, new / STAMP)
        _swap(plan, new)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    _say(f"Ready after {time.monotonic() - started:.0f} s.")


def _install(plan: Plan, new: Path) -> None:
    python = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    with plan.log.open("w") as log:
        for command in _commands(plan, new, python):
            print("+", *command, file=log, flush=True)
            code = subprocess.run(
                command, cwd=plan.repository, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False
            ).returncode
            if code:
                break
        else:
            return
    said = "\n".join(f"  {line}" for line in plan.log.read_text(errors="replace").splitlines()[-_LOG_LINES_SHOWN:])
    raise SetUpError(
        f"{said}\nNanoClaw could not be set up: {Path(command[0]).name} ended with status {code}; log: {plan.log}\n"
        + (_FULL if os.strerror(errno.ENOSPC) in said else _UNREACHED)
    )


def _commands(plan: Plan, new: Path, python: str) -> list[list[str]]:
    requirements = ["--require-hashes", "--no-deps", "--requirement", str(plan.lock_file)]
    inside = str(new / "bin" / "python")
    uv = shutil.which("uv")
    if uv:
        return [
            [uv, "venv", "--quiet", "--python", python, str(new)],
            [uv, "pip", "sync", *_UV_OPTIONS, "--python", inside, str(plan.lock_file)],
        ]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    if _pip_version(python) >= _PIP_WITH_PYTHON_OPTION:
        return [
            [python, "-m", "venv", "--without-pip", str(new)],
            [python, "-m", "pip", "--python", inside, "install", *quiet, *requirements],
        ]
    if _can_import(python, "ensurepip"):
        return [[python, "-m", "venv", str(new)], [inside, "-m", "pip", "install", *quiet, *requirements]]
    raise SetUpError(
        f"NanoClaw could not be set up: {python} has neither pip nor ensurepip.\n"
        "  Debian, Ubuntu: sudo apt install python3-venv\n"
        "  elsewhere:      install uv, or a Python that includes pip"
    )


def _pip_version(python: str) -> tuple[int, ...]:
    found = subprocess.run(
        [python, "-I", "-c", "import pip, venv; print(pip.__version__)"], capture_output=True, text=True, check=False
    )
    return tuple(int(part) for part in found.stdout.strip().split(".")[:2] if part.isdigit())


def _can_import(python: str, module: str) -> bool:
    command = [python, "-I", "-c", f"import venv, {module}"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _link_source(plan: Plan, new: Path) -> None:
    """Make ``src`` importable by a relative path, which site.py joins with the folder that the .pth file is in."""
    (packages,) = new.glob("lib/python3*/site-packages")
    final = plan.environment / packages.relative_to(new)
    (packages / "nanoclaw-source.pth").write_text(os.path.relpath(plan.repository / "src", final) + "\n")


def _relocate_scripts(new: Path, final: Path) -> None:
    """Scripts and activation files hold the path they were made for."""
    for script in (*(new / "bin").iterdir(), new / "pyvenv.cfg"):
        if script.is_symlink() or not script.is_file():
            continue
        content = script.read_bytes()
        if b"\0" not in content and os.fsencode(new) in content:
            script.write_bytes(content.replace(os.fsencode(new), os.fsencode(final)))


def _swap(plan: Plan, new: Path) -> None:
    old = plan.scratch / f"{new.name}-old"
    with contextlib.suppress(FileNotFoundError):
        plan.environment.rename(old)
    new.rename(plan.environment)
    shutil.rmtree(old, ignore_errors=True)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
