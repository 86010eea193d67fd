"""Trials of the control API's service, in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from nanoclaw.control.service import ConflictError, NoSuchGroupError
from nanoclaw.control.trial_shapes import ProbeShape, TrialGroup, TrialRequest, TrialShape


class FakeTrials:
    """A trial with one group, and whether it holds right now."""

    def __init__(self) -> None:
        self.holds = False
        self.probes = {"local": ProbeShape(channel="local", outcome="skipped", detail="it has no probe of its own")}

    @asynccontextmanager
    async def hold(self, request: TrialRequest) -> AsyncIterator[TrialShape]:
        if self.holds:
            raise ConflictError("Another verification is going on")
        self.holds = True
        try:
            group = TrialGroup(folder="verify-1-a", trigger="@Verify", diverted=not request.real, chats=[])
            yield TrialShape(groups=[group])
        finally:
            self.holds = False

    async def probe(self, channel: str) -> ProbeShape:
        if channel not in self.probes:
            raise NoSuchGroupError(f"There is no channel {channel!r}")
        return self.probes[channel]
