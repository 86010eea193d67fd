"""The channel of the tutorial, installed as a package of its own, and a program that talks to it."""

import asyncio
import json
import re
import sys
import tempfile
import tomllib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from nanoclaw.channels.contract import Channel, Surroundings
from nanoclaw.channels.registry import ENTRY_POINT_GROUP, load_channels
from nanoclaw.model.chats import ChannelName
from nanoclaw.model.turns import Reply
from tests.fakes.counterpart import CHAT, Told
from tests.fakes.installed_package import lay_down

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial" / "write-a-channel.md"
_LIMIT = 2**24


def parts(language: str) -> list[str]:
    """What stands in the tutorial's blocks of a language, in their order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", TUTORIAL.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def install(place: Path) -> None:
    """The package of the tutorial, as an installer would lay it out."""
    (code,), (project, _settings) = parts("python"), parts("toml")
    described = tomllib.loads(project)["project"]
    (module,) = tomllib.loads(project)["tool"]["setuptools"]["py-modules"]
    (place / f"{module}.py").write_text(code, encoding="utf-8")
    lay_down(place, described["name"], described["version"], described["entry-points"])


class _Program:
    """Listens all the time; what it says itself goes by a connection of its own."""

    def __init__(self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._port = port
        self._reader = reader
        self._writer = writer
        self._shown: dict[str, str] = {}

    async def say(self, external_id: str, text: str) -> Told:
        return await self._tell({"id": external_id, "chat": CHAT, "from": "anna", "text": text})

    async def give(self, external_id: str, text: str, file: Path) -> Told:
        return await self._tell({"id": external_id, "chat": CHAT, "from": "anna", "text": text, "files": [str(file)]})

    async def sees(self) -> list[str]:
        """All that came before the answer to a line that says nothing."""
        self._writer.write(b"{}\n")
        while "error" not in (line := json.loads(await self._reader.readline())):
            self._shown.setdefault(line["id"], line["text"])
        return list(self._shown.values())

    async def gets(self, reply: Reply) -> bytes:
        raise AssertionError(f"it carries no files: {reply.file}")

    async def _tell(self, said: Mapping[str, Any]) -> Told:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=_LIMIT)
        try:
            writer.write(json.dumps(said).encode() + b"\n")
            while True:
                heard = json.loads(await reader.readline() or b'{"error": "It hung up"}')
                if "ok" in heard or "error" in heard:
                    return Told(accepted="ok" in heard, why=heard.get("error", ""), name=said["id"])
        finally:
            writer.close()
            await writer.wait_closed()


class LinesCounterpart:
    """Programs on the loopback address."""

    chat = CHAT
    options: Mapping[str, Any] = {"port": 0}
    bad_options: tuple[tuple[Mapping[str, Any], str], ...] = (
        ({"port": "many"}, "port"),
        ({"port": 70_000}, "port"),
        ({"port": []}, "port"),
    )

    def __init__(self) -> None:
        self._place = Path()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        with tempfile.TemporaryDirectory() as folder:
            install(Path(folder))
            self._place = Path(folder)
            yield

    def make(self) -> Channel:
        """By its entry point, as the composition root does."""
        found = [one for each in distributions(path=[str(self._place)]) for one in each.entry_points]
        assert [point.group for point in found] == [ENTRY_POINT_GROUP]
        sys.path.insert(0, str(self._place))
        try:
            return load_channels({}, ["lines"], found)[ChannelName("lines")]
        finally:
            sys.path.remove(str(self._place))

    @asynccontextmanager
    async def join(self, channel: Channel, surroundings: Surroundings) -> AsyncIterator[_Program]:  # noqa: ARG002
        port = int(channel.state().detail.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=_LIMIT)
        try:
            yield _Program(port, reader, writer)
        finally:
            writer.close()
            await writer.wait_closed()

    async def answers(self, where: str) -> bool:
        """Whether anybody still listens there."""
        host, _, port = where.rpartition(":")
        try:
            _, writer = await asyncio.open_connection(host, int(port))
        except OSError:
            return False
        writer.close()
        return True
