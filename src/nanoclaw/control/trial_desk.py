"""What can be asked for to verify an installation."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from nanoclaw.control.trial_shapes import ProbeShape, TrialRequest, TrialShape


class TrialDesk(Protocol):
    """Verifying, as the command sees it."""

    def hold(self, request: TrialRequest) -> AbstractAsyncContextManager[TrialShape]:
        """Temporary groups, erased with everything of theirs when the ``with`` block is left.

        Raises:
            ConflictError: another trial is going on.
        """
        ...

    async def probe(self, channel: str) -> ProbeShape:
        """Have a channel prove itself, where it can. Raises NoSuchGroupError for a channel that is not there."""
        ...
