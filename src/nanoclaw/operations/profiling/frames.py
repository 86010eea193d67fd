"""Frames as words: where, and in which function, never with which values."""

import sys
from pathlib import Path
from types import CodeType, FrameType

_DEEPEST = 200
_ROOTS = tuple(sorted((str(Path(place)) + "/" for place in sys.path if place.startswith("/")), key=len, reverse=True))


def place_of(file: str) -> str:
    """A source file without the folders of the machine."""
    root = next((root for root in _ROOTS if file.startswith(root)), "")
    return file[len(root) :]


def name_of(code: CodeType) -> str:
    """``package/module.py:function``."""
    # A semicolon or a space would break the line of a collapsed stack.
    return f"{place_of(code.co_filename)}:{code.co_qualname}".replace(";", ",").replace(" ", "_")


def stack_of(frame: FrameType | None) -> tuple[CodeType, ...]:
    """The stack below a frame, the outermost call first; the deepest calls only of one that is endless."""
    found: list[CodeType] = []
    while frame is not None and len(found) < _DEEPEST:
        found.append(frame.f_code)
        frame = frame.f_back
    return tuple(reversed(found))
