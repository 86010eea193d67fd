import asyncio
import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from nanoclaw.daemon.heartbeat import Heartbeat, Rhythm
from nanoclaw.daemon.hopeless import WrongPartError, building, failure_status
from nanoclaw.daemon.keeper import Keeper
from nanoclaw.daemon.lock import HomeInUseError, hold
from nanoclaw.daemon.notify import Notifier
from nanoclaw.gateway.contract import GatewayError
from nanoclaw.model.clock import Milliseconds, SystemClock
from nanoclaw.operations.service.breaker import StartBreaker
from nanoclaw.operations.service.statuses import DaemonExit
from nanoclaw.settings.home import Home
from nanoclaw.settings.load import SettingsError
from nanoclaw.settings.supervision import Supervision
from nanoclaw.store.database import Database
from nanoclaw.store.errors import DatabaseCorruptError, DatabaseLockedError, NewerSchemaError


class Manager:
    """systemd's end of the notify socket."""

    def __init__(self, path: Path) -> None:
        self.address = str(path)
        self._link = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._link.bind(self.address)
        self._link.setblocking(False)

    def heard(self) -> list[str]:
        lines: list[str] = []
        while True:
            try:
                lines += self._link.recv(4096).decode().splitlines()
            except BlockingIOError:
                return lines

    def close(self) -> None:
        self._link.close()


class PassingClock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.naps: list[float] = []

    def now(self) -> Milliseconds:
        return Milliseconds(1_795_341_600_000 + int(self.seconds * 1000))

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.seconds += seconds


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    made = Manager(tmp_path / "notify")
    yield made
    made.close()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.create()
    return made


class Daemons:
    """Starts of one home under one manager."""

    def __init__(self, home: Home, manager: Manager, *, supervised: bool = True) -> None:
        self.home = home
        self.clock = PassingClock()
        self.said: list[str] = []
        self.alarms: list[str] = []
        self.supervision = Supervision(supervised=True, notify_socket=manager.address) if supervised else Supervision()

    def keeper(self) -> Keeper:
        return Keeper(self.home, self.supervision, self.clock, self.said.append, self.clock.sleep)

    def crash(self) -> None:
        keeper = self.keeper()
        keeper.brake(self.alarms.append)
        with pytest.raises(RuntimeError), keeper.counted():
            raise RuntimeError


def test_a_crash_loop_is_slowed_and_the_manager_is_kept_patient(home: Home, manager: Manager) -> None:
    daemons = Daemons(home, manager)
    for _ in range(4):
        daemons.crash()
    assert daemons.clock.seconds == 0 + 0 + 10 + 30
    heard = manager.heard()
    assert heard.count("EXTEND_TIMEOUT_USEC=60000000") == 2 + 2 + 6
    assert any(line.startswith("STATUS=Waiting: 3 starts in a row failed; the next begins in 30 s") for line in heard)
    assert len(daemons.said) == 2
    assert len(daemons.alarms) == 2
    assert len(set(daemons.alarms)) == 1, "a crash loop is one trouble, whatever the count"


def test_who_started_it_at_a_terminal_waits_for_nothing_and_counts_nothing(home: Home, manager: Manager) -> None:
    for _ in range(5):
        Daemons(home, manager).crash()
    alone = Daemons(home, manager, supervised=False)
    before = StartBreaker(home, alone.clock).look()
    alone.crash()
    assert alone.clock.naps == []
    assert StartBreaker(home, alone.clock).look() == before


def test_a_stop_in_order_counts_nothing(home: Home, manager: Manager) -> None:
    daemons = Daemons(home, manager)
    for _ in range(5):
        keeper = daemons.keeper()
        keeper.brake(daemons.alarms.append)
        with keeper.counted():
            pass
    assert daemons.clock.naps == []


def test_the_home_is_free_for_commands_while_a_start_waits(home: Home, manager: Manager) -> None:
    daemons = Daemons(home, manager)
    for _ in range(2):
        daemons.crash()
    looked = []

    def look(seconds: float) -> None:
        with hold(home.lock):
            looked.append(StartBreaker(home, daemons.clock).look().failures)
        daemons.clock.sleep(seconds)

    Keeper(home, daemons.supervision, daemons.clock, daemons.said.append, look).brake(daemons.alarms.append)
    assert looked == [2, 2]


def test_a_supervised_daemon_waits_for_whoever_has_the_home(home: Home, manager: Manager) -> None:
    daemons = Daemons(home, manager)
    other = hold(home.lock)
    other.__enter__()
    naps = 0

    def nap(_seconds: float) -> None:
        nonlocal naps
        naps += 1
        if naps == 2:
            other.__exit__(None, None, None)

    keeper = Keeper(home, daemons.supervision, daemons.clock, daemons.said.append, nap)
    with keeper.hold():
        assert naps == 2
    assert daemons.said == [f"{home.root} is in use by process {os.getpid()}; waiting for it to end"]
    assert "EXTEND_TIMEOUT_USEC=60000000" in manager.heard()


def test_a_person_is_told_at_once_that_the_home_is_in_use(home: Home, manager: Manager) -> None:
    keeper = Daemons(home, manager, supervised=False).keeper()
    with hold(home.lock), pytest.raises(HomeInUseError), keeper.hold():
        pass


def test_what_takes_long_before_the_start_keeps_the_manager_patient_but_not_busy(home: Home, manager: Manager) -> None:
    daemons = Daemons(home, manager)
    alive = daemons.keeper().patience("Upgrading the databases")
    for _ in range(60):
        alive()
        daemons.clock.seconds += 0.1
    assert manager.heard() == ["STATUS=Upgrading the databases", "EXTEND_TIMEOUT_USEC=60000000"] * 2


def test_ready_and_stopping_are_told(home: Home, manager: Manager) -> None:
    keeper = Daemons(home, manager).keeper()
    keeper.ready("here")
    keeper.stopping()
    assert manager.heard() == ["READY=1", "STATUS=Running", "STOPPING=1", "STATUS=Stopping"]


def test_only_a_stop_by_command_under_systemd_is_to_last(home: Home, manager: Manager) -> None:
    under, alone = Daemons(home, manager).keeper(), Daemons(home, manager, supervised=False).keeper()
    assert under.ending(by_command=True) is DaemonExit.STAY_DOWN
    assert {under.ending(by_command=False), alone.ending(by_command=True)} == {DaemonExit.STOPPED}


def test_a_manager_that_is_gone_or_has_a_long_name_disturbs_nobody(tmp_path: Path) -> None:
    Notifier(str(tmp_path / "nobody")).tell("READY=1")
    Notifier("@nanoclaw-nobody-listens-here").tell("READY=1")
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    Notifier(str(deep / "nobody")).tell("READY=1")


def test_an_abstract_address_is_heard() -> None:
    name = f"nanoclaw-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
        link.bind(f"\0{name}")
        link.settimeout(5)
        Notifier(f"@{name}").tell("READY=1", "STATUS=Running")
        assert link.recv(100) == b"READY=1\nSTATUS=Running"


class TestHeartbeat:
    @pytest.fixture
    async def database(self, tmp_path: Path) -> Any:
        made = await Database.open(tmp_path / "messages.db")
        yield made
        await made.close()

    async def beat(self, manager: Manager, database: Database, seconds: float, healthy: float = 60) -> list[str]:
        """What the manager hears in so many seconds."""
        worked: list[str] = []
        rhythm = Rhythm(watchdog_seconds=0.15, healthy_seconds=healthy)
        notifier = Notifier(manager.address)
        heart = Heartbeat([database], notifier, rhythm, SystemClock(), lambda: worked.append("worked"))
        try:
            async with asyncio.timeout(seconds):
                await heart.run()
        except TimeoutError:
            pass
        return manager.heard() + worked

    async def test_it_pings_while_the_store_answers(self, manager: Manager, database: Database) -> None:
        heard = await self.beat(manager, database, 0.5)
        assert heard.count("WATCHDOG=1") >= 3
        assert "worked" not in heard

    async def test_a_store_that_hangs_gets_no_ping(self, manager: Manager, database: Database) -> None:
        release = asyncio.Event()
        loop = asyncio.get_running_loop()

        def hang(_connection: object) -> None:
            asyncio.run_coroutine_threadsafe(release.wait(), loop).result()

        stuck = asyncio.ensure_future(database.write(hang))  # noqa: TID251 - the test awaits it
        await asyncio.sleep(0.05)
        assert await self.beat(manager, database, 0.5) == []
        release.set()
        await stuck
        assert "WATCHDOG=1" in await self.beat(manager, database, 0.3)

    async def test_a_store_that_fails_gets_no_ping_and_says_why_once(
        self, manager: Manager, database: Database, tmp_path: Path
    ) -> None:
        await database.close()
        heard = await self.beat(manager, database, 0.5)
        assert heard == [f"STATUS=The store does not answer: {tmp_path / 'messages.db'} is closed"]

    async def test_a_database_that_others_lock_is_no_hung_daemon(
        self, manager: Manager, database: Database, tmp_path: Path
    ) -> None:
        other = apsw.Connection(str(tmp_path / "messages.db"))
        other.execute("BEGIN IMMEDIATE")
        heard = await self.beat(manager, database, 8)
        other.execute("ROLLBACK")
        other.close()
        assert f"STATUS={tmp_path / 'messages.db'} is locked by another process" in heard
        assert "WATCHDOG=1" in heard

    async def test_where_nobody_looks_after_it_nothing_is_asked(self, manager: Manager, database: Database) -> None:
        rhythm = Rhythm(watchdog_seconds=0.1, healthy_seconds=0)
        await Heartbeat([database], Notifier(manager.address), rhythm, SystemClock(), None).run()
        assert manager.heard() == []

    async def test_a_store_that_never_answers_is_asked_no_faster(self, manager: Manager, database: Database) -> None:
        await database.close()
        asked = 0

        class Counting:
            def now(self) -> Milliseconds:
                return Milliseconds(0)

            def monotonic(self) -> float:
                nonlocal asked
                asked += 1
                return float(asked)

        rhythm = Rhythm(watchdog_seconds=0.3, healthy_seconds=0)
        heart = Heartbeat([database], Notifier(manager.address), rhythm, Counting(), lambda: None)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                await heart.run()
        assert asked <= 8

    async def test_after_a_while_of_answers_the_start_counts_as_good_once(
        self, manager: Manager, database: Database
    ) -> None:
        heard = await self.beat(manager, database, 0.5, healthy=0.2)
        assert heard.count("worked") == 1


def test_what_was_configured_wrongly_needs_a_person_and_what_may_pass_does_not() -> None:
    for hopeless in (SettingsError("x"), NewerSchemaError("x"), DatabaseCorruptError("x")):
        assert failure_status(hopeless) is DaemonExit.NEEDS_A_PERSON
    for passing in (DatabaseLockedError("x"), HomeInUseError("x"), GatewayError("x")):
        assert failure_status(passing) is DaemonExit.FAILED
    with pytest.raises(WrongPartError) as caught, building():
        raise GatewayError("host", hint="name it")
    assert failure_status(caught.value) is DaemonExit.NEEDS_A_PERSON
    assert caught.value.hint == "name it"
