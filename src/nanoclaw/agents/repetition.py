"""Notices an agent that goes in a circle: the same tool with the same input, again and again."""

import hashlib
import json
from typing import Any


class Repetition:
    """Counts identical calls in a row; ``limit`` of them are a circle."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._last = b""
        self._count = 0

    def add(self, tool: str, arguments: dict[str, Any]) -> bool:
        """Another call; whether it closes a circle, which is said once."""
        said = json.dumps([tool, arguments], sort_keys=True, default=str).encode("utf-8", "surrogatepass")
        digest = hashlib.sha256(said).digest()
        self._count = self._count + 1 if digest == self._last else 1
        self._last = digest
        return self._count == self._limit

    def restart(self) -> None:
        """Another turn begins."""
        self._last, self._count = b"", 0
