"""A disk that is full, or nearly, and who is told."""

import logging
import shutil
from pathlib import Path

import pytest

from nanoclaw.daemon.room import FULL, RoomWatch, shortage
from nanoclaw.settings.home import Home
from tests.fakes.small_disk import fill, small_disk
from tests.unit.daemon.test_tidings import Owner
from tests.unit.store.conftest import new_group, open_store


def watch(owner: Owner) -> RoomWatch:
    return RoomWatch(home=owner.home, clock=owner.store.clock, tidings=owner.tidings)


async def test_the_owner_is_told_once_a_day_before_nothing_fits_any_more(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", FULL // 2**20 + 16) as place:
        home = Home(place)
        home.create()
        store = await open_store(home.database)
        await store.groups.add(new_group("main", is_main=True))
        owner = Owner(store, home)
        assert shortage(home) is None
        assert not await watch(owner).look()
        filler = fill(place, leave=FULL // 2)
        for _ in range(2):
            assert await watch(owner).look()
        (text,) = await owner.texts(1)
        assert "is full: 1" in text
        assert "nanoclaw clean" in text
        assert [entry.alert.level for entry in owner.book.read().waiting] == ["critical"]
        filler.unlink()
        assert not await watch(owner).look()
        await store.database.close()


async def test_where_the_chat_s_own_copy_does_not_fit_the_alert_goes_out_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with small_disk(tmp_path / "small", 8) as place:
        home = Home(place)
        home.create()
        store = await open_store(home.database)
        await store.groups.add(new_group("main", is_main=True))
        owner = Owner(store, home)
        fill(place, leave=0)
        with caplog.at_level(logging.WARNING):
            assert await watch(owner).look()
        assert "the owner could not be told in a chat" in caplog.messages
        (waiting,) = owner.book.read().waiting
        assert "0 MiB are left" in waiting.alert.text
        assert shutil.disk_usage(place).free == 0
        await store.database.close()
