"""Channels and a desk that link accounts, in memory."""

import asyncio
from collections.abc import AsyncGenerator

from nanoclaw.channels.contract import (
    Capabilities,
    ChannelError,
    ChannelState,
    ChannelStatus,
    Dialect,
    PairingDone,
    PairingStep,
    Surroundings,
)
from nanoclaw.control.pairing_shapes import PairingQuery, PairingShape, PairRequest
from nanoclaw.control.service import ConflictError, NoSuchGroupError
from nanoclaw.control.shapes import Done
from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.turns import Reply

OWNER = PairingDone(account="bot@here", owner="ann@here", chat="ann@here", name="Ann")


class PairableChannel:
    """Says each thing it is given, when it is given; ``name`` is what it is called."""

    def __init__(self, name: str = "pigeon") -> None:
        self.name = ChannelName(name)
        self.capabilities = Capabilities(dialect=Dialect.PLAIN, text_limit=100, idempotent=True)
        self.phones: list[str] = []
        self.surroundings: list[Surroundings] = []
        self.given_up = 0
        self.logged_out = 0
        self.refuses_logout = False
        self._steps: asyncio.Queue[PairingStep | Exception] = asyncio.Queue()

    def say(self, *steps: PairingStep | Exception) -> None:
        for step in steps:
            self._steps.put_nowait(step)

    def state(self) -> ChannelState:
        return ChannelState(status=ChannelStatus.UP)

    async def run(self, surroundings: Surroundings) -> None:
        self.surroundings.append(surroundings)
        await asyncio.get_running_loop().create_future()

    async def send(self, reply: Reply) -> str:
        return reply.client_id

    async def show_typing(self, address: ChatAddress, *, typing: bool) -> None:
        """Nobody sees it."""

    async def pair(self, phone: str = "") -> AsyncGenerator[PairingStep, None]:
        self.phones.append(phone)
        try:
            while True:
                step = await self._steps.get()
                if isinstance(step, Exception):
                    raise step
                yield step
                if isinstance(step, PairingDone):
                    return
        except (GeneratorExit, asyncio.CancelledError):
            self.given_up += 1
            raise

    async def logout(self) -> None:
        if self.refuses_logout:
            raise ChannelError("The network cannot be reached", hint="Try later.")
        self.logged_out += 1


class FakePairing:
    """The desk; a pairing says, one look after the other, what it was given in ``shapes``."""

    def __init__(self) -> None:
        self.shapes: list[PairingShape] = []
        self.begun: list[str] = []
        self.given_up = 0
        self.logged_out = 0
        self.refuses_logout = False
        self._now = PairingShape(channel="pigeon")

    async def begin(self, channel: str, request: PairRequest) -> PairingShape:
        _check(channel)
        self.begun.append(request.phone)
        self._now = PairingShape(channel=channel, number=1, state="starting")
        return self._now

    async def look(self, channel: str, query: PairingQuery) -> PairingShape:
        _check(channel)
        if self.shapes and query.wait_seconds:
            self._now = self.shapes.pop(0).model_copy(update={"number": self._now.number + 1})
        return self._now

    async def give_up(self, channel: str) -> Done:
        _check(channel)
        self.given_up += 1
        return Done()

    async def logout(self, channel: str) -> Done:
        _check(channel)
        if self.refuses_logout:
            raise ConflictError("The network cannot be reached", hint="Try later.")
        self.logged_out += 1
        return Done()


def _check(channel: str) -> None:
    if channel not in {"pigeon", "telegram", "whatsapp"}:
        raise NoSuchGroupError(f"There is no channel {channel[:64]!r} in the running assistant")
