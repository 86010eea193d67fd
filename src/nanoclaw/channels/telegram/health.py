"""How the bot is: up only while a poll proves it."""

import asyncio
from collections.abc import Callable

from nanoclaw.channels.contract import ChannelCondition, ChannelState, ChannelStatus
from nanoclaw.model.clock import Clock

_STOPPED = ChannelState(status=ChannelStatus.DOWN, detail="The Telegram channel is not running.")


class Health:
    """Remembers what was learned last, and when."""

    def __init__(self) -> None:
        self._state = _STOPPED
        self._clock: Clock | None = None
        self._tell: Callable[[], None] = lambda: None
        self._proven = 0.0
        self._valid = 0.0
        self._news = asyncio.Event()

    def begin(self, clock: Clock, tell: Callable[[], None], *, valid: float) -> None:
        """The channel starts; a proof is good for ``valid`` seconds."""
        self._clock, self._tell, self._valid = clock, tell, valid
        self.starting()

    def starting(self) -> None:
        """Another bot begins; what was proven before was another one's."""
        self._become(ChannelState(status=ChannelStatus.STARTING, detail="Connecting to Telegram."))

    def proven(self, name: str) -> None:
        """Telegram answered a poll of this bot."""
        if self._clock is not None:
            self._proven = self._clock.monotonic()
        self._become(ChannelState(status=ChannelStatus.UP, detail=name))

    def failed(self, condition: ChannelCondition, detail: str, hint: str = "") -> None:
        """It does not work, for this reason."""
        self._become(ChannelState(status=ChannelStatus.DOWN, detail=detail, condition=condition, hint=hint))

    def ended(self, detail: str = "") -> None:
        """The channel does not run any more."""
        self._clock = None
        self._become(ChannelState(status=ChannelStatus.DOWN, detail=detail) if detail else _STOPPED)

    def state(self) -> ChannelState:
        """Now: what proved it long ago proves nothing."""
        if self._state.status is not ChannelStatus.UP or self._clock is None:
            return self._state
        if self._clock.monotonic() - self._proven <= self._valid:
            return self._state
        return ChannelState(
            status=ChannelStatus.DOWN,
            condition=ChannelCondition.UNREACHABLE,
            detail="Telegram has not answered for a while.",
        )

    async def changed(self) -> None:
        """Return once the state is another."""
        await self._news.wait()

    def _become(self, state: ChannelState) -> None:
        if state != self._state:
            self._state = state
            self._news.set()
            self._news = asyncio.Event()
            self._tell()
