"""An answer as the messages a chat will get: split where a reader would, and each of them whole as Markdown."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from nanoclaw.channels.markdown import ends_code
from nanoclaw.delivery.fences import Fence, open_fence
from nanoclaw.delivery.letters import letter_start

Measure = Callable[[str], int]
"""How long a text is for its network. A longer text is never shorter."""
_SEPARATORS = ("\n\n", "\n", ". ", " ")


def split_text(text: str, limit: int, measure: Measure = len) -> tuple[str, ...]:
    """``text`` in pieces that measure at most ``limit``, cut at paragraphs, lines, sentences or words if possible.

    Surrounding space of each piece is dropped; empty text has no pieces. Every other character appears once, in order.
    What a reader sees as one letter stays whole, unless it alone is longer than the limit. A block of code that is cut
    is closed at the end of its piece and opened again in the next, unless its fences alone would fill half of one; its
    lines keep their indentation.
    """
    if limit < 1:
        raise ValueError("a limit is at least 1")
    rest = text.strip()
    if measure(rest) <= limit:
        return (rest,) if rest else ()
    pieces, fence = [], None
    while rest:
        opening = fence.opening if fence else ""
        cut, fence = _next_cut(rest, opening, limit, measure)
        if piece := rest[:cut].rstrip():
            pieces.append(f"{opening}{piece}{fence.closing if fence else ''}")
        rest, fence = _after(rest[cut:], fence)
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


def _next_cut(text: str, opening: str, limit: int, measure: Measure) -> tuple[int, Fence | None]:
    """Where to cut a text that stands behind ``opening``, and the block of code that the cut is in."""
    closing = ""
    while True:
        fitting = _fitting(text, limit, partial(_measured, measure, opening, closing))
        cut = len(text) if fitting == len(text) else _cut(text, fitting)
        fence = _carried(open_fence(opening + text[:cut]), limit, measure)
        if fence is None:
            return cut, None
        before = fence.at - len(opening)
        if cut < len(text) and before > fitting // 2:
            return before, None  # rather than a few lines of it here, and the others there
        if len(fence.closing) <= len(closing):
            return cut, fence
        closing = fence.closing


def _measured(measure: Measure, opening: str, closing: str, piece: str) -> int:
    return measure(f"{opening}{piece}{closing}")


def _carried(fence: Fence | None, limit: int, measure: Measure) -> Fence | None:
    """The block as it goes on in the next piece; None when there would be more fence than code."""
    if fence is None:
        return None
    kept = (fence, replace(fence, language=""))
    return next((one for one in kept if measure(one.opening + one.closing) <= limit // 2), None)


def _after(rest: str, fence: Fence | None) -> tuple[str, Fence | None]:
    """What stands behind a cut, without the space there, and the block that it goes on with."""
    bare = rest.lstrip()
    _, line_end, indentation = rest[: len(rest) - len(bare)].rpartition("\n")
    if fence is None or not line_end:
        return bare, fence
    if ends_code(bare.partition("\n")[0], fence.marks):
        return bare.partition("\n")[2].lstrip(), None
    return indentation + bare, fence
