"""Where one letter ends for a reader: accents, skin tones, flags and families of emoji belong to what they follow."""

import unicodedata

_JOINER = "\N{ZERO WIDTH JOINER}"
_FAR = 64
"""No letter that anybody writes is longer; a heap of accents may be cut."""


def letter_start(text: str, index: int) -> int:
    """The greatest place up to ``index`` at which no letter is cut; ``index`` itself where a letter has no end."""
    for place in range(index, max(0, index - _FAR), -1):
        if place >= len(text) or not _continues(text, place):
            return place
    return 0 if index <= _FAR else index


def _continues(text: str, place: int) -> bool:
    """Whether the character at ``place`` belongs to the one before it."""
    here, before = text[place], text[place - 1]
    if here == "\n" and before == "\r":
        return True
    if _is_flag_half(here) and _is_flag_half(before):
        first = place
        while first > 0 and place - first < _FAR and _is_flag_half(text[first - 1]):
            first -= 1
        return (place - first) % 2 == 1
    return _JOINER in {here, before} or _is_attached(here)


def _is_attached(letter: str) -> bool:
    """Accents, variation selectors, tags and skin tones."""
    return (
        unicodedata.category(letter) in {"Mn", "Me", "Mc"}
        or "\U0001f3fb" <= letter <= "\U0001f3ff"
        or ("\U000e0020" <= letter <= "\U000e007f")
    )


def _is_flag_half(letter: str) -> bool:
    return "\U0001f1e6" <= letter <= "\U0001f1ff"
