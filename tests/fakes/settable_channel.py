"""A channel of a network that does what the test says: comes up, goes down, breaks, gives up, holds messages back."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from nanoclaw.channels.contract import (
    Capabilities,
    ChannelCondition,
    ChannelError,
    ChannelState,
    ChannelStatus,
    Dialect,
    Surroundings,
    TemporarySendError,
)
from nanoclaw.model.chats import ChannelName, ChatAddress, InboundMessage, Sender
from nanoclaw.model.turns import Reply


@dataclass
class SettableChannel:
    """``sent`` is what arrived at the other end."""

    name: ChannelName
    capabilities: Capabilities = field(
        default_factory=lambda: Capabilities(dialect=Dialect.PLAIN, text_limit=4_000, idempotent=True)
    )
    sent: list[Reply] = field(default_factory=list)
    runs: int = 0
    quiet: bool = False
    """Does not say when its state changes."""
    proof: Callable[[], str] = lambda: "there and back"
    _state: ChannelState = field(default_factory=lambda: ChannelState(status=ChannelStatus.STARTING))
    _surroundings: Surroundings | None = None
    _ends: "asyncio.Queue[Exception | None]" = field(default_factory=asyncio.Queue)

    def state(self) -> ChannelState:
        return self._state

    def up(self) -> None:
        self._become(ChannelState(status=ChannelStatus.UP))

    def down(
        self, condition: ChannelCondition = ChannelCondition.UNREACHABLE, *, detail: str = "", hint: str = ""
    ) -> None:
        self._become(ChannelState(status=ChannelStatus.DOWN, condition=condition, detail=detail, hint=hint))

    def end(self, error: Exception | None) -> None:
        """What runs ends: with an error or without."""
        self._ends.put_nowait(error)

    async def arrive(self, chat: str, text: str, *, sender: str = "u1") -> None:
        """Somebody writes."""
        assert self._surroundings is not None
        await self._surroundings.accept(
            InboundMessage(
                address=ChatAddress(channel=self.name, chat=chat),
                external_id=f"{chat}-{text}",
                sender=Sender(id=sender, name="Somebody"),
                text=text,
                sent_at=self._surroundings.clock.now(),
            )
        )

    async def run(self, surroundings: Surroundings) -> None:
        self.runs += 1
        self._surroundings = surroundings
        self.up()
        try:
            error = await self._ends.get()
            if error is not None:
                raise error
        finally:
            self._become(ChannelState(status=ChannelStatus.DOWN))

    async def send(self, reply: Reply) -> str:
        if self._state.status is not ChannelStatus.UP:
            raise TemporarySendError("the pager network is not connected")
        self.sent.append(reply)
        return f"sent-{reply.client_id}"

    async def show_typing(self, address: ChatAddress, *, typing: bool) -> None:
        """It has no such thing."""

    @property
    def texts(self) -> list[str]:
        return [reply.text for reply in self.sent]

    def _become(self, state: ChannelState) -> None:
        self._state = state
        if self._surroundings is not None and not self.quiet:
            self._surroundings.state_changed()


class ProbingChannel(SettableChannel):
    """Can prove itself."""

    probes: int = 0

    async def probe(self) -> str:
        self.probes += 1
        return self.proof()


def gave_up() -> ChannelError:
    """What a channel raises that can never work."""
    return ChannelError("The pager's token is missing", hint="Write PAGER_TOKEN=… into .env.")
