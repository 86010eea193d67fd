"""An answer as the messages a chat will get: split where a reader would."""

from collections.abc import Callable

from nanoclaw.delivery.letters import letter_start

Measure = Callable[[str], int]
"""How long a text is for its network. A longer text is never shorter."""
_SEPARATORS = ("\n\n", "\n", ". ", " ")


def split_text(text: str, limit: int, measure: Measure = len) -> tuple[str, ...]:
    """``text`` in pieces that measure at most ``limit``, cut at paragraphs, lines, sentences or words if possible.

    Surrounding space of each piece is dropped; empty text has no pieces. Every other character appears once, in order.
    What a reader sees as one letter stays whole, unless it alone is longer than the limit.
    """
    if limit < 1:
        raise ValueError("a limit is at least 1")
    pieces = []
    rest = text.strip()
    while rest:
        fitting = _fitting(rest, limit, measure)
        cut = len(rest) if fitting == len(rest) else _cut(rest, fitting)
        pieces.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return tuple(pieces)


def cut_text(text: str, limit: int, measure: Measure = len) -> str:
    """``text``, or as much of it as fits with an ellipsis."""
    if measure(text) <= limit:
        return text
    return text[: letter_start(text, _fitting(text, limit - measure("…"), measure))] + "…"


def _fitting(text: str, limit: int, measure: Measure) -> int:
    """How many characters of the beginning fit; one at least, for a network that cannot carry one carries nothing."""
    most = limit
    while most < len(text) and measure(text[:most]) <= limit:
        most *= 2
    least, most = 1, min(most, len(text))
    while least < most:
        middle = (least + most + 1) // 2
        if measure(text[:middle]) <= limit:
            least = middle
        else:
            most = middle - 1
    return least


def _cut(text: str, limit: int) -> int:
    """Where to cut: after the last separator that leaves a piece at least half full, else before the last letter."""
    for separator in _SEPARATORS:
        end = text.rfind(separator, limit // 2, limit + 1 - len(separator.rstrip()))
        if end > 0:
            return min(end + len(separator.rstrip()), limit)
    return letter_start(text, limit) or limit
