"""A whole installation for tests: a home folder, the scripted model, and the real daemon as a process of its own."""

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, UnixConnector

from nanoclaw.settings.sockets import bindable_path
from nanoclaw.stub_model.script import Rule, Script
from nanoclaw.stub_model.server import StubModel

REPOSITORY = Path(__file__).parents[2]
BASE_IMAGE = "nanoclaw-base:bookworm"
KEY = "sk-ant-test-0123456789abcdef"


@dataclass
class Installation:
    """One home and its daemon. ``config`` is written to ``config.toml`` below the sandbox's settings."""

    home: Path
    model: StubModel
    model_url: str
    environment: dict[str, str]
    kind: str
    config: str = ""
    sandbox: str = ""
    key: str | None = KEY
    process: subprocess.Popen[bytes] | None = None
    output: list[str] = field(default_factory=list)

    def write_config(self) -> None:
        """Make the home with its configuration; no page, so that two homes do not want one port."""
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        sandbox = f'[sandbox]\nkind = "{self.kind}"\nbase_image = "{BASE_IMAGE}"\n{self.sandbox}\n'
        path, text = self.home / "config.toml", f"{sandbox}\n[channels]\n{self.config}\n"
        if not path.exists() or path.read_text() != text:
            path.write_text(text)

    def child_environment(self) -> dict[str, str]:
        """What the daemon sees: scrubbed, the scripted model's address, and the test's own key."""
        path = os.pathsep.join(filter(None, [str(REPOSITORY / "src"), self.environment.get("PYTHONPATH", "")]))
        own = {"ANTHROPIC_BASE_URL": self.model_url, "PYTHONPATH": path}
        return {**self.environment, **own, **({"ANTHROPIC_API_KEY": self.key} if self.key else {})}

    def command(self, *arguments: str) -> list[str]:
        """A command on this home."""
        return [sys.executable, "-m", "nanoclaw", "--home", str(self.home), *arguments]

    def run(self, *arguments: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            self.command(*arguments),
            env=self.child_environment(),
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    async def start(self, *, seconds: float = 20) -> None:
        """Start the daemon and wait until it answers."""
        self.write_config()
        log = (self.home / "daemon.out").open("ab")
        self.process = subprocess.Popen(
            self.command("run"), env=self.child_environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        log.close()
        async with asyncio.timeout(seconds):
            while True:
                assert self.process.poll() is None, (self.home / "daemon.out").read_text()
                try:
                    channels = (await self.get("/v1/status"))["channels"]
                except (ClientError, OSError):
                    channels = []
                if any(one["name"] == "local" and one["status"] == "up" for one in channels):
                    return
                await asyncio.sleep(0.02)

    def signal(self, number: int = signal.SIGTERM) -> None:
        """Send the daemon a signal."""
        assert self.process is not None
        self.process.send_signal(number)

    async def ended(self, seconds: float = 40) -> int:
        """Wait for the daemon's end."""
        assert self.process is not None
        return await asyncio.to_thread(self.process.wait, seconds)

    async def stop(self) -> int:
        """Stop the daemon in order."""
        self.signal()
        return await self.ended()

    async def kill(self) -> None:
        """Kill -9."""
        self.signal(signal.SIGKILL)
        await self.ended()

    async def request(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        """One call of the control API: its status and its JSON."""
        with bindable_path(self.home / "data" / "ipc" / "control.sock") as socket:
            session = ClientSession(connector=UnixConnector(socket), timeout=ClientTimeout(total=100))
            data = None if body is None else io.BytesIO(json.dumps(body).encode())
            async with session, session.request(method, f"http://daemon{path}", data=data) as response:
                return response.status, await response.json()

    async def get(self, path: str) -> Any:
        """The JSON of a GET that must succeed."""
        status, body = await self.request("GET", path)
        assert status == 200, body
        return body

    async def send(self, text: str, *, group: str = "main", wait: float = 45, **more: Any) -> dict[str, Any]:
        """Send a message and wait for what becomes of it."""
        request = {"group": group, "text": text, "wait_seconds": wait, **more}
        status, body = await self.request("POST", "/v1/messages", request)
        assert status == 200, body
        return dict(body)

    async def answer(self, text: str, **more: Any) -> str:
        """Send a message that must be answered; the answer's text."""
        result = await self.send(text, **more)
        assert result["outcome"] == "answered", (result, self.log_events())
        return "\n".join(reply["text"] for reply in result["replies"])

    async def add_group(self, folder: str, **more: Any) -> None:
        """Register a group on the local channel."""
        body = {"name": folder.title(), "folder": folder, **more}
        status, answer = await self.request("POST", "/v1/groups", body)
        assert status in {200, 201}, answer

    async def outgoing(self, group: str = "main") -> list[str]:
        """Every text ever sent to a group, oldest first."""
        lines = (await self.get(f"/v1/messages?group={group}&limit=1000"))["messages"]
        return [line["text"] for line in lines if line["direction"] == "out"]

    async def until(self, what: str, seconds: float = 20) -> None:
        """Wait until the status holds ``what``, a Python expression over the names ``status`` and ``requests``."""
        async with asyncio.timeout(seconds):
            while not eval(what, {"status": await self.get("/v1/status"), "requests": self.model.requests}):  # noqa: S307 - the test's own words
                await asyncio.sleep(0.05)

    def script(self, *rules: Rule) -> None:
        """Replace what the model says."""
        self.model.replace_script(Script(rules=rules))

    def log_events(self) -> list[str]:
        """The log's events."""
        path = self.home / "logs" / "nanoclaw.log"
        return [json.loads(line)["event"] for line in path.read_text().splitlines()] if path.exists() else []

    def log_text(self) -> str:
        """The whole log."""
        return (self.home / "logs" / "nanoclaw.log").read_text()

    def containers(self) -> list[str]:
        """Names of Docker containers of this installation, running or not."""
        with_names = ["docker", "ps", "-a", "--format", "{{.Names}} {{.Mounts}} {{.ID}}", "--no-trunc"]
        listed = subprocess.run(with_names, capture_output=True, text=True, timeout=20, check=True).stdout
        return [line.split()[0] for line in listed.splitlines() if str(self.home) in line]
