"""Blocks of code in Markdown: which one a text that was cut ends in, and what closes and reopens it."""

from dataclasses import dataclass

from nanoclaw.channels.markdown import FENCE, ends_code


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """A block of code that is open at the end of a text; it began at the text's character ``at``."""

    at: int
    marks: str
    language: str

    @property
    def opening(self) -> str:
        """What begins the block once more in front of its next line."""
        return f"{self.marks}{self.language}\n"

    @property
    def closing(self) -> str:
        """What ends it behind its last line."""
        return f"\n{self.marks}"


def open_fence(text: str) -> Fence | None:
    """The block of code that a text leaves open."""
    fence, at = None, 0
    for line in text.split("\n"):
        if fence is None:
            if found := FENCE.match(line):
                fence = Fence(at=at, marks=found[1], language=found[2])
        elif ends_code(line, fence.marks):
            fence = None
        at += len(line) + 1
    return fence
