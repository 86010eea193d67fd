"""The base image of agents in tests: made by the project's own command, since no image registry may be reached."""

import os
import shutil
import sys
from pathlib import Path

from tools.testing.steps import Shell, StepNotRunError

IMAGE = "nanoclaw-base:bookworm"

_SECONDS = 1200


def make(shell: Shell, cache: Path) -> str:
    """Make sure that the engine has the base image and the agent image on it; the base's archive stays in ``cache``.

    Raises:
        StepNotRunError: the base image is missing, and so is debootstrap, or we are not root.
        StepFailedError: the command failed.
    """
    home = cache / "image-home"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    (home / "config.toml").write_text(f'[sandbox]\nkind = "docker"\nbase_image = "{IMAGE}"\n')
    build = [sys.executable, "-m", "nanoclaw", "--home", str(home), "image", "build"]
    there = shell.output(["docker", "image", "inspect", "--format", "{{.Id}}", IMAGE], seconds=60) is not None
    if not there:
        if os.geteuid() != 0 or shutil.which("debootstrap", path=shell.environment["PATH"]) is None:
            raise StepNotRunError("debootstrap is missing, or we are not root: tests that need the base image skip")
        build.append("--debootstrap")
    shell.run("image-build", build, seconds=_SECONDS)
    return f"{IMAGE} was there" if there else f"made {IMAGE}"


def share_with_podman(shell: Shell, cache: Path) -> str:
    """Give Podman the base image that Docker has, so that its tests run as well.

    Raises:
        StepNotRunError: there is no Podman.
        StepFailedError: the image could not be carried over.
    """
    if shutil.which("podman", path=shell.environment["PATH"]) is None:
        raise StepNotRunError("podman is not installed: its tests skip")
    if shell.succeeds(["podman", "image", "exists", IMAGE], seconds=60):
        return f"{IMAGE} was there"
    archive = cache / "base-for-podman.tar"
    try:
        shell.run("podman-save", ["docker", "save", "--output", str(archive), IMAGE], seconds=_SECONDS)
        shell.run("podman-load", ["podman", "load", "--input", str(archive)], seconds=_SECONDS)
    finally:
        archive.unlink(missing_ok=True)
    return f"carried over {IMAGE}"
