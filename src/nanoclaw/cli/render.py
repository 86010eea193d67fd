"""Text for terminals: nothing that others wrote may move the cursor, colour the screen or turn the writing round."""

import json
import os
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TextIO

_DIRECTION = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x2028, 0x2029, 0xFEFF)
_ESCAPES = {
    **{code: chr(0x2400 + code) for code in range(0x20) if code not in {0x09, 0x0A}},
    0x7F: "\u2421",
    **{code: f"<U+{code:04X}>" for code in (*range(0x80, 0xA0), *_DIRECTION)},
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),
}
_COMMAND = re.compile(r"`[^`\n]*`")
_JSON_UNSAFE = re.compile(f"[\x7f-\x9f\ud800-\udfff{''.join(map(chr, _DIRECTION))}]")


def visible(text: str) -> str:
    """The text with everything that steers a terminal made visible; line feeds and tabs stay."""
    return text.replace("\r\n", "\n").translate(_ESCAPES)


def fitted(text: str, stream: TextIO) -> str:
    """The text for this stream: on a terminal no word, and no command between backquotes, is cut at its right edge."""
    columns = _columns(stream)
    if not columns:
        return text
    return "\n".join(line if len(line) <= columns else _wrapped(line, columns) for line in text.split("\n"))


def _wrapped(line: str, columns: int) -> str:
    indent = line[: len(line) - len(line.lstrip(" "))]
    whole = _COMMAND.sub(lambda match: match[0].replace(" ", "\0"), line)
    wrapped = textwrap.fill(
        whole,
        columns,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )
    return wrapped.replace("\0", " ")


def _columns(stream: TextIO) -> int:
    """Of the terminal; 0 where the stream is none."""
    try:
        return os.get_terminal_size(stream.fileno()).columns if stream.isatty() else 0
    except (OSError, ValueError):
        return 0


def one_line(text: str, width: int = 0) -> str:
    """The text made safe, on one line, cut to ``width`` characters where that is not 0."""
    flat = " ".join(visible(text).split())
    return flat if not width or len(flat) <= width else flat[: width - 1] + "…"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns of safe text below their heads."""
    lines = [tuple(heads), *(tuple(one_line(cell) for cell in row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def local_time(iso: str | None) -> str:
    """An ISO 8601 time as the clock on the wall shows it; what cannot be read stays as it is."""
    if not iso:
        return ""
    try:
        return datetime.fromisoformat(iso).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError):
        return one_line(iso)


def size(amount: float) -> str:
    """Bytes, for people."""
    for unit in ("bytes", "KiB", "MiB"):
        if amount < 1024:
            return f"{amount:,.0f} {unit}" if unit == "bytes" else f"{amount:,.1f} {unit}"
        amount /= 1024
    return f"{amount:,.1f} GiB"


def count(number: int, what: str) -> str:
    """So many of them: ``1 backup``, ``2,000 backups``."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def to_json(document: Mapping[str, Any], encoding: str | None) -> str:
    """One JSON document that is also safe to print on a terminal."""
    ascii_only = (encoding or "").lower().replace("-", "") not in {"utf8", "utf8sig"}
    text = json.dumps(document, ensure_ascii=ascii_only, indent=2)
    return _JSON_UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


class Paint:
    """Colours, where the stream is a terminal and nobody set NO_COLOR."""

    def __init__(self, stream: TextIO, environment: Mapping[str, str]) -> None:
        self.enabled = stream.isatty() and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"

    def bold(self, text: str) -> str:
        """For names."""
        return self._in("1", text)

    def dim(self, text: str) -> str:
        """For what goes on behind the words."""
        return self._in("2", text)

    def red(self, text: str) -> str:
        """For what failed."""
        return self._in("31", text)

    def green(self, text: str) -> str:
        """For what is in order."""
        return self._in("32", text)

    def yellow(self, text: str) -> str:
        """For what should be looked at."""
        return self._in("33", text)

    def _in(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.enabled and text else text
