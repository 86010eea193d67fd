"""The base image of agents in tests: a Debian made on this machine, since no image registry may be reached."""

import hashlib
import os
import shutil
from pathlib import Path

from tools.testing.steps import Shell, StepNotRunError

IMAGE = "nanoclaw-base:bookworm"

_RELEASE = "bookworm"
_PACKAGES = ("ca-certificates", "git", "curl", "ripgrep", "jq", "python3-minimal", "procps", "less")
_LABEL = "nanoclaw.base"
_SECONDS = 1200


def make(shell: Shell, cache: Path) -> str:
    """Make sure that the image is in the engine; its archive is kept in ``cache``.

    Raises:
        StepNotRunError: the archive is missing, and debootstrap is too, or we are not root.
        StepFailedError: debootstrap, tar or docker failed.
    """
    recipe = hashlib.sha256(" ".join((_RELEASE, *_PACKAGES)).encode()).hexdigest()[:12]
    label = f'{{{{index .Config.Labels "{_LABEL}"}}}}'
    found = shell.output(["docker", "image", "inspect", "--format", label, IMAGE], seconds=60)
    if found is not None and found.strip() == recipe:
        return f"{IMAGE} was there"
    archive = cache / f"base-{recipe}.tar"
    how = "from the kept archive"
    if not archive.exists():
        _make_archive(shell, archive)
        how = "with debootstrap"
    change = ["--change", f"LABEL {_LABEL}={recipe}", "--change", 'CMD ["/bin/bash"]']
    shell.run("docker-import", ["docker", "import", *change, str(archive), IMAGE], seconds=_SECONDS)
    return f"made {IMAGE} {how}"


def _make_archive(shell: Shell, archive: Path) -> None:
    if os.geteuid() != 0 or shutil.which("debootstrap", path=shell.environment["PATH"]) is None:
        raise StepNotRunError("debootstrap is missing, or we are not root: tests that need the base image skip")
    tree = archive.with_suffix(f".{os.getpid()}")
    unfinished = archive.with_suffix(".unfinished")
    include = f"--include={','.join(_PACKAGES)}"
    try:
        command = ["debootstrap", "--variant=minbase", include, _RELEASE, str(tree)]
        shell.run("debootstrap", command, seconds=_SECONDS)
        left_out = ["--exclude=./var/cache/apt/*", "--exclude=./var/lib/apt/lists/*", "--exclude=./dev/*"]
        pack = ["tar", "--one-file-system", *left_out, "-C", str(tree), "-cf", str(unfinished), "."]
        shell.run("base-tar", pack, seconds=_SECONDS)
        unfinished.rename(archive)
    finally:
        shell.succeeds(["rm", "-rf", "--one-file-system", str(tree)], seconds=_SECONDS)
