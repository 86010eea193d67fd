"""A bar on a terminal while something takes long; nothing where nobody watches."""

import time
from typing import Self, TextIO

from nanoclaw.cli.render import one_line
from nanoclaw.operations.backup.progress import Step

_EVERY_SECONDS = 0.1
_WIDTH = 24
_LABEL = 36


class Bar:
    """Draws itself at most ten times a second; use it in ``with``, so that its line is gone afterwards."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown = stream.isatty()
        self._next = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._shown and self._next:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def show(self, step: Step) -> None:
        """How far it is."""
        now = time.monotonic()
        if not self._shown or now < self._next:
            return
        self._next = now + _EVERY_SECONDS
        part = min(step.done / step.total, 1) if step.total else 1
        filled = "#" * int(part * _WIDTH)
        size = f"{step.done / 2**20:,.0f}/{step.total / 2**20:,.0f} MiB"
        self._stream.write(f"\r\x1b[K[{filled:<{_WIDTH}}] {part:4.0%}  {size}  {one_line(step.what, _LABEL)}")
        self._stream.flush()
