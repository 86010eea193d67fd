"""What a command is given, and what it gives back."""

import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from nanoclaw.cli.exits import Exit
from nanoclaw.cli.render import fitted
from nanoclaw.control.client import ControlClient, Document
from nanoclaw.model.clock import Clock, SystemClock
from nanoclaw.settings.home import Home

if TYPE_CHECKING:
    # The service's shapes are made with pydantic, which most commands never need to import.
    from nanoclaw.control.service import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a command found: ``document`` is what ``--json`` prints, ``text`` what people read, made safe already."""

    document: Document | None = None
    text: str = ""
    exit: int = Exit.OK
    """An ``Exit``, or the status of a program that was run for the person."""
    notes: tuple[str, ...] = ()
    """Lines for stderr, also with ``--json``."""


def open_stored_service(home: Home) -> "AbstractAsyncContextManager[Service]":
    """The service of a home whose daemon is stopped."""
    from nanoclaw.daemon.answers.offline import open_service  # noqa: PLC0415 - heavy, and needed only without a daemon

    return open_service(home)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """A command's surroundings."""

    home: Home
    json: bool = False
    stdin: TextIO = field(default_factory=lambda: sys.stdin)
    stdout: TextIO = field(default_factory=lambda: sys.stdout)
    stderr: TextIO = field(default_factory=lambda: sys.stderr)
    environment: Mapping[str, str] = field(default_factory=dict)
    clock: Clock = field(default_factory=SystemClock)
    open_service: "Callable[[Home], AbstractAsyncContextManager[Service]]" = open_stored_service
    daemon_command: tuple[str, ...] = (sys.executable, "-m", "nanoclaw")
    """How a daemon of our own is started; ``--home HOME run`` follows."""

    @property
    def client(self) -> ControlClient:
        """The way to this home's daemon."""
        return ControlClient(self.home.control_socket)

    def say(self, line: str) -> None:
        """Tell a person something beside the result."""
        print(fitted(line, self.stderr), file=self.stderr, flush=True)
