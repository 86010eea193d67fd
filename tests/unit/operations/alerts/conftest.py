"""A home, real servers, and the desk that sends to them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from nanoclaw.operations.alerts.book import Book
from nanoclaw.operations.alerts.desk import AlertDesk, plain_hands
from nanoclaw.operations.alerts.routes import find_routes
from nanoclaw.operations.alerts.state import State
from nanoclaw.settings.home import Home
from nanoclaw.settings.load import load_settings
from tests.fakes.alert_servers import Gateway, MailServer
from tests.fakes.clocks import ShiftedClock


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    made = MailServer()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway().serving() as made:
        yield made


class House:
    """One home with routes, and desks on it, one after the other."""

    def __init__(self, root: Path) -> None:
        self.home = Home(root)
        self.home.create()
        self.clock = ShiftedClock()
        self.noted: list[tuple[str, str]] = []

    def set_up(self, config: str = "", **urls: str) -> None:
        """Write the configuration: the routes are the variables that are given; an empty one stays unset."""
        names = ", ".join(f'"{name}"' for name in urls)
        self.home.config.write_text(f"[alerts]\nurls = [{names}]\n{config}\n")
        self.home.env_file.write_text("".join(f"{name}={url}\n" for name, url in urls.items() if url))

    def desk(self) -> AlertDesk:
        routes = find_routes(self.home, load_settings(self.home).alerts)
        return AlertDesk(Book(self.home), routes, self.clock, replace(plain_hands(routes), note=self._note))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[AlertDesk]:
        desk = self.desk()
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(desk.run(), name="alerts")
            yield desk
            running.cancel()

    @property
    def state(self) -> State:
        return Book(self.home).read()

    async def _note(self, what: str, hint: str) -> None:
        self.noted.append((what, hint))


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "nc")
