"""Make the folders of a home that are not there."""

import asyncio
import os
import stat
from pathlib import Path

from nanoclaw.operations.doctor.contract import Fix, Words
from nanoclaw.settings.home import Home, HomeError


def make_folders(home: Home) -> Fix:
    """Make what is missing, and have all of it private to the owner."""
    return Fix(
        description=Words("make the missing folders", "创建缺失的目录"),
        apply=lambda: asyncio.to_thread(_make, home),
    )


def _make(home: Home) -> tuple[Words, ...]:
    if home.root.exists() and home.root.stat().st_uid != os.geteuid():
        raise HomeError(f"{home.root} belongs to another user", hint="Run this as that user.")
    before = {folder: _mode(folder) for folder in home.folders if folder.is_dir()}
    home.create()
    return tuple(_done(folder, before.get(folder)) for folder in home.folders if before.get(folder) != _mode(folder))


def _mode(folder: Path) -> int:
    return stat.S_IMODE(folder.stat().st_mode)


def _done(folder: Path, before: int | None) -> Words:
    if before is None:
        return Words(f"made {folder}", f"已创建 {folder}")
    after = _mode(folder)
    return Words(f"{folder}: mode {before:03o} → {after:03o}", f"{folder}：权限 {before:03o} → {after:03o}")
