"""What every test rests on: nothing of the machine's credentials or proxies is to be seen, and a skip says why."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tools.testing import suites, surroundings

_LONG = {"escape", "integration"}
"""Folders whose files take long: begun first, so that no process is still at one when the others are done."""

_REAL_PARTS = {"unit", "integration", "contracts", "escape"}
"""Folders whose tests share the machine with threads, processes and real engines: they get a second try, which the
closing line counts."""


def pytest_configure() -> None:
    """A plain ``pytest`` in a developer's shell starts as clean as ``./nanoclaw test``."""
    for name in [name for name in os.environ if surroundings.is_forbidden(name)]:
        del os.environ[name]


def pytest_sessionstart() -> None:
    if present := sorted(name for name in os.environ if surroundings.is_forbidden(name)):
        raise pytest.UsageError(
            f"tests must not see {', '.join(present)}: something set them after conftest removed them"
        )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """True leaves the path out; None lets pytest decide."""
    return suites.is_left_out(collection_path, config.rootpath, config.invocation_params.args) or None


@pytest.hookimpl(trylast=True)  # after they were put in random order
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What a marker needs is looked for once, and only when a collected test wants it."""
    items.sort(key=lambda item: _folder(item, config) not in _LONG)
    for item in items:
        if _folder(item, config) in _REAL_PARTS:
            item.add_marker(pytest.mark.flaky(reruns=1))
    for marker, problem in (("docker", _no_engine), ("browser", _no_browser)):
        marked = [item for item in items if item.get_closest_marker(marker)]
        reason = problem() if marked else None
        for item in marked if reason else ():
            item.add_marker(pytest.mark.skip(reason=reason or ""))


def _folder(item: pytest.Item, config: pytest.Config) -> str:
    return item.path.relative_to(config.rootpath).parts[1]


def _no_engine() -> str | None:
    try:
        subprocess.run(["docker", "info"], capture_output=True, check=True, timeout=20)
    except FileNotFoundError:
        return "needs a Docker engine: there is no docker on the PATH"
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return "needs a Docker engine: docker info fails"
    return None


def _no_browser() -> str | None:
    return None if shutil.which("chromium") else "needs Chromium: there is no chromium on the PATH"


@pytest.fixture
def scrubbed_environment(tmp_path: Path) -> dict[str, str]:
    """The environment for a child process: a keep-list, and a home of its own that exists."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    return surroundings.scrubbed(os.environ, home)
