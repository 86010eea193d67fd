"""What the scripted model was asked: a bounded record that can be waited for."""

import asyncio
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from nanoclaw.model.clock import Milliseconds
from nanoclaw.stub_model.errors import StubModelError
from nanoclaw.stub_model.messages import ToolResult

_REQUESTS = 1_000
_BODIES = 200
_BODY_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRequest:
    """One HTTP request, kept as it came in."""

    at: Milliseconds
    method: str
    path: str
    """Without the query."""
    headers: Mapping[str, str] = field(repr=False)
    """The headers that tell something, by lower-case name; ``x-api-key`` and ``authorization`` exactly as received."""
    raw_body: bytes | None = field(repr=False)
    """``None`` once newer requests have pushed the body out: the newest 200 are kept, at most 32 MiB together."""
    user_text: str = field(default="", repr=False)
    newest_text: str = field(default="", repr=False)
    """The person's own words in the newest ``<message>`` element; see ``ModelRequest``."""
    tool_results: tuple[ToolResult, ...] = field(default=(), repr=False)
    is_side_request: bool = True
    """It was no turn of the agent and used up nothing of the script: no tools, a token count, or a refused request."""

    @property
    def body(self) -> dict[str, Any] | None:
        """The parsed body; ``None`` when it was pushed out or is no JSON object. Parsed anew at each call."""
        if self.raw_body is None:
            return None
        try:
            body: object = json.loads(self.raw_body)
        except (ValueError, RecursionError):
            return None
        return body if isinstance(body, dict) else None


class Recorder:
    """Keeps the newest 1,000 requests. For use in one event loop."""

    def __init__(self) -> None:
        self._requests: deque[RecordedRequest] = deque(maxlen=_REQUESTS)
        self._turns = 0
        self._bodies: deque[int] = deque()
        self._arrived = asyncio.Event()

    @property
    def requests(self) -> tuple[RecordedRequest, ...]:
        """What is kept, oldest first."""
        return tuple(self._requests)

    def add(self, request: RecordedRequest) -> None:
        """Keep a request, and wake whoever waits for it."""
        self._requests.append(request)
        self._bodies.append(len(request.raw_body or b""))
        while len(self._bodies) > 1 and (len(self._bodies) > _BODIES or sum(self._bodies) > _BODY_BYTES):
            self._drop_oldest_body()
        self._turns += not request.is_side_request
        arrived, self._arrived = self._arrived, asyncio.Event()
        arrived.set()

    def _drop_oldest_body(self) -> None:
        index = len(self._requests) - len(self._bodies)
        self._requests[index] = replace(self._requests[index], raw_body=None)
        self._bodies.popleft()

    async def wait_for_turns(self, count: int, deadline: float) -> tuple[RecordedRequest, ...]:
        """Wait until ``count`` requests that are no side requests have come in since the start; returns those kept.

        Raises:
            StubModelError: They did not come within ``deadline`` seconds.
        """
        try:
            async with asyncio.timeout(deadline):
                while self._turns < count:
                    await self._arrived.wait()
        except TimeoutError as error:
            raise StubModelError(
                f"{self._turns} of {count} model requests came within {deadline:g} s",
                hint="Look at the requests that did come, and at the log of the program that should have sent them.",
            ) from error
        return tuple(request for request in self._requests if not request.is_side_request)
