"""Which other folders of the machine a group may see: the owner's allowlist, kept outside anything an agent can write.

``~/.config/nanoclaw/mount-allowlist.json``::

    {"allowedRoots": [{"path": "~/notes", "allowReadWrite": true, "description": "my notes"}],
     "blockedPatterns": ["private"], "nonMainReadOnly": true}

Without the file nothing is allowed. It is read anew at each start of an agent.
"""

import json
import os
import stat
import sys
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.options import ExtraMount
from nanoclaw.sandboxes.contract import WORKSPACE, Mount

EXTRA = WORKSPACE.parent / "extra"
"""Where extra folders are shown inside, each under its name."""
ALWAYS_BLOCKED = (
    *(".ssh", ".gnupg", ".gpg", ".aws", ".azure", ".gcloud", ".kube", ".docker", "credentials", ".env", ".netrc"),
    *(".npmrc", ".pypirc", "id_rsa", "id_ed25519", "private_key", ".secret"),
)
_NEVER = tuple(map(Path, ("/proc", "/sys", "/dev", "/run", "/boot", "/etc", "/var/run")))


class MountRefusedError(NanoclawError):
    """A folder cannot be shown to a group."""


class AllowedRoot(BaseModel):
    """A folder below which folders may be shown."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    path: str
    allow_read_write: bool = Field(default=False, alias="allowReadWrite")
    description: str = ""


class Allowlist(BaseModel):
    """The owner's decisions."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    allowed_roots: tuple[AllowedRoot, ...] = Field(default=(), alias="allowedRoots")
    blocked_patterns: tuple[str, ...] = Field(default=(), alias="blockedPatterns")
    non_main_read_only: bool = Field(default=True, alias="nonMainReadOnly")


NOTHING = Allowlist()


def load_allowlist(path: Path) -> Allowlist:
    """The allowlist; :data:`NOTHING` where there is no file.

    Raises:
        MountRefusedError: it cannot be read or understood, or others than its owner could write it.
    """
    try:
        for place in (path, path.parent):
            found = place.lstat()
            if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH) or found.st_uid not in {os.geteuid(), 0}:
                raise MountRefusedError(
                    f"Others can write {place}, so it is not believed", hint=f"chmod go-w {place}; it must be yours."
                )
        values: Any = json.loads(path.read_text(encoding="utf-8"))
        return Allowlist.model_validate(values)
    except FileNotFoundError:
        return NOTHING
    except (OSError, ValueError, ValidationError) as error:
        raise MountRefusedError(
            f"{path} cannot be understood ({type(error).__name__})",
            hint='It looks like {"allowedRoots": [{"path": "~/notes", "allowReadWrite": false}]}.',
        ) from error


def check_mounts(
    allowlist: Allowlist, wanted: tuple[ExtraMount, ...], home: Path, *, is_main: bool
) -> tuple[Mount, ...]:
    """The folders as they are to be shown: real paths, writable only where allowed. Blocks.

    Args:
        allowlist: the owner's.
        wanted: what the group asks for.
        home: nanoclaw's own home, nothing of which is ever shown.
        is_main: whether the group is the main one.

    Raises:
        MountRefusedError: one of them is not there, or not allowed.
    """
    return tuple(_check(allowlist, mount, home.resolve(), is_main=is_main) for mount in wanted)


def _check(allowlist: Allowlist, mount: ExtraMount, home: Path, *, is_main: bool) -> Mount:
    try:
        real = Path(mount.source).expanduser().resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise MountRefusedError(f"{mount.source} is not there", hint="Make it, or take it from the mounts.") from error
    if not real.is_dir():
        raise MountRefusedError(f"{mount.source} is not a folder", hint="Name a folder.")
    _refuse_private(real, mount.source, home)
    blocked = {pattern.lower() for pattern in (*ALWAYS_BLOCKED, *allowlist.blocked_patterns)}
    if any(pattern in part.lower() for part in real.parts for pattern in blocked):
        raise MountRefusedError(f"{mount.source} is never shown: its path looks private", hint="Choose another folder.")
    root = _root_of(allowlist, real)
    if root is None:
        raise MountRefusedError(
            f"{mount.source} is not below an allowed root",
            hint="Add it to allowedRoots in ~/.config/nanoclaw/mount-allowlist.json.",
        )
    writable = mount.writable and root.allow_read_write and (is_main or not allowlist.non_main_read_only)
    return show(real, EXTRA / mount.name, writable=writable)


def show(folder: Path, target: PurePosixPath, *, writable: bool) -> Mount:
    """A mount of exactly this folder: what takes its place before the sandbox is up is refused there. Blocks.

    Raises:
        MountRefusedError: a part of the path is a link, or is gone.
    """
    try:
        return Mount(source=folder, target=target, writable=writable, identity=_identity(folder))
    except OSError as error:
        raise MountRefusedError(
            f"{folder} cannot be shown: it is a link, or no folder", hint="Put the folder itself there."
        ) from error


def _identity(folder: Path) -> tuple[int, int] | None:
    """Device and inode, found without following any link; None where containers run in a machine of their own."""
    if sys.platform != "linux":
        if folder.is_symlink():
            raise NotADirectoryError(folder)
        return None
    step = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(folder.anchor, step)
    try:
        for part in folder.parts[1:]:
            inner = os.open(part, step, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        found = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    return found.st_dev, found.st_ino


def _refuse_private(real: Path, shown: str, home: Path) -> None:
    users = Path.home().resolve()
    inside = real == home or home in real.parents or real in home.parents
    if inside or real == users or real in users.parents or any(real == no or no in real.parents for no in _NEVER):
        raise MountRefusedError(
            f"{shown} is never shown to an agent", hint="Choose a folder that holds only what it may see."
        )


def _root_of(allowlist: Allowlist, real: Path) -> AllowedRoot | None:
    """The narrowest allowed root that holds a folder."""
    holding = []
    for root in allowlist.allowed_roots:
        place = Path(root.path).expanduser().resolve()
        if real == place or place in real.parents:
            holding.append((len(place.parts), root))
    return max(holding, key=lambda pair: pair[0])[1] if holding else None
