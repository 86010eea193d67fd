"""What a reaction says: the number or the yes and no that an emoji stands for."""

import re
from collections.abc import Sequence

_KEYCAP = "\N{COMBINING ENCLOSING KEYCAP}"
_TEN = "\N{KEYCAP TEN}"
# Skin tones, and the choice between a picture and a letter, change nothing.
_SHADES = {ord("\N{VARIATION SELECTOR-16}"): None, **dict.fromkeys(range(0x1F3FB, 0x1F400))}
_YES = frozenset({"yes", "ok", "okay", "allow", "once"})
_NO = frozenset({"no", "ignore"})
_SIGNS = {
    "\N{THUMBS UP SIGN}": _YES,
    "\N{OK HAND SIGN}": _YES,
    "\N{WHITE HEAVY CHECK MARK}": _YES,
    "\N{HEAVY CHECK MARK}": _YES,
    "\N{THUMBS DOWN SIGN}": _NO,
    "\N{CROSS MARK}": _NO,
    "\N{HEAVY MULTIPLICATION X}": _NO,
}


def chosen_by_reaction(emoji: str, options: Sequence[str]) -> str:
    """The option that an emoji on a question chooses; empty when it is not clear which.

    A keycap is an option's number. A thumb or a mark chooses the one option that begins with a word of its meaning: up
    on once, always, no is once.
    """
    plain = _plain(emoji)
    if number := _number(plain):
        return options[number - 1] if number <= len(options) else ""
    words = _SIGNS.get(plain, frozenset())
    fitting = [option for option in options if re.split(r"\W+", option.casefold().lstrip(), maxsplit=1)[0] in words]
    return fitting[0] if len(fitting) == 1 else ""


def is_reaction(text: str) -> bool:
    """Whether a text is a sign without letters and digits of its own, as reactions are."""
    plain = _plain(text.strip())
    return bool(plain) and (bool(_number(plain)) or not any(letter.isalnum() for letter in plain))


def _plain(emoji: str) -> str:
    return emoji.translate(_SHADES)


def _number(plain: str) -> int:
    if plain == _TEN:
        return 10
    return int(plain[0]) if len(plain) == 2 and plain[0] in "123456789" and plain[1] == _KEYCAP else 0
