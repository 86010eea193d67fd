"""Two channels of another package, ``string`` and ``tube``, each driven by files in the folder that its options name.

A file of JSON in ``in`` is taken in in the order of the names, and is gone once the daemon has it; ``sent`` gets a line
of JSON for each reply.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

from nanoclaw.channels.contract import Capabilities, ChannelState, ChannelStatus, Dialect, Surroundings
from nanoclaw.model.chats import (
    ChangeKind,
    ChannelName,
    ChatAddress,
    InboundChange,
    InboundMessage,
    IncomingFile,
    Sender,
)
from nanoclaw.model.turns import Reply
from tests.fakes.installed_package import lay_down

NAMES = ("string", "tube")
_LOOK_SECONDS = 0.02


class StringTelephone:
    """Shows quotes, and names what it sends itself, as most networks do."""

    capabilities = Capabilities(dialect=Dialect.PLAIN, text_limit=2_000, idempotent=False, quotes=True)

    def __init__(self, name: str) -> None:
        self.name = ChannelName(name)
        self._folder = Path()

    def state(self) -> ChannelState:
        return ChannelState(status=ChannelStatus.UP)

    async def run(self, surroundings: Surroundings) -> None:
        self._folder = Path(str(surroundings.options["folder"]))
        while True:
            for path in sorted((self._folder / "in").glob("*.json")):
                await self._take(surroundings, json.loads(path.read_text()))
                path.unlink()
            await asyncio.sleep(_LOOK_SECONDS)

    async def _take(self, surroundings: Surroundings, said: dict[str, Any]) -> None:
        common = {
            "address": ChatAddress(channel=self.name, chat=said["chat"]),
            "external_id": said["id"],
            "sender": Sender(id=said["from"], name=said["from"].title()),
            "text": said.get("text", ""),
        }
        if "change" in said:
            kind = ChangeKind(said["change"])
            await surroundings.change(
                InboundChange(**common, kind=kind, target=said["target"], at=surroundings.clock.now())
            )
            return
        voice = said.get("voice")
        files = (IncomingFile(name="voice.ogg", media_type="audio/ogg", path=voice, voice=True),) if voice else ()
        await surroundings.accept(
            InboundMessage(**common, sent_at=surroundings.clock.now(), files=files, chat_name=said["chat"].title())
        )

    async def send(self, reply: Reply) -> str:
        name = f"sent-{reply.id}"
        quote = reply.quote.external_id if reply.quote else None
        line = {"chat": reply.address.chat, "text": reply.text, "id": name, "quote": quote}
        with (self._folder / "sent").open("a") as file:
            file.write(f"{json.dumps(line)}\n")
        return name

    async def show_typing(self, address: ChatAddress, *, typing: bool) -> None:
        """Strings have no such thing."""


def make_string() -> StringTelephone:
    return StringTelephone("string")


def make_tube() -> StringTelephone:
    return StringTelephone("tube")


def announce(folder: Path) -> None:
    """Lay down what an installed package would: its name and its entry points. ``folder`` belongs on the path."""
    points = {name: f"tests.fakes.string_telephone:make_{name}" for name in NAMES}
    lay_down(folder, "string-telephone", "1.0", {"nanoclaw.channels": points})


class Party:
    """Those at the other end of one of them, in chats of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "in").mkdir(parents=True)
        self._count = 0

    async def say(self, chat: str, text: str, name: str, sender: str = "ann", **more: Any) -> None:
        """Something is said or done; returns once the daemon has it."""
        self._count += 1
        said = {"chat": chat, "from": sender, "text": text, "id": name, **more}
        path = self.folder / "in" / f"{self._count:06}.json"
        path.with_suffix(".new").write_text(json.dumps(said))
        path.with_suffix(".new").rename(path)
        async with asyncio.timeout(20):
            while path.exists():  # noqa: ASYNC110 - a file has no event
                await asyncio.sleep(0.02)

    async def do(self, kind: ChangeKind, chat: str, target: str, text: str = "", sender: str = "ann") -> None:
        """Somebody changes an earlier message."""
        await self.say(chat, text, f"change-{self._count}", sender, change=kind.value, target=target)

    def heard(self) -> list[dict[str, Any]]:
        """What came."""
        path = self.folder / "sent"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    async def hears(self, count: int) -> dict[str, Any]:
        """The newest, once so many have come."""
        async with asyncio.timeout(60):
            while len(self.heard()) < count:  # noqa: ASYNC110 - a file has no event
                await asyncio.sleep(0.05)
        return self.heard()[-1]
