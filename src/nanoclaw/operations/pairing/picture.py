"""A QR code as rows of dark and light, for a page, a terminal or a PNG. Without ``segno`` there is none."""

import io
from collections.abc import Sequence
from pathlib import Path

from nanoclaw.settings.whole_files import replace_file

_BORDER = 2
"""Modules of light around it: the standard asks for 4, telephones read 2, and a terminal is small."""
_PNG_SCALE = 8
_PNG_BORDER = 4


def rows_of(content: str) -> tuple[str, ...]:
    """Its modules, a row a string of ``0`` (light) and ``1`` (dark), without border; empty where there is no picture.

    That is without ``segno``, and for what no code can hold.
    """
    try:
        import segno  # noqa: PLC0415 - installed with a channel that needs it
    except ImportError:
        return ()
    try:
        code = segno.make(content, error="l", boost_error=False, micro=False)
    except segno.DataOverflowError:
        return ()
    return tuple("".join("1" if module else "0" for module in row) for row in code.matrix)


def size_in_terminal(rows: Sequence[str]) -> tuple[int, int]:
    """Columns and lines that :func:`in_terminal` takes."""
    width = len(rows) + 2 * _BORDER
    return width, (width + 1) // 2


def in_terminal(rows: Sequence[str]) -> str:
    """Two rows a line, by half blocks; black on white whatever the colours of the terminal are.

    The colours are set outright, from the 16 that every terminal has with 256: themes do not change these.
    """
    side = "0" * _BORDER
    light = "0" * (len(rows) + 2 * _BORDER)
    padded = [light] * _BORDER + [f"{side}{row}{side}" for row in rows] + [light] * _BORDER
    if len(padded) % 2:
        padded.append(light)
    lines = []
    for upper, lower in zip(padded[::2], padded[1::2], strict=True):
        cells = "".join(_CELLS[pair] for pair in zip(upper, lower, strict=True))
        lines.append(f"\x1b[38;5;16;48;5;231m{cells}\x1b[0m")
    return "\n".join(lines)


_CELLS = {("0", "0"): " ", ("1", "0"): "▀", ("0", "1"): "▄", ("1", "1"): "█"}


def write_png(content: str, path: Path) -> None:
    """The picture as a file that only its owner can read, whole. Raises OSError, and ImportError without ``segno``."""
    import segno  # noqa: PLC0415 - as above

    code = segno.make(content, error="l", boost_error=False, micro=False)
    drawn = io.BytesIO()
    code.save(drawn, kind="png", scale=_PNG_SCALE, border=_PNG_BORDER)
    replace_file(path, drawn.getvalue())
