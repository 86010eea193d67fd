"""Prepare the sandbox once, whoever needs it first, and tell how far that is."""

import asyncio
import logging

from nanoclaw.model.clock import Clock
from nanoclaw.sandboxes.contract import Progress, Sandbox, SandboxError, SandboxReport

logger = logging.getLogger(__name__)

_AGAIN_SECONDS = 30.0


async def prepare(sandbox: Sandbox, progress: Progress) -> None:
    """Make what agents need, image included.

    Raises:
        SandboxError: it cannot be made, or cannot be written.
    """
    try:
        await sandbox.prepare(progress)
    except OSError as error:
        raise SandboxError(
            f"What agents need cannot be written: {error.strerror or error}",
            hint="Free space on the disk of the home, or mend its mode or owner.",
        ) from error


class Preparation:
    """A sandbox and whether it can be started. A failure is remembered for half a minute, then tried again."""

    def __init__(self, sandbox: Sandbox, clock: Clock) -> None:
        self.sandbox = sandbox
        self.report = SandboxReport(kind=sandbox.kind, usable=True)
        self._clock = clock
        self._lock = asyncio.Lock()
        self._done = False
        self._failed: tuple[float, SandboxError] | None = None
        self._line = ""

    @property
    def progress(self) -> str:
        """What the preparation is doing right now; empty when it does nothing."""
        return self._line

    async def look(self) -> None:
        """Refresh the report."""
        self.report = await self.sandbox.report()

    async def ready(self) -> None:
        """Return once agents can be started, building the image if it must be.

        Raises:
            SandboxError: they cannot, and what to do about it.
        """
        async with self._lock:
            if self._done:
                return
            if self._failed is not None and self._clock.monotonic() - self._failed[0] < _AGAIN_SECONDS:
                raise self._failed[1]
            try:
                await prepare(self.sandbox, self._show)
                self._done, self._failed = True, None
            except SandboxError as error:
                self._failed = (self._clock.monotonic(), error)
                raise
            finally:
                self._line = ""
                await self.look()

    def distrust(self) -> None:
        """Something failed to start: look again before the next start."""
        self._done = False

    def _show(self, line: str) -> None:
        self._line = line
        logger.info("preparing the sandbox", extra={"step": line})
