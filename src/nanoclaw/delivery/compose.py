"""An answer as the messages a chat will get: split where a reader would."""

_SEPARATORS = ("\n\n", "\n", ". ", " ")


def split_text(text: str, limit: int) -> tuple[str, ...]:
    """``text`` in pieces of at most ``limit`` characters, cut at paragraphs, lines, sentences or words if possible.

    Surrounding space of each piece is dropped; empty text has no pieces. Every other character appears once, in order.
    """
    if limit < 1:
        raise ValueError("a limit is at least 1")
    pieces = []
    rest = text.strip()
    while len(rest) > limit:
        cut = _cut(rest, limit)
        pieces.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    if rest:
        pieces.append(rest)
    return tuple(pieces)


def _cut(text: str, limit: int) -> int:
    """Where to cut: after the last separator that leaves a piece at least half full, else at the limit."""
    for separator in _SEPARATORS:
        end = text.rfind(separator, limit // 2, limit + 1 - len(separator.rstrip()))
        if end > 0:
            return min(end + len(separator.rstrip()), limit)
    return limit
