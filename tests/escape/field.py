"""The field of a session: an installation with baits, and what the attempts are told of it."""

import asyncio
import ctypes
import os
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nanoclaw.stub_model.script import Answer, Rule, ToolCall
from tests.integration.installation import KEY, REPOSITORY, Installation

HOST_SECRET, GROUP_SECRET = "host-canary-7b1f", "work-canary-93ce"
SANDBOX = """
memory_mib = 768
processes = 256
open_files = 1024
tmp_mib = 64
home_mib = 64
file_size_mib = 100
disk_mib = 160
disk_entries = 4000
"""
_SHARED_KEY, _SHARED_SIZE = 0x6E63, 4096
_IPC_CREAT, _IPC_RMID = 0o1000, 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came back from a tool."""

    text: str
    is_error: bool


@dataclass(slots=True, kw_only=True)
class Field:
    """One installation under attack."""

    installation: Installation
    folder: Path
    """Holds the home folder and the bait, and nothing else."""
    places: dict[str, object] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    """Results of tools that were looked at."""
    looked: int = 0

    @property
    def kind(self) -> str:
        return self.installation.kind

    @property
    def home(self) -> Path:
        return self.installation.home

    @property
    def workspace(self) -> Path:
        """The attacking group's folder."""
        return self.home / "groups" / "family"

    def beside(self) -> list[str]:
        """What lies beside nanoclaw's home."""
        return sorted(path.name for path in self.folder.iterdir())

    def fill(self, text: str) -> str:
        """Put the places into a script or an argument."""
        for name, value in self.places.items():
            text = text.replace(f"{{{name}}}", str(value))
        return text

    def fill_value(self, value: Any) -> Any:
        """Put the places into an argument of a tool."""
        if not isinstance(value, str):
            return value
        filled = self.fill(value)
        return int(filled) if value == "{task}" else filled

    async def bait(self) -> None:
        """Lay out what must not be taken, and learn the names of what belongs to another group."""
        (self.folder / "bait.txt").write_text(HOST_SECRET)
        (self.home / ".env").write_text(f"ANTHROPIC_API_KEY={KEY}\n")
        for group in ("work", "family"):
            await self.installation.add_group(group, requires_trigger=False)
        (self.home / "groups" / "work" / "secret.txt").write_text(GROUP_SECRET)
        await self.installation.answer(f"keep {GROUP_SECRET}", group="work")
        task = {"group": "work", "prompt": GROUP_SECRET, "schedule_type": "cron", "schedule_value": "0 0 1 1 *"}
        status, made = await self.installation.request("POST", "/v1/tasks", task)
        assert status == 201, made
        lines = (await self.installation.get("/v1/messages?group=work&limit=10"))["messages"]
        process = self.installation.process
        assert process is not None
        self.places |= {
            "host": self.folder / "bait.txt",
            "folder": self.folder,
            "home": self.home,
            "lan": own_address(),
            "code": REPOSITORY / "src" / "nanoclaw" / "daemon",
            "daemon": process.pid,
            "memory": _SHARED_KEY,
            "task": made["id"],
            "word": GROUP_SECRET,
            "secret": KEY,
            "in": _number(lines, "in"),
            "out": _number(lines, "out"),
            "scrambled": "".join(chr(ord(letter) ^ 1) for letter in KEY),
        }

    async def turn(
        self, word: str, *calls: ToolCall, wait: float = 60, group: str = "family"
    ) -> tuple[dict[str, Any], list[Result]]:
        """Have an agent make these calls, once; the outcome, and what came back."""
        first, *rest = calls
        then = (*(Answer(tool=one) for one in rest), Answer(reply="Tried."))
        self.installation.script(Rule(when=word, tool=first, then=then, times=1), Rule(reply="Here."))
        self.new_results()
        outcome = await self.installation.send(word, group=group, wait=wait)
        return outcome, self.new_results()

    def new_results(self) -> list[Result]:
        """Results of tools that came to the model since the last look, in order."""
        found: dict[str, Result] = {}
        requests = self.installation.model.requests
        for request in requests[self.looked :]:
            for identity, result in _results(request.body or {}):
                if identity not in self.known:
                    found.setdefault(identity, result)
        self.looked = len(requests)
        self.known |= set(found)
        return list(found.values())

    async def begin_anew(self) -> None:
        """A new conversation of the attacker, with a new start of its program."""
        await self.installation.send("/new", group="family", wait=0)
        await asyncio.sleep(1)
        await self.goes_on()

    async def goes_on(self) -> None:
        """The daemon lives, and both the attacker and the others are answered."""
        self.installation.script(Rule(reply="Here."))
        assert "Here." in await self.installation.answer("hello", group="family")
        assert "Here." in await self.installation.answer("hello", group="work")


def command(script: str, *, seconds: int = 40) -> ToolCall:
    """A call of the Bash tool that always says when it has ended."""
    written = f"cat <<'NC_END' > /tmp/go.sh\n{script}\nNC_END\n"
    text = f"({written}timeout {seconds} sh /tmp/go.sh) 2>&1 | tail -c 3000; echo ENDED"
    return ToolCall(name="Bash", input={"command": text, "description": "try"})


def own_address() -> str:
    """An address of this machine that is not loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            return "172.17.0.1"


class Baits:
    """Servers and shared memory of the host that must see nobody."""

    def __init__(self) -> None:
        self.seen = 0
        self.abstract = f"nanoclaw-bait-{os.getpid()}"
        self._servers: list[asyncio.Server] = []
        self._memory = -1

    async def start(self) -> int:
        """Their port."""

        def met(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.seen += 1
            writer.close()

        everywhere = await asyncio.start_server(met, "0.0.0.0", 0)  # noqa: S104 - bait
        self._servers = [everywhere, await asyncio.start_unix_server(met, f"\0{self.abstract}")]
        self._memory = ctypes.CDLL(None).shmget(_SHARED_KEY, _SHARED_SIZE, _IPC_CREAT | 0o666)
        return int(everywhere.sockets[0].getsockname()[1])

    def stop(self) -> None:
        ctypes.CDLL(None).shmctl(self._memory, _IPC_RMID, None)
        for server in self._servers:
            server.close()


def _number(lines: list[dict[str, Any]], direction: str) -> object:
    return next(line["id"] for line in lines if line["direction"] == direction)


def _results(body: dict[str, Any]) -> list[tuple[str, Result]]:
    found = []
    for message in body.get("messages", []):
        content = message["content"] if isinstance(message, dict) and isinstance(message.get("content"), list) else []
        for block in content:
            if isinstance(block, dict) and block.get("type") == "tool_result" and "tool_use_id" in block:
                result = Result(text=_text(block.get("content")), is_error=bool(block.get("is_error")))
                found.append((block["tool_use_id"], result))
    return found


def _text(content: object) -> str:
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return str(content or "")
