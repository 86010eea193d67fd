"""Read logs of JSON lines: a file with those it was rotated to, the oldest line first, or what is added from now on."""

import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

Line = dict[str, Any]

_LOOK_SECONDS = 0.5


def rotated(path: Path) -> list[Path]:
    """A log's files that are there, the oldest first."""
    numbered = {}
    pattern = re.compile(re.escape(path.name) + r"\.(\d{1,6})")
    for entry in path.parent.glob(f"{path.name}.*"):
        if match := pattern.fullmatch(entry.name):
            numbered[int(match[1])] = entry
    return [*(numbered[number] for number in sorted(numbered, reverse=True)), *([path] if path.exists() else [])]


def stored_lines(path: Path) -> Iterator[Line]:
    """Every line of a log that is a JSON object. A file that is rotated away meanwhile is passed over."""
    for part in rotated(path):
        file = _open(part)
        if file is not None:
            with file:
                yield from _parsed(file)


def added_lines(path: Path) -> Iterator[Line]:
    """What is added from now on. The file may not be there yet; one that was rotated away is read to its end first."""
    file = _open(path)
    if file is not None:
        file.seek(0, os.SEEK_END)
    rest = ""
    try:
        while True:
            read = file.read() if file is not None else ""
            if read:
                *lines, rest = (rest + read).split("\n")
                yield from _parsed(lines)
            elif file is None or _is_another(path, file):
                newer = _open(path)
                if newer is None:
                    time.sleep(_LOOK_SECONDS)
                    continue
                if file is not None:
                    file.close()
                file, rest = newer, ""
            else:
                time.sleep(_LOOK_SECONDS)
    finally:
        if file is not None:
            file.close()


def _open(path: Path) -> TextIO | None:
    try:
        return path.open(encoding="utf-8", errors="replace", newline="\n")
    except FileNotFoundError:
        return None


def _is_another(path: Path, file: TextIO) -> bool:
    try:
        return path.stat().st_ino != os.fstat(file.fileno()).st_ino
    except FileNotFoundError:
        return False


def _parsed(lines: Iterator[str] | TextIO | list[str]) -> Iterator[Line]:
    for line in lines:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict):
            yield record
