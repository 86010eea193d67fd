"""The real client library in a process of its own, without the product: see ``bare_client``, which runs there."""

import asyncio
import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

_PROGRAM = Path(__file__).parent / "bare_client.py"


class BareClient:
    """Speaks with ``bare_client.py``."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._folder = folder
        self._environment = environment
        self._process: asyncio.subprocess.Process | None = None
        self.lines: list[dict[str, Any]] = []
        self.noise: list[str] = []
        """What the library wrote by itself."""

    async def start(self) -> None:
        """Begin, or begin again with the same session."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            str(_PROGRAM),
            str(self._folder),
            env=self._environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=1 << 26,
        )

    async def kill(self) -> None:
        """Kill -9."""
        if self._process and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()
        if self._process:
            await self._process.communicate()

    async def until(self, key: str, value: object = None, seconds: float = 20) -> dict[str, Any]:
        """The next line that has the key (and the value), passing over others."""
        async with asyncio.timeout(seconds):
            while True:
                line = await self._line()
                self.lines.append(line)
                if key in line and (value is None or value == line[key]):
                    return line

    async def do(self, name: str, /, **order: object) -> Any:
        """Give an order, and wait until it was carried out."""
        assert self._process
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"do": name, **order}).encode() + b"\n")
        while True:
            line = await self.until_any("did", "failed")
            if "failed" in line:
                raise RefusedError(line["why"])
            return line["result"]

    async def until_any(self, *keys: str, seconds: float = 20) -> dict[str, Any]:
        """The next line that has one of the keys."""
        async with asyncio.timeout(seconds):
            while True:
                line = await self._line()
                self.lines.append(line)
                if any(key in line for key in keys):
                    return line

    async def _line(self) -> dict[str, Any]:
        assert self._process
        assert self._process.stdout
        while True:
            raw = await self._process.stdout.readline()
            if not raw:
                raise EOFError("\n".join(self.noise[-30:]))
            if raw.startswith(b"@"):
                return dict(json.loads(raw[1:]))
            self.noise.append(raw.decode(errors="replace").rstrip())


class RefusedError(Exception):
    """An order was not carried out."""
