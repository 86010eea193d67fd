"""A base image without a registry: Debian, put together from its own package archive."""

import asyncio
import hashlib
import os
import shutil
from pathlib import Path

from nanoclaw.sandboxes.contract import ImageBuildError, Progress
from nanoclaw.sandboxes.engine import EngineClient
from nanoclaw.sandboxes.image.build import BOOTSTRAPPED_BASE, hint_for

_SUITE = "bookworm"
_PACKAGES = "git,curl,ripgrep,jq,python3,python3-pip,python3-venv,ca-certificates,less,procps"
_UNNEEDED = ("./var/cache/apt/*", "./var/lib/apt/lists/*", "./usr/share/doc/*", "./usr/share/man/*", "./dev/*")
_SECONDS = 900.0


async def bootstrap_base(client: EngineClient, *, cache: Path, progress: Progress) -> str:
    """Make the base image, with every tool the agent image wants, and name it :data:`BOOTSTRAPPED_BASE`.

    The archive is kept in ``cache`` (about 280 MB), so the 40 s of making it are spent once. Returns the image's name.

    Raises:
        EngineUnavailableError: the engine does not answer.
        ImageBuildError: not root, no debootstrap, or a step failed.
    """
    # By name also of what is in it: an archive with fewer packages is of no use to a later version.
    archive = cache / f"base-{_SUITE}-{hashlib.sha256(_PACKAGES.encode()).hexdigest()[:8]}.tar"
    if not archive.is_file():
        await _make_archive(archive, progress)
    progress(f"Importing {archive.name} as {BOOTSTRAPPED_BASE}")
    outcome = await client.call("import", str(archive), BOOTSTRAPPED_BASE, seconds=_SECONDS)
    if not outcome.ok:
        hint = hint_for(client, outcome.error, "Look at the engine's log.")
        raise ImageBuildError(f"Cannot import the base image: {outcome.error}", hint=hint)
    return BOOTSTRAPPED_BASE


async def _make_archive(archive: Path, progress: Progress) -> None:
    program = shutil.which("debootstrap", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if program is None or os.geteuid() != 0:
        raise ImageBuildError(
            "A base image can only be made by root with debootstrap",
            hint="Install debootstrap and run the command as root, or set sandbox.base_image to an image you have.",
        )
    tools = EngineClient(program, {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"})
    tar = EngineClient("tar", {"PATH": "/usr/bin:/bin"})
    _make_folder(archive.parent)
    tree = archive.with_suffix(".tree")
    partial = archive.with_suffix(".partial")
    await asyncio.to_thread(shutil.rmtree, tree, ignore_errors=True)
    try:
        arguments = ["--variant=minbase", f"--include={_PACKAGES}", _SUITE, str(tree)]
        await _step("debootstrap", tools, arguments, progress)
        excluded = [f"--exclude={pattern}" for pattern in _UNNEEDED]
        await _step("tar", tar, ["-C", str(tree), "-cf", str(partial), *excluded, "."], progress)
        partial.rename(archive)
    finally:
        partial.unlink(missing_ok=True)
        await asyncio.to_thread(shutil.rmtree, tree, ignore_errors=True)


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImageBuildError(
            f"Cannot make {path}: {error.strerror}", hint="Free some space there, or mend its mode or owner."
        ) from error


async def _step(name: str, client: EngineClient, arguments: list[str], progress: Progress) -> None:
    code, last = await client.stream(arguments, progress, seconds=_SECONDS)
    if code != 0:
        raise ImageBuildError(
            f"{name} failed (status {code}): {' / '.join(last[-3:])}",
            hint="Check the disk space and that a Debian package archive is reachable.",
        )
