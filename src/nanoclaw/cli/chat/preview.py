"""The answer while it is being written, without what the agent marks as internal."""

_OPEN = "<internal>"
_CLOSE = "</internal>"


class Preview:
    """Takes pieces of text in, gives out what may be shown; a tag may be spread over several pieces."""

    def __init__(self) -> None:
        self._held = ""
        self._inside = False

    def feed(self, piece: str) -> str:
        """What can be shown now."""
        text = self._held + piece
        shown = ""
        while True:
            tag = _CLOSE if self._inside else _OPEN
            before, found, after = text.partition(tag)
            if not found:
                break
            shown += "" if self._inside else before
            self._inside = not self._inside
            text = after
        keep = _begun(text, tag)
        self._held = text[len(text) - keep :]
        return shown if self._inside else shown + text[: len(text) - keep]


def _begun(text: str, tag: str) -> int:
    """How many characters at the end of the text may be the beginning of the tag."""
    return next((size for size in range(len(tag) - 1, 0, -1) if text.endswith(tag[:size])), 0)
