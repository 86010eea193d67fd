"""Names of files that came with a message: their senders chose them, and how long they are."""

_ENDING = 20


def shorten(name: str, limit: int) -> str:
    """The name without its middle where it is longer than ``limit`` characters: what a file is stands at the end."""
    return name if len(name) <= limit else name[: limit - _ENDING] + name[-_ENDING:]
