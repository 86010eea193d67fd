"""Two networks, and the owner's main group with a chat on each."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nanoclaw.model.groups import MAIN_FOLDER
from tests.fakes.channels_at_work import BELL, ON_BELL, ON_PAGER, PAGER
from tests.fakes.settable_channel import ProbingChannel, SettableChannel
from tests.unit.store.conftest import Store, new_group, open_store
from tests.unit.store.conftest import store as store  # noqa: PLC0414 - a fixture, for pytest to find


@pytest.fixture
async def owners_store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await open_store(tmp_path / "messages.db")
    await store.groups.add(new_group("main", is_main=True))
    for address in (ON_PAGER, ON_BELL):
        await store.groups.bind(MAIN_FOLDER, address, "Me")
    yield store
    await store.database.close()


@pytest.fixture
def pager() -> ProbingChannel:
    return ProbingChannel(PAGER)


@pytest.fixture
def bell() -> SettableChannel:
    return SettableChannel(BELL)
