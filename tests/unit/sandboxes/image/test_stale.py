"""Which agent images go, on the real engine, with images of a repository of the test's own."""

import asyncio
import io
import os
import subprocess
import tarfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nanoclaw.sandboxes.contract import EngineUnavailableError, SandboxError
from nanoclaw.sandboxes.engine import EngineClient
from nanoclaw.sandboxes.image.stale import Needed, find_stale, remove_image

Make = Callable[..., str]
NEEDED = Needed(current=None, recipe="now", base="debian:here")


@pytest.fixture
def client() -> EngineClient:
    found = EngineClient("docker", {"PATH": os.environ["PATH"], "HOME": "/nonexistent"})
    if not asyncio.run(found.call("version")).ok:
        pytest.skip("needs a Docker engine that answers")
    return found


@pytest.fixture
def repository() -> Iterator[str]:
    name = f"nanoclaw-test-{uuid.uuid4().hex[:8]}"
    yield name
    tags = _docker("image", "ls", "--filter", f"reference={name}", "--format", "{{.Repository}}:{{.Tag}}").split()
    if tags:
        _docker("image", "rm", "--force", *tags)


@pytest.fixture
def make(repository: str) -> Make:
    """Imports an image of a few bytes that bears the labels of ours."""

    def image(tag: str, recipe: str, base: str = "debian:here") -> str:
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w") as archive:
            about = tarfile.TarInfo(tag)
            about.size = 4096
            archive.addfile(about, io.BytesIO(os.urandom(4096)))
        labels = ("--change", f"LABEL nanoclaw.recipe={recipe}", "--change", f"LABEL nanoclaw.base={base}")
        subprocess.run(
            ["docker", "import", *labels, "-", f"{repository}:{tag}"],
            input=content.getvalue(),
            check=True,
            capture_output=True,
            timeout=40,
        )
        return f"{repository}:{tag}"

    return image


def _docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], check=True, capture_output=True, text=True, timeout=40).stdout


async def test_old_images_go_and_the_current_one_stays(client: EngineClient, repository: str, make: Make) -> None:
    old, current = make("old", "before"), make("current", "now")
    needed = Needed(current=current, recipe="now", base="debian:here")
    (found,) = await find_stale(client, needed, repository)
    assert (found.name, found.recipe) == (old, "before")
    assert 4_000 <= found.bytes < 1_000_000
    assert found.created.endswith("Z")
    await remove_image(client, found)
    assert await find_stale(client, needed, repository) == ()
    assert current in _docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split()


async def test_one_of_this_version_on_another_base_belongs_to_another_home(
    client: EngineClient, repository: str, make: Make
) -> None:
    current = make("current", "now")
    make("elsewhere", "now", "debian:there")
    renewed = make("renewed", "now")
    needed = Needed(current=current, recipe="now", base="debian:here")
    assert [one.name for one in await find_stale(client, needed, repository)] == [renewed]


async def test_when_the_current_one_cannot_be_told_all_of_this_version_stay(
    client: EngineClient, repository: str, make: Make
) -> None:
    old = make("old", "before")
    make("a", "now")
    assert [one.name for one in await find_stale(client, NEEDED, repository)] == [old]


async def test_one_that_a_container_uses_stays_and_the_engine_refuses_it_too(
    client: EngineClient, repository: str, make: Make
) -> None:
    old = make("old", "before")
    (found,) = await find_stale(client, NEEDED, repository)
    container = _docker("create", "--network", "none", old, "true").strip()
    try:
        assert await find_stale(client, NEEDED, repository) == ()
        with pytest.raises(SandboxError, match="does not remove"):
            await remove_image(client, found)
    finally:
        _docker("rm", "--force", container)
    await remove_image(client, found)
    await remove_image(client, found)


async def test_images_of_others_are_never_among_them(client: EngineClient, repository: str, make: Make) -> None:
    make("mine", "before")
    other = make("other", "before")
    _docker("tag", other, f"{repository}-more:other")
    try:
        names = [one.name for one in await find_stale(client, NEEDED, repository)]
        assert sorted(names) == [f"{repository}:mine", other]
    finally:
        _docker("image", "rm", f"{repository}-more:other")


@pytest.mark.parametrize("script", ["exit 1", "echo nanoclaw-agent:x", "kill -9 $$"])
async def test_an_engine_that_fails_or_babbles_is_told(tmp_path: Path, script: str) -> None:
    program = tmp_path / "docker"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    client = EngineClient("docker", {"PATH": f"{tmp_path}:/usr/bin:/bin"})
    with pytest.raises(EngineUnavailableError, match="does not list its images"):
        await find_stale(client, NEEDED)


async def test_what_podman_names_is_understood(tmp_path: Path) -> None:
    images = (
        '[{"RepoTags": ["localhost/nanoclaw-agent:old"], "Size": 7, "Created": "2026-11-25T10:00:00.1Z",'
        ' "Config": {"Labels": null}},'
        ' {"RepoTags": ["localhost/nanoclaw-agent:new"], "Size": 8, "Created": "2026-11-25T11:00:00Z",'
        ' "Config": {"Labels": {"nanoclaw.recipe": "now", "nanoclaw.base": "debian:here"}}}]'
    )
    program = tmp_path / "podman"
    program.write_text(
        "#!/bin/sh\n"
        f"case \"$*\" in 'image ls'*) echo localhost/nanoclaw-agent:old; echo localhost/nanoclaw-agent:new;;\n"
        f" 'image inspect'*) echo '{images}';; ps*) echo localhost/other:1;; *) exit 125;; esac\n"
    )
    program.chmod(0o755)
    client = EngineClient("podman", {"PATH": f"{tmp_path}:/usr/bin:/bin"})
    (found,) = await find_stale(client, Needed(current="nanoclaw-agent:new", recipe="now", base="debian:here"))
    assert (found.name, found.bytes, found.created) == (
        "localhost/nanoclaw-agent:old",
        7,
        "2026-11-25T10:00:00.000Z",
    )
