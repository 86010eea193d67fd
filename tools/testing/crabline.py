"""The server that tests of Telegram speak to and that others wrote: crabline, at the versions of its lock file."""

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tools.testing.steps import Shell, StepFailedError, StepNotRunError

_SOURCE = Path("tests") / "fakes" / "crabline"
_LISTS = ("package.json", "package-lock.json")
_STAMP = "installed"
_SECONDS = 300


def folder(root: Path) -> Path:
    """Where it is installed."""
    return root / ".cache" / "crabline"


def missing(root: Path, environment: Mapping[str, str]) -> str:
    """Why it cannot be started; empty when it can."""
    if shutil.which("node", path=environment.get("PATH")) is None:
        return "there is no node on the PATH"
    if _stamp(folder(root)) != _digest(root / _SOURCE):
        return "`./nanoclaw test` installs it where there is npm"
    return ""


def install(shell: Shell, user_settings: Path) -> str:
    """Install it, unless it is there. ``user_settings``: the caller's npmrc, which says where packages come from.

    Raises:
        StepNotRunError: there is no npm, or it gets no packages: tests skip what needs it.
    """
    source, target = shell.folder / _SOURCE, folder(shell.folder)
    wanted = _digest(source)
    if _stamp(target) == wanted:
        return "was there"
    if shutil.which("npm", path=shell.environment["PATH"]) is None:
        raise StepNotRunError("there is no npm: tests with a Telegram server of others skip")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name in _LISTS:
        shutil.copy(source / name, target / name)
    known = {"NPM_CONFIG_USERCONFIG": str(user_settings)} if user_settings.is_file() else {}
    npm = replace(shell, folder=target, environment={**known, **shell.environment})
    try:
        npm.run("npm-ci", ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], seconds=_SECONDS)
    except StepFailedError as error:
        raise StepNotRunError(f"npm got no packages ({str(error).splitlines()[-1]}): some tests skip") from error
    (target / _STAMP).write_text(wanted)
    return "installed"


def _digest(source: Path) -> str:
    return hashlib.sha256(b"".join((source / name).read_bytes() for name in _LISTS)).hexdigest()


def _stamp(target: Path) -> str:
    path = target / _STAMP
    return path.read_text() if path.is_file() else ""
