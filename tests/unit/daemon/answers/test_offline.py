"""The service of a home whose daemon is down."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from nanoclaw.control.shapes import AddGroupRequest, MessageQuery, SendRequest
from nanoclaw.daemon.answers.offline import NoHomeError, NotRunningError, open_service
from nanoclaw.daemon.lock import HomeInUseError, hold
from nanoclaw.settings.home import Home
from nanoclaw.settings.load import SettingsError
from nanoclaw.store.errors import DatabaseCorruptError

FAMILY = AddGroupRequest(name="Family", folder="family")


@pytest.fixture(autouse=True)
def same_umask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.create()
    return made


async def test_a_home_that_is_not_there_reads_as_empty_and_is_not_made(tmp_path: Path) -> None:
    home = Home(tmp_path / "missing")
    async with open_service(home) as service:
        assert (await service.groups()).groups == []
        assert (await service.messages(MessageQuery(limit=10))).messages == []
        status = await service.status()
        assert (status.running, status.home) == (False, str(home.root))
        with pytest.raises(NoHomeError) as caught:
            await service.add_group(FAMILY)
        assert caught.value.hint
    assert not home.root.exists()


async def test_groups_can_be_registered_and_removed(home: Home) -> None:
    async with open_service(home) as service:
        assert (await service.add_group(FAMILY)).folder == "family"
    async with open_service(home) as service:
        assert (await service.group("family")).name == "Family"
        assert (await service.remove_group("family")).changed
        assert (await service.groups()).groups == []
    assert (home.groups / "family").is_dir(), "what the group kept stays"


async def test_what_needs_an_agent_is_refused_with_what_to_do(home: Home) -> None:
    async with open_service(home) as service:
        for refused in (service.send(SendRequest(text="hi")), service.expect("main"), service.interrupt("main")):
            with pytest.raises(NotRunningError) as caught:
                await refused
            assert "nanoclaw run" in caught.value.hint
        with pytest.raises(NotRunningError), service.watch("main"):
            pass
        assert not (await service.stop()).changed


async def test_a_home_that_a_daemon_has_is_left_alone(home: Home) -> None:
    with hold(home.lock), pytest.raises(HomeInUseError, match=str(os.getpid())):
        async with open_service(home):
            pass
    async with open_service(home):
        with pytest.raises(HomeInUseError), hold(home.lock):
            pass
    with hold(home.lock):
        pass


async def test_what_is_damaged_is_said_to_be_and_the_home_is_let_go(home: Home) -> None:
    home.config.write_text("[nothing]\n")
    with pytest.raises(SettingsError):
        async with open_service(home):
            pass
    home.config.unlink()
    home.database.write_bytes(b"no database" * 500)
    with pytest.raises(DatabaseCorruptError):
        async with open_service(home):
            pass
    with hold(home.lock):
        pass
