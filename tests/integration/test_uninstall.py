"""A running installation is stopped and taken away, and its neighbour goes on."""

import asyncio
from pathlib import Path

import pytest

from nanoclaw.stub_model.script import Rule
from tests.integration.installation import Installation
from tests.integration.real_systemd import why_not
from tests.integration.test_service import Service
from tests.integration.test_service import own as own  # noqa: PLC0414 - fixtures, for pytest to find
from tests.integration.test_service import place as place  # noqa: PLC0414
from tests.integration.test_service import user as user  # noqa: PLC0414

pytestmark = pytest.mark.timeout(150)


async def test_a_running_assistant_is_stopped_and_removed_and_another_home_goes_on(
    docker: Installation, tmp_path: Path
) -> None:
    docker.script(Rule(reply="here"))
    other = Installation(tmp_path / "other", docker.model, docker.model_url, docker.environment, "docker")
    await docker.start()
    await other.start()
    try:
        assert await docker.answer("hello") == "here"
        assert await other.answer("hello") == "here"
        assert docker.containers()
        ran = docker.run("uninstall")
        assert ran.returncode == 0, ran.stderr
        assert "Removed: assistant stopped" in ran.stdout
        assert await docker.ended() == 0
        assert not docker.containers()
        assert not (docker.home / "data/ipc").exists()
        assert (docker.home / "store/messages.db").exists()
        assert docker.run("uninstall").stdout.startswith("There was nothing to remove.")
        gone = docker.run("uninstall", "--data", "--yes")
        assert gone.returncode == 0, gone.stderr
        # What the test itself put there is not the program's.
        assert [path.name for path in docker.home.iterdir()] == ["daemon.out"]
        assert await other.answer("still there?") == "here"
        assert other.containers()
    finally:
        await other.stop()


@pytest.mark.skipif(why_not() is not None, reason=f"a real systemd: {why_not()}")
async def test_a_running_service_goes_with_its_home_when_told(own: Service) -> None:
    done = await asyncio.to_thread(own.must, "service", "install")
    unit = own.unit_path()
    refused = own.nanoclaw("uninstall", "--data")
    assert refused.returncode == 1
    assert own.status()["state"] == "running"
    gone = own.must("uninstall", "--data", "--yes")
    assert {"what": "service", "name": done["name"]} in gone["removed"]
    assert own.systemd.run("test", "-e", unit).returncode == 1
    assert not own.home.exists()
    assert not own.must("uninstall", "--data", "--yes")["changed"]
    assert not own.home.exists()
