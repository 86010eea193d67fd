"""Codes before the owner's eyes: drawn in the terminal where they fit, else as a picture file whose place is said."""

import os
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TextIO

from nanoclaw.cli.render import one_line, visible
from nanoclaw.control.client import Document
from nanoclaw.operations.pairing.picture import in_terminal, size_in_terminal, write_png

_WIDTH = 78
_LINES_BESIDE = 6
"""Lines that the words around a picture may take."""
_SHORT = 20


class Screen:
    """Shows each state of a pairing. On a terminal a new code takes the place of the one before, and time runs down."""

    def __init__(
        self,
        stream: TextIO,
        environment: Mapping[str, str],
        picture: Path,
        size: Callable[[], os.terminal_size] | None = None,
    ) -> None:
        self._stream = stream
        self._picture = picture
        self._size = size or _size_of(stream)
        self._live = stream.isatty() and environment.get("TERM", "dumb") != "dumb"
        self._number = 0
        self._drawn = 0
        """Lines of the present drawing, above the one that the cursor is in."""
        self._said_where = False

    def show(self, shape: Document) -> None:
        """What is new since the last time."""
        if shape["number"] != self._number:
            self._number = shape["number"]
            self.clear()
            if shape["state"] == "code":
                self._draw(shape)
            elif shape["state"] == "starting":
                self._note("Asking the network for a code …")
        elif self._live and shape["state"] == "code":
            self._note(_countdown(shape))

    def clear(self) -> None:
        """Take the drawing away, and the picture file."""
        self._picture.unlink(missing_ok=True)
        if self._live:
            up = f"\x1b[{self._drawn}A" if self._drawn else ""
            self._stream.write(f"\r{up}\x1b[J")
            self._stream.flush()
        self._drawn = 0

    def _draw(self, shape: Document) -> None:
        lines = self._wrapped(visible(shape["words"]))
        if shape["code"]:
            lines += ["", f"    {one_line(shape['code'])}", ""]
        if shape["picture"]:
            lines += self._as_picture(shape) if self._fits(shape, len(lines)) else self._as_file(shape)
        for line in lines:
            self._stream.write(f"{line}\n")
        columns = max(1, self._size().columns)
        # A path that is wider than the window takes several of its lines.
        self._drawn = sum(max(1, -(-len(line) // columns)) for line in lines)
        self._note(_countdown(shape))

    def _wrapped(self, text: str) -> list[str]:
        width = min(_WIDTH, max(_SHORT, self._size().columns - 1))
        return textwrap.wrap(text, width, break_on_hyphens=False)

    def _fits(self, shape: Document, others: int) -> bool:
        if not self._live or not _can_draw(self._stream):
            return False
        columns, lines = size_in_terminal(shape["picture"])
        size = self._size()
        return columns < size.columns and lines + max(others + 2, _LINES_BESIDE) <= size.lines

    def _as_picture(self, shape: Document) -> list[str]:
        return in_terminal(shape["picture"]).split("\n")

    def _as_file(self, shape: Document) -> list[str]:
        if shape["code"]:
            # There is something to type as well, which is easier than to open a file.
            return []
        try:
            self._picture.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_png(shape["qr"], self._picture)
        except OSError as error:
            # The next code, in a minute, has a picture of its own to be written.
            return [*self._wrapped(f"Its picture cannot be written: {error.strerror}:"), visible(str(self._picture))]
        again = "The picture was replaced; open it again" if self._said_where else "Open this picture and scan it"
        self._said_where = True
        lines = [*self._wrapped(f"{again}:"), visible(str(self._picture))]
        if self._live:
            columns, rows = size_in_terminal(shape["picture"])
            lines += self._wrapped(
                f"(To see it here, make the window {columns + 1} columns wide and {rows + 6} lines high.)"
            )
        return lines

    def _note(self, text: str) -> None:
        self._stream.write(f"\r\x1b[K{text}" if self._live else f"{text}\n")
        self._stream.flush()


def _countdown(shape: Document) -> str:
    seconds = int(shape["expires_in"])
    return f"Waiting … this code is good for {seconds // 60}:{seconds % 60:02} more."


def _can_draw(stream: TextIO) -> bool:
    try:
        "▀▄█".encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _size_of(stream: TextIO) -> Callable[[], os.terminal_size]:
    def size() -> os.terminal_size:
        try:
            return os.get_terminal_size(stream.fileno())
        except (OSError, ValueError):
            return os.terminal_size((80, 24))

    return size
