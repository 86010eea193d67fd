"""What an installation put on the machine goes; what is others' stays."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from nanoclaw.daemon.lock import HomeInUseError, hold
from nanoclaw.model.clock import SystemClock
from nanoclaw.operations.service.contract import Scope
from nanoclaw.operations.service.systemd import Systemd
from nanoclaw.operations.uninstall.removal import Outcome, Wanted, remove_rest, remove_services
from nanoclaw.sandboxes.oci_arguments import INSTALLATION_LABEL
from nanoclaw.settings.home import Home
from nanoclaw.store.database import Database
from nanoclaw.store.groups import Groups
from tests.unit.operations.service.conftest import Bench
from tests.unit.operations.service.conftest import bench as bench  # noqa: PLC0414 - a fixture, for pytest to find

BASE_IMAGE = "nanoclaw-base:bookworm"
NO_IMAGES = f"nanoclaw-test-{uuid4().hex[:8]}"


async def remove(home: Home, *, data: bool = False, images: bool = False, repository: str = NO_IMAGES) -> Outcome:
    """Remove the rest; the other images of this machine are left alone."""
    outcome = Outcome()
    await remove_rest(home, Wanted(data=data, images=images, repository=repository), hold, SystemClock(), outcome)
    return outcome


@pytest.fixture
async def home(tmp_path: Path) -> Home:
    """A home that a daemon has run in."""
    made = Home(tmp_path / "home")
    made.create()
    made.config.write_text('[sandbox]\nkind = "bubblewrap"\n')
    database = await Database.open(made.database)
    await Groups(database, SystemClock()).installation()
    await database.close()
    (made.ipc / "main/gateway").mkdir(parents=True)
    (made.ipc / "control.sock").touch()
    made.image_cache.mkdir()
    (made.image_cache / "seccomp.json").touch()
    (made.groups / "main").mkdir()
    (made.groups / "main/CLAUDE.md").write_text("mine")
    return made


async def test_sockets_and_build_files_go_and_the_data_stays(home: Home) -> None:
    outcome = await remove(home)
    assert {one.what for one in outcome.removed} == {"sockets", "build files"}
    assert not home.ipc.exists()
    assert not home.image_cache.exists()
    assert (home.groups / "main/CLAUDE.md").read_text() == "mine"
    assert [one.name for one in outcome.left if one.what == "data"] == [str(home.root)]


async def test_a_second_time_there_is_nothing_to_remove(home: Home) -> None:
    await remove(home)
    assert (await remove(home)).removed == []
    await remove(home, data=True)
    assert (await remove(home, data=True)).removed == []


async def test_the_data_goes_when_told(home: Home) -> None:
    outcome = await remove(home, data=True)
    assert not home.root.exists()
    assert [one.name for one in outcome.removed if one.what == "data"] == [str(home.root)]
    assert not [one for one in outcome.left if one.what == "data"]


async def test_other_things_in_the_folder_stay_with_it(home: Home) -> None:
    (home.root / "thesis.txt").write_text("three years")
    outcome = await remove(home, data=True)
    assert [path.name for path in home.root.iterdir()] == ["thesis.txt"]
    assert ["thesis.txt" in one.hint for one in outcome.left if one.what == "folder"] == [True]
    assert (await remove(home, data=True)).removed == []


async def test_links_are_removed_and_what_they_lead_to_is_not(home: Home, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    home.groups.rename(elsewhere)
    home.groups.symlink_to(elsewhere)
    (elsewhere / "main/link").symlink_to(tmp_path)
    outcome = await remove(home, data=True)
    assert (elsewhere / "main/CLAUDE.md").read_text() == "mine"
    assert not home.root.exists()
    assert [one.name for one in outcome.left if one.what == "folder"] == [str(elsewhere)]


async def test_a_home_that_somebody_has_is_not_touched(home: Home) -> None:
    with hold(home.lock), pytest.raises(HomeInUseError):
        await remove(home, data=True)
    assert home.ipc.exists()


async def test_a_home_that_is_broken_or_missing_can_be_removed(home: Home, tmp_path: Path) -> None:
    assert (await remove(Home(tmp_path / "nothing"), data=True)).removed == []
    assert not (tmp_path / "nothing").exists()
    home.config.write_text("not toml [")
    home.database.write_bytes(b"no database" * 1000)
    outcome = await remove(home)
    assert [one.what for one in outcome.left if "damaged" in one.name] == ["containers"]
    await remove(home, data=True)
    assert not home.root.exists()


@pytest.fixture
def docker() -> Iterator[list[str]]:
    """Names of containers that a test makes; all are removed after it."""
    found = subprocess.run(["docker", "image", "inspect", BASE_IMAGE], capture_output=True, check=False, timeout=20)
    if found.returncode != 0:
        pytest.skip(f"needs Docker and the image {BASE_IMAGE}")
    names: list[str] = []
    yield names
    subprocess.run(["docker", "rm", "-f", *names], capture_output=True, check=False, timeout=60)


def _contain(names: list[str], installation: str) -> str:
    name = f"nanoclaw-test-{uuid4().hex[:8]}"
    label = f"{INSTALLATION_LABEL}={installation}"
    command = ["docker", "run", "-d", "--name", name, "--label", label, BASE_IMAGE, "sleep", "120"]
    subprocess.run(command, capture_output=True, check=True, timeout=60)
    names.append(name)
    return name


def _tag(image: str) -> None:
    subprocess.run(["docker", "tag", BASE_IMAGE, image], check=True, timeout=20)


def _there(name: str) -> bool:
    command = ["docker", "container", "inspect", name]
    return subprocess.run(command, capture_output=True, check=False, timeout=20).returncode == 0


async def test_only_this_homes_containers_go(home: Home, docker: list[str]) -> None:
    database = await Database.open(home.database)
    identity = await Groups(database, SystemClock()).installation()
    await database.close()
    ours, theirs = _contain(docker, identity), _contain(docker, "another-home")
    outcome = await remove(home)
    assert [one.name for one in outcome.removed if one.what == "container"] == [ours]
    assert not _there(ours)
    assert _there(theirs)


async def test_images_go_only_when_told(home: Home, docker: list[str]) -> None:
    repository = f"nanoclaw-test-{uuid4().hex[:8]}"
    _tag(f"{repository}:one")
    outcome = await remove(home, repository=repository)
    assert [one.name for one in outcome.left if one.what == "image"] == [f"{repository}:one"]
    outcome = await remove(home, images=True, repository=repository)
    assert [one.name for one in outcome.removed if one.what == "image"] == [f"{repository}:one"]
    assert not [one for one in outcome.left if one.what == "image"]


def test_both_services_of_a_home_go_and_another_homes_stays(bench: Bench) -> None:
    bench.uid = os.geteuid()
    bench.install_scripts(["systemctl", "loginctl"])
    other = Systemd(
        machine=bench.machine, home=bench.home.with_name("other"), account=bench.machine.account, scope=Scope.USER
    )
    for keeper in (
        Systemd(machine=bench.machine, home=bench.home, account=bench.machine.account, scope=Scope.USER),
        other,
    ):
        keeper.path.parent.mkdir(parents=True, exist_ok=True)
        keeper.path.write_text(keeper.text(bench.plan()).replace(str(bench.home), str(keeper.home)))
    outcome = Outcome()
    remove_services(bench.machine, Home(bench.home), outcome)
    assert [one.what for one in outcome.removed] == ["service"]
    assert other.installed()
    assert any("disable --now" in call for call in bench.calls())
    remove_services(bench.machine, Home(bench.home), outcome)
    assert len(outcome.removed) == 1
