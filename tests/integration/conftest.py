"""Whole installations, on Docker and on bubblewrap."""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from nanoclaw.model.clock import SystemClock
from nanoclaw.stub_model.script import Script
from nanoclaw.stub_model.server import StubModel
from tests.integration.installation import BASE_IMAGE, Installation
from tests.integration.log_privacy import private_things_logged
from tests.integration.web_window import launch


@pytest.fixture(scope="session")
def base_image() -> None:
    """The base of agent images is there, or the tests that need it are skipped with the reason."""
    found = subprocess.run(["docker", "image", "inspect", BASE_IMAGE], capture_output=True, check=False, timeout=20)
    if found.returncode != 0:
        pytest.skip(f"needs the image {BASE_IMAGE}: `./nanoclaw test` makes it where it is root and has debootstrap")


@pytest.fixture
async def model() -> AsyncIterator[tuple[StubModel, str]]:
    """The scripted model and its address."""
    stub = StubModel(Script(), SystemClock())
    url = await stub.start()
    yield stub, url
    await stub.close()


async def end(installation: Installation) -> None:
    if installation.process is not None and installation.process.poll() is None:
        # In order, so that what the daemon's coverage measured is written.
        installation.signal()
        try:
            await installation.ended(seconds=10)
        except subprocess.TimeoutExpired:
            await installation.kill()
    if installation.kind == "docker":
        for name in installation.containers():
            subprocess.run(["docker", "rm", "-f", name], capture_output=True, check=False, timeout=20)
    private = private_things_logged(installation.home)
    shutil.rmtree(installation.home, ignore_errors=True)
    assert private == []


@pytest.fixture
async def docker(
    tmp_path: Path, scrubbed_environment: dict[str, str], model: tuple[StubModel, str], base_image: None
) -> AsyncIterator[Installation]:
    """An installation whose agents run in Docker; not started."""
    installation = Installation(tmp_path / "nc", *model, scrubbed_environment, "docker")
    yield installation
    await end(installation)


@pytest.fixture
async def bubblewrap(
    tmp_path: Path, scrubbed_environment: dict[str, str], model: tuple[StubModel, str]
) -> AsyncIterator[Installation]:
    """An installation whose agents run in bubblewrap; not started."""
    installation = Installation(tmp_path / "nc", *model, scrubbed_environment, "bubblewrap")
    yield installation
    await end(installation)


@pytest.fixture
async def browser(scrubbed_environment: dict[str, str]) -> AsyncIterator[Browser]:
    """Chromium, without a window on any screen."""
    async with async_playwright() as playwright:
        started = await launch(playwright, scrubbed_environment)
        yield started
        await started.close()


@pytest.fixture(
    params=[
        pytest.param("docker", marks=pytest.mark.docker),
        pytest.param("bubblewrap", marks=pytest.mark.skipif(os.name != "posix", reason="needs Linux")),
    ]
)
async def installation(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    scrubbed_environment: dict[str, str],
    model: tuple[StubModel, str],
) -> AsyncIterator[Installation]:
    """An installation on each kind of sandbox that this machine has; not started."""
    if request.param == "docker":
        request.getfixturevalue("base_image")
    made = Installation(tmp_path / "nc", *model, scrubbed_environment, request.param)
    yield made
    await end(made)
