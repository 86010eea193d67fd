"""A daemon of this version starts on a home that an older one left, and the way back works."""

from pathlib import Path

import pytest

from nanoclaw.settings.home import Home
from tests.integration.installation import Installation
from tests.unit.operations.upgrade.conftest import NEWEST, make_old_home, schemas

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def bubblewrap(tmp_path: Path, scrubbed_environment: dict[str, str], model: tuple[object, str]) -> Installation:
    return Installation(
        tmp_path / "nc",
        *model,  # type: ignore[arg-type]
        scrubbed_environment,
        "bubblewrap",
        config="[backup]\nenabled = false\n",
    )


async def test_a_start_upgrades_keeps_the_old_files_and_finds_the_history(bubblewrap: Installation) -> None:
    home = make_old_home(bubblewrap.home)
    refused = bubblewrap.run("groups", "list")
    assert refused.returncode == 1
    assert "nanoclaw upgrade" in refused.stderr
    assert schemas(home) == (1, 1)
    await bubblewrap.start()
    try:
        assert "databases upgraded" in bubblewrap.log_events()
        assert [kept.name.partition("-")[0] for kept in home.upgrades.iterdir()] == ["0001"]
        assert (await bubblewrap.get("/v1/groups"))["groups"][0]["folder"] == "main"
        assert "tea and cake" in bubblewrap.run("messages", "search", "cake").stdout
        checked = bubblewrap.run("upgrade", "--check")
        assert checked.returncode == 0
        assert "Nothing is to be done." in checked.stdout
        assert "nanoclaw stop" in bubblewrap.run("upgrade", "--rollback").stderr
    finally:
        await bubblewrap.stop()
    back = bubblewrap.run("upgrade", "--rollback")
    assert back.returncode == 0, back.stderr
    assert schemas(home) == (1, 1)
    await bubblewrap.start()
    await bubblewrap.stop()
    assert schemas(Home(bubblewrap.home)) == NEWEST
