"""The command in this process, with streams of its own and the fake service behind it."""

import io
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nanoclaw.cli.context import Context
from nanoclaw.cli.main import main
from nanoclaw.settings.home import Home
from tests.fakes.clocks import HeldWallClock
from tests.fakes.control_thread import ServerThread, serving
from tests.fakes.service import FakeService


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a command did."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def stored() -> FakeService:
    """What is in the files of a stopped daemon."""
    service = FakeService()
    service.running = False
    return service


@pytest.fixture
def run(home: Home, stored: FakeService) -> Run:
    @asynccontextmanager
    async def open_service(_home: Home) -> AsyncIterator[FakeService]:
        yield stored

    def run(*argv: str, stdin: str = "") -> Ran:
        out, err = io.StringIO(), io.StringIO()
        context = Context(
            home=home,
            stdin=io.StringIO(stdin),
            stdout=out,
            stderr=err,
            clock=HeldWallClock(),
            open_service=open_service,
        )
        status = main(argv, context)
        assert "Traceback" not in err.getvalue()
        return Ran(status=status, out=out.getvalue(), err=err.getvalue())

    return run


@pytest.fixture
def daemon(home: Home) -> Iterator[ServerThread]:
    with serving(home.control_socket) as server:
        yield server


@pytest.fixture
def scrubbed(tmp_path: Path) -> dict[str, str]:
    """The environment of child processes: nothing of the machine's keys."""
    keep = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return {
        **keep,
        "TERM": "xterm",
        "HOME": str(tmp_path),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "PROMPT_TOOLKIT_NO_CPR": "1",
    }
