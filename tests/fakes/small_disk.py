"""A disk that is really small: a file system in memory."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[Path]:
    """A folder that holds so much; the test is skipped where nobody may mount."""
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "tmpfs", str(place)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("needs to mount a tmpfs, which only root can do here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def fill(place: Path, *, leave: int) -> Path:
    """Take up all room but so many bytes."""
    filler = place / "filler"
    filler.write_bytes(os.urandom(max(0, shutil.disk_usage(place).free - leave)))
    return filler
