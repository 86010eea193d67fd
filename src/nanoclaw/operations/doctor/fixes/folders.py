"""Make the folders of a home that are not there."""

import asyncio
import os

from nanoclaw.operations.doctor.contract import Fix, Words
from nanoclaw.settings.home import Home, HomeError


def make_folders(home: Home) -> Fix:
    """Make what is missing, private to the owner; what is there stays as it is."""
    return Fix(
        description=Words("make the missing folders", "创建缺失的目录"),
        apply=lambda: asyncio.to_thread(_make, home),
    )


def _make(home: Home) -> tuple[Words, ...]:
    if home.root.exists() and home.root.stat().st_uid != os.geteuid():
        raise HomeError(f"{home.root} belongs to another user", hint="Run this as that user.")
    missing = [folder for folder in home.folders if not folder.is_dir()]
    home.create()
    return tuple(Words(f"made {folder}", f"已创建 {folder}") for folder in missing if folder.is_dir())
