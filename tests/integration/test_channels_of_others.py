"""Channels of another package in a whole daemon: switched, tried out, lost, told of, and back."""

import asyncio
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.alert_servers import Gateway
from tests.fakes.file_pager import announce, sent
from tests.fakes.waiting import until
from tests.integration.installation import REPOSITORY, Installation


class House:
    """An installation whose owner has a pager and a bell; a horn is there, and is not switched on."""

    def __init__(self, installation: Installation, root: Path) -> None:
        self.installation = installation
        self.folders = {name: root / name for name in ("pager", "bell", "horn")}
        for folder in self.folders.values():
            folder.mkdir()
        announce(root / "packages")
        path = os.pathsep.join((str(root / "packages"), str(REPOSITORY)))
        installation.environment = {**installation.environment, "PYTHONPATH": path}

    def configure(self, more: str = "") -> None:
        tables = "".join(
            f'[channels.{name}]\nfolder = "{folder}"\nenabled = {"false" if name == "horn" else "true"}\n'
            for name, folder in self.folders.items()
        )
        self.installation.config = f"# What my house has.\n{tables}{more}"

    def become(self, name: str, state: str) -> None:
        (self.folders[name] / "state").write_text(state)

    def texts(self, name: str) -> list[str]:
        return [line["text"] for line in sent(self.folders[name])]

    async def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return await asyncio.to_thread(self.installation.run, *arguments)

    async def channel(self, name: str) -> dict[str, Any]:
        channels = (await self.installation.get("/v1/status"))["channels"]
        return dict(next(one for one in channels if one["name"] == name))

    async def is_(self, name: str, status: str) -> None:
        async with asyncio.timeout(20):
            while (await self.channel(name))["status"] != status:
                await asyncio.sleep(0.05)

    async def own(self, *chats: tuple[str, str]) -> None:
        """Give the main group these chats."""
        for channel, chat in chats:
            ran = await self.run("groups", "chats", "main", "add", f"{channel}:{chat}")
            assert ran.returncode == 0, ran.stderr


@pytest.fixture
def house(bubblewrap: Installation, tmp_path: Path) -> House:
    return House(bubblewrap, tmp_path)


async def test_a_lost_account_is_told_by_the_other_channel_and_outside_and_a_kill_tells_nothing_twice(
    house: House,
) -> None:
    installation = house.installation
    with Gateway().serving() as gateway:
        house.configure('[alerts]\nurls = ["SMS"]\n')
        installation.home.mkdir(mode=0o700, parents=True)
        (installation.home / ".env").write_text(f"SMS={gateway.url('secret-token')}\n")
        await installation.start()
        await house.is_("pager", "up")
        await house.own(("pager", "me"), ("bell", "me"))
        ran = await house.run("alerts", "chats", "pager:me", "bell:me")
        assert ran.returncode == 0, ran.stderr
        assert "News would go now to pager:me." in ran.stdout

        house.become("pager", "down logged-out")
        await until(lambda: house.texts("bell"), 20)
        (told,) = house.texts("bell")
        assert told.startswith("The channel pager does not work until you see to it. The session was ended")
        await until(lambda: gateway.taken, 20)
        assert "pager does not work" in str(gateway.taken)
        status = await house.run("status")
        assert "pager down (logged-out) since" in status.stdout
        assert "→ `nanoclaw auth pager` links it again." in status.stdout

        await installation.kill()
        await installation.start()
        await house.is_("pager", "down")
        await house.is_("bell", "up")
        tested = await house.run("channels", "test", "bell")
        assert tested.returncode == 0, tested.stdout
        # Whatever else was to be told has been told before this.
        assert [text[:20] for text in house.texts("bell")] == [told[:20], "This is a test from "]
        assert "secret-token" not in installation.log_text()


async def test_a_channel_is_switched_on_and_off_and_tried_out_while_the_daemon_runs(house: House) -> None:
    installation = house.installation
    house.configure()
    await installation.start()
    before = (installation.home / "config.toml").read_text()
    listed = json.loads((await house.run("channels", "list", "--json")).stdout)["channels"]
    horn = next(one for one in listed if one["name"] == "horn")
    assert (horn["enabled"], horn["origin"], horn["state"]) == (False, "file-pager", None)

    ran = await house.run("channels", "enable", "horn")
    assert ran.returncode == 0, ran.stderr
    assert "horn is switched on, at once and for good." in ran.stdout
    await house.is_("horn", "up")
    await house.own(("horn", "me"))
    tested = await house.run("channels", "test", "horn")
    assert tested.returncode == 0, tested.stdout
    assert "probe: passed in" in tested.stdout
    assert "message: delivered to me in" in tested.stdout
    assert house.texts("horn")[0].startswith("This is a test from nanoclaw")

    house.become("horn", "down unreachable")
    (house.folders["horn"] / "no-proof").touch()
    await house.is_("horn", "down")
    failed = await house.run("channels", "test", "horn", "--wait", "1", "--json")
    assert failed.returncode == 1
    found = json.loads(failed.stdout)
    assert (found["probe"], found["message"]) == ("failed", "undelivered")
    assert found["probe_hint"] == "Look at its antenna."

    assert (await house.run("channels", "disable", "horn")).returncode == 0
    assert [one["name"] for one in (await installation.get("/v1/status"))["channels"]] == ["local", "pager", "bell"]
    assert (installation.home / "config.toml").read_text() == before


async def test_one_that_gives_up_or_breaks_is_down_and_the_others_go_on(house: House) -> None:
    installation = house.installation
    house.configure()
    house.become("pager", "give-up")
    await installation.start()
    await house.own(("bell", "me"))
    await house.is_("pager", "down")
    shape = await house.channel("pager")
    assert (shape["detail"], shape["hint"]) == ("The pager's token is not valid", "Get another one.")
    house.become("bell", "crash")
    await until(lambda: "channel broke" in installation.log_events(), 20)
    await house.is_("bell", "up")
