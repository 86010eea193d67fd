"""What may be shown of an answer while it is being written: everything outside its internal parts."""

import re

_OPEN, _CLOSE = "<internal>", "</internal>"


class Preview:
    """Passes on pieces of text without internal parts. A piece that may begin a tag is held until that is known."""

    def __init__(self) -> None:
        self._held = ""
        self._hidden = False

    def feed(self, piece: str) -> str:
        """The next piece; what of the text so far can be shown now, possibly nothing."""
        self._held += piece
        shown = []
        while True:
            tag = _CLOSE if self._hidden else _OPEN
            found = re.search(tag, self._held, re.IGNORECASE | re.ASCII)
            if found is None:
                end = len(self._held) - _overlap(self._held, tag)
                if not self._hidden:
                    shown.append(self._held[:end])
                self._held = self._held[end:]
                return "".join(shown)
            if not self._hidden:
                shown.append(self._held[: found.start()])
            self._held = self._held[found.end() :]
            self._hidden = not self._hidden

    def restart(self) -> None:
        """Another text begins."""
        self._held, self._hidden = "", False


def _overlap(text: str, tag: str) -> int:
    """How many characters at the end of ``text`` may be the beginning of ``tag``."""
    sizes = range(min(len(text), len(tag) - 1), 0, -1)
    return next((size for size in sizes if tag.startswith(text[-size:].lower())), 0)
