"""Asking the daemon, or the files of a home without one."""

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from nanoclaw.cli.context import Context
from nanoclaw.cli.reach import ask
from nanoclaw.daemon.lock import HomeInUseError
from nanoclaw.model.clock import Milliseconds
from nanoclaw.settings.home import Home
from tests.fakes.control_thread import serving
from tests.fakes.service import FakeService


class HastyClock:
    """A second passes whenever one looks."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> Milliseconds:
        return Milliseconds(0)

    def monotonic(self) -> float:
        self.seconds += 1
        return self.seconds


class Files:
    """The files of a home that another process has for the first so many times that one asks for them."""

    def __init__(self, held: float) -> None:
        self.held = held
        self.asked = 0
        self.looked = threading.Event()

    @asynccontextmanager
    async def open(self, _home: Home) -> AsyncIterator[FakeService]:
        self.asked += 1
        self.looked.set()
        if self.asked <= self.held:
            raise HomeInUseError("in use by process 7")
        stored = FakeService()
        stored.running = False
        yield stored


def status(home: Home, files: Files, **more: Any) -> Any:
    context = Context(home=home, open_service=files.open, **more)
    return ask(context, lambda client: client.status(), lambda service: service.status())


def test_a_daemon_that_is_starting_is_waited_for(home: Home) -> None:
    files, said = Files(held=float("inf")), []
    asking = threading.Thread(target=lambda: said.append(status(home, files)))
    asking.start()
    assert files.looked.wait(10)
    with serving(home.control_socket):
        asking.join(10)
    assert said[0]["running"]


def test_a_command_that_has_the_home_is_waited_for(home: Home) -> None:
    files = Files(held=2)
    assert not status(home, files)["running"]
    assert files.asked == 3


def test_it_is_not_waited_for_without_end(home: Home) -> None:
    with pytest.raises(HomeInUseError, match="in use by process 7"):
        status(home, Files(held=float("inf")), clock=HastyClock())
