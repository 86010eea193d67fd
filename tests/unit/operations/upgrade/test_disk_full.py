"""A disk that is really full: a small file system in memory."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from nanoclaw.model.errors import NanoclawError
from nanoclaw.operations.upgrade.errors import UpgradeError
from nanoclaw.operations.upgrade.outlook import MARGIN, look_ahead
from nanoclaw.operations.upgrade.perform import rollback, upgrade
from nanoclaw.store.errors import DiskFullError
from nanoclaw.store.upgrade import make_upgraded
from tests.fakes.clocks import HeldClock
from tests.fakes.small_disk import fill, small_disk
from tests.unit.operations.upgrade.conftest import NEWEST, make_old_home, schemas


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """80 megabytes."""
    with small_disk(tmp_path / "small", 80) as place:
        yield place


def test_without_room_it_is_not_begun(small: Path, clock: HeldClock) -> None:
    home = make_old_home(small / "home")
    filler = fill(small, leave=MARGIN)
    with pytest.raises(UpgradeError, match="MiB free to be upgraded"):
        upgrade(home, clock)
    assert schemas(home) == (1, 1)
    filler.unlink()
    assert upgrade(home, clock) is not None


@pytest.mark.parametrize("share", [0.1, 0.6, 1.05, 1.5])
def test_a_disk_that_fills_up_in_the_middle_leaves_the_old_database(
    small: Path, clock: HeldClock, share: float
) -> None:
    home = make_old_home(small / "home", messages=20_000)
    before = home.database.read_bytes()
    # The room is taken by others after it was looked at: so the copying itself is what fails.
    filler = fill(small, leave=int(len(before) * share))
    workshop = home.root / "data" / "restoring"
    workshop.mkdir()
    with pytest.raises(DiskFullError):
        make_upgraded(home.database, workshop / "messages.db", "migrations", lambda: None)
    assert home.database.read_bytes() == before
    filler.unlink()
    assert schemas(home) == (1, 1)
    assert upgrade(home, clock) is not None
    assert schemas(home) == NEWEST


def test_an_upgrade_that_begins_and_finds_no_room_clears_up_and_can_be_tried_again(
    small: Path, clock: HeldClock
) -> None:
    # It grows by more than the margin: so it is begun, and fails while it migrates.
    home = make_old_home(small / "home", messages=200_000)
    before = home.database.read_bytes()
    filler = fill(small, leave=look_ahead(home).least + 2**18)
    with pytest.raises(DiskFullError):
        upgrade(home, clock)
    assert home.database.read_bytes() == before
    assert not (home.root / "data" / "restoring").exists()
    filler.unlink()
    assert upgrade(home, clock) is not None
    assert schemas(home) == NEWEST


def test_what_is_said_to_be_needed_is_enough_also_without_its_margin(small: Path, clock: HeldClock) -> None:
    # Short messages: what full-text search keeps of them is larger than they are.
    home = make_old_home(small / "home", messages=100_000)
    outlook = look_ahead(home)
    assert outlook.needs - MARGIN > outlook.least
    fill(small, leave=outlook.needs - MARGIN)
    assert upgrade(home, clock) is not None
    assert schemas(home) == NEWEST


def test_the_way_back_needs_hardly_any_room(small: Path, clock: HeldClock) -> None:
    home = make_old_home(small / "home")
    upgrade(home, clock)
    fill(small, leave=256 * 1024)
    rollback(home, clock)
    assert schemas(home) == (1, 1)


def test_a_home_that_cannot_be_written_is_told_as_such(small: Path, clock: HeldClock) -> None:
    home = make_old_home(small / "home")
    subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
    for attempt in (upgrade, rollback):
        with pytest.raises(NanoclawError):
            attempt(home, clock)
