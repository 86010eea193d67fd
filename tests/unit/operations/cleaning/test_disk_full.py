"""Cleaning on a disk that is really full: there it is needed most."""

import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from nanoclaw.operations.cleaning.clean import Cleaning
from nanoclaw.operations.cleaning.findings import Kind
from nanoclaw.operations.cleaning.routine import CleaningRoutine
from nanoclaw.settings.home import Home
from nanoclaw.store.database import Database
from nanoclaw.store.errors import DiskFullError
from nanoclaw.store.survey import log_size
from tests.fakes.small_disk import fill, small_disk
from tests.unit.operations.cleaning.conftest import OVER, STILL, Place, settings

TRANSCRIPT = f"data/sessions/main/projects/-workspace-group/{OVER}.jsonl"


@pytest.fixture
def full(place: Place, tmp_path: Path) -> Iterator[Home]:
    """The home, with an old conversation and an old log in it, on a disk without a byte left."""
    place.put(TRANSCRIPT, content=os.urandom(200_000))
    place.put("logs/nanoclaw.log.1", content=b"x" * 50_000)
    with small_disk(tmp_path / "small", 4) as disk:
        shutil.copytree(place.home.root, disk / "home", symlinks=True)
        fill(disk, leave=0)
        yield Home(disk / "home")


async def test_while_no_daemon_runs_everything_old_goes(full: Home) -> None:
    assert not full.database.with_name("messages.db-shm").exists()
    done = await Cleaning(full, settings(), STILL, alone=True).run()
    assert {one.kind for one in done.removed} == {Kind.TRANSCRIPT, Kind.LOG}
    assert (done.failed, done.notes) == ((), ())
    assert shutil.disk_usage(full.root).free >= 250_000
    database = await Database.open(full.database)
    await database.close()


async def test_beside_a_daemon_that_cannot_write_any_more_it_makes_room_and_the_daemon_goes_on(
    place: Place, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place.put(TRANSCRIPT, content=os.urandom(500_000))
    with small_disk(tmp_path / "small", 4) as disk:
        shutil.copytree(place.home.root, disk / "home", symlinks=True)
        home = Home(disk / "home")
        database = await Database.open(home.database)
        try:
            fill(disk, leave=0)

            async def trouble(text: str) -> None:
                await database.write(
                    lambda connection: connection.execute(
                        "INSERT INTO troubles (at, what, hint) VALUES (1, ?, '')", (text,)
                    )
                )

            with pytest.raises(DiskFullError):
                await trouble("x" * 200_000)
            with caplog.at_level(logging.INFO):
                assert await CleaningRoutine(home, settings(), STILL).round()
            assert "cleaned up" in caplog.messages
            assert "not cleaned" not in caplog.messages
            await trouble("x" * 200_000)
            assert log_size(home.database) > 0
        finally:
            await database.close()
        assert not await CleaningRoutine(home, settings(), STILL).round(), "it is written down that it was done"


async def test_where_nothing_can_be_freed_it_ends_all_the_same(full: Home, caplog: pytest.LogCaptureFixture) -> None:
    (full.root / TRANSCRIPT).unlink()
    (full.root / "logs/nanoclaw.log.1").unlink()
    fill(full.root, leave=0)
    assert await CleaningRoutine(full, settings(), STILL).round()
    reasons = [vars(record)["reason"] for record in caplog.records if record.message == "not cleaned"]
    assert reasons == ["when cannot be written down: No space left on device"]


async def test_what_a_kill_left_of_files_that_were_to_be_replaced_goes(place: Place) -> None:
    left = [
        place.put(f"{folder}.{name}.0a1b2c3d.partial")
        for folder, name in (("", "config.toml"), ("data/", "alerts.json"), ("store/auth/web/", "sessions.json"))
    ]
    young = place.put("data/.starts.json.0a1b2c3d.partial", days=0.5)
    theirs = [place.put("notes.partial"), place.put("data/.hidden.partial")]
    await Cleaning(place.home, settings(), STILL, alone=True).run()
    assert not any(path.exists() for path in left)
    assert all(path.exists() for path in (young, *theirs))
