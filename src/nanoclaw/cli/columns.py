"""Text in columns of a terminal, where a Chinese character takes two."""

import unicodedata
from collections.abc import Iterator

# Text without spaces can be broken between any two wide characters, but no line begins with closing punctuation.
_NO_START = "，。、；：？！）》」』】…·,.;:?!)]}%"
_NO_END = "（《「『【([{"


def width(text: str) -> int:
    """Columns that a line of text takes."""
    return sum(_columns(character) for character in text)


def pad(text: str, columns: int) -> str:
    """The text with spaces behind it."""
    return text + " " * (columns - width(text))


def wrap(text: str, columns: int) -> list[str]:
    """Lines of at most so many columns; a path or word that is longer stays whole."""
    lines, line = [], ""
    for piece in _pieces(text):
        if line and width(line + piece.rstrip()) > columns:
            lines.append(line.rstrip())
            line = piece.lstrip()
        else:
            line += piece
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _pieces(text: str) -> Iterator[str]:
    """What must stay together: a run of narrow characters, or one wide character with its punctuation."""
    held = ""
    for character in text:
        ends = held and not _sticks(held[-1], character)
        if ends:
            yield held
            held = ""
        held += character
    if held:
        yield held


def _sticks(before: str, after: str) -> bool:
    if before in _NO_END or after in _NO_START:
        return True
    if after == " ":
        return True
    if before == " ":
        return False
    return _columns(before) == 1 and _columns(after) == 1


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Cf", "Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
