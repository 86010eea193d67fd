"""The programs that tests need besides Python packages, installed on Debian when we may."""

import os
import shutil
from pathlib import Path

from tools.testing.steps import Shell, StepFailedError, StepNotRunError

_NEEDED = {
    "dockerd": "docker.io",
    "debootstrap": "debootstrap",
    "chromium": "chromium",
    "git": "git",
    "tmux": "tmux",
}
_WELCOME = {"podman": "podman", "systemd-analyze": "systemd", "promtool": "prometheus", "npm": "npm"}
"""Programs and their Debian packages. Tests that want a welcome one skip without it."""

_ALONE = {"npm"}
"""Welcome packages that recommend more than is of use."""

_SECONDS = 1500


def install(shell: Shell) -> str:
    """Install what is missing.

    Raises:
        StepNotRunError: something is missing, and this is no Debian, or we are not root.
        StepFailedError: apt-get failed.
    """
    needed, welcome = _missing(shell, _NEEDED), _missing(shell, _WELCOME)
    if not needed and not welcome:
        return "all there"
    if not Path("/etc/debian_version").exists() or os.geteuid() != 0:
        names = ", ".join(needed + welcome)
        raise StepNotRunError(f"only root on Debian installs packages; missing here: {names}")
    shell.run("apt-update", ["apt-get", "update"], seconds=_SECONDS)
    install = ["apt-get", "install", "--yes", "--no-install-recommends"]
    if needed:
        shell.run("apt-install", [*install, *needed], seconds=_SECONDS)
    failed = []
    for package in welcome:
        try:
            # With what it recommends: a Podman without its network program starts nothing, not even without a network.
            command = install if package in _ALONE else ["apt-get", "install", "--yes"]
            shell.run(f"apt-install-{package}", [*command, package], seconds=_SECONDS)
        except StepFailedError:
            failed.append(package)
    installed = [package for package in needed + welcome if package not in failed]
    return f"installed {', '.join(installed)}" + (f"; without {', '.join(failed)}" if failed else "")


def _missing(shell: Shell, programs: dict[str, str]) -> list[str]:
    path = shell.environment["PATH"]
    return [package for program, package in programs.items() if shutil.which(program, path=path) is None]
