"""A network that does as told."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nanoclaw.channels.contract import Capabilities, ChannelState, ChannelStatus, Dialect, Surroundings
from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.turns import Reply
from tests.fakes.clocks import ShiftedClock
from tests.unit.store.conftest import HERE, Store, new_group, open_store


@dataclass
class Network:
    """A channel. ``failures`` are raised by the next sends; ``open`` cleared: sending takes its time."""

    name: ChannelName = HERE.channel
    can_type: bool = True
    files: bool = False
    quotes: bool = False
    failures: list[Exception] = field(default_factory=list)
    sent: list[Reply] = field(default_factory=list)
    typed: list[tuple[str, bool]] = field(default_factory=list)
    tried: int = 0
    status: ChannelStatus = ChannelStatus.UP
    open: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            dialect=Dialect.PLAIN,
            text_limit=100,
            idempotent=True,
            typing=self.can_type,
            files=self.files,
            quotes=self.quotes,
        )

    def state(self) -> ChannelState:
        return ChannelState(status=self.status)

    async def run(self, surroundings: Surroundings) -> None:  # noqa: ARG002 - the contract's
        await asyncio.get_running_loop().create_future()

    async def send(self, reply: Reply) -> str:
        self.tried += 1
        await self.open.wait()
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(reply)
        return f"n{len(self.sent)}"

    async def show_typing(self, address: ChatAddress, *, typing: bool) -> None:
        await self.open.wait()
        if self.failures:
            raise self.failures.pop(0)
        self.typed.append((address.chat, typing))

    @property
    def texts(self) -> list[str]:
        return [reply.text for reply in self.sent]


@pytest.fixture
def network() -> Network:
    made = Network()
    made.open.set()
    return made


@pytest.fixture
def clock() -> ShiftedClock:
    return ShiftedClock()


@pytest.fixture
async def store(tmp_path: Path, clock: ShiftedClock) -> AsyncIterator[Store]:
    opened = await open_store(tmp_path / "messages.db", clock)
    await opened.groups.add(new_group("main", is_main=True))
    yield opened
    await opened.database.close()
