"""Channels of another package, each driven by files in the folder that its options name.

``state`` holds a status and a condition, ``sent`` gets a line of JSON for each message. Three of them are announced, so
that one can be switched on, one can break, and one can carry what is told of the others.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

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
from tests.fakes.installed_package import lay_down

NAMES = ("pager", "bell", "horn")
_LOOK_SECONDS = 0.05


class FilePager:
    """Looks at its file twenty times a second."""

    capabilities = Capabilities(dialect=Dialect.PLAIN, text_limit=2_000, idempotent=True)

    def __init__(self, name: str) -> None:
        self.name = ChannelName(name)
        self._folder = Path()
        self._state = ChannelState(status=ChannelStatus.STARTING)

    def state(self) -> ChannelState:
        return self._state

    async def run(self, surroundings: Surroundings) -> None:
        self._folder = Path(str(surroundings.options["folder"]))
        # The owner writes once, so that the network has a chat of theirs.
        await surroundings.accept(
            InboundMessage(
                address=ChatAddress(channel=self.name, chat="me"),
                external_id="hello",
                sender=Sender(id="me", name="Me"),
                text="hello",
                sent_at=surroundings.clock.now(),
            )
        )
        while True:
            self._look(surroundings)
            await asyncio.sleep(_LOOK_SECONDS)

    def _look(self, surroundings: Surroundings) -> None:
        status, _, condition = self._read("state", "up").partition(" ")
        if status == "crash":
            (self._folder / "state").write_text("up")
            raise RuntimeError("the pager's program broke")
        if status == "give-up":
            raise ChannelError("The pager's token is not valid", hint="Get another one.")
        state = ChannelState(status=ChannelStatus(status), condition=ChannelCondition(condition))
        if state != self._state:
            self._state = state
            surroundings.state_changed()

    async def probe(self) -> str:
        if (self._folder / "no-proof").exists():
            raise ChannelError("Nobody answers on the pager network", hint="Look at its antenna.")
        return "the pager network answered"

    async def send(self, reply: Reply) -> str:
        if self._state.status is not ChannelStatus.UP:
            raise TemporarySendError("The pager network is not connected")
        with (self._folder / "sent").open("a") as file:
            file.write(f"{json.dumps({'chat': reply.address.chat, 'text': reply.text, 'id': reply.client_id})}\n")
        return reply.client_id

    async def show_typing(self, address: ChatAddress, *, typing: bool) -> None:
        """Pagers have no such thing."""

    def _read(self, name: str, otherwise: str) -> str:
        path = self._folder / name
        return path.read_text().strip() if path.exists() else otherwise


def make_pager() -> FilePager:
    return FilePager("pager")


def make_bell() -> FilePager:
    return FilePager("bell")


def make_horn() -> FilePager:
    return FilePager("horn")


def announce(folder: Path) -> None:
    """Lay down what an installed package would: its name and its entry points. ``folder`` belongs on the path."""
    points = {name: f"tests.fakes.file_pager:make_{name}" for name in NAMES}
    lay_down(folder, "file-pager", "1.0", {"nanoclaw.channels": points})


def sent(folder: Path) -> list[dict[str, Any]]:
    """What the network carried."""
    path = folder / "sent"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
