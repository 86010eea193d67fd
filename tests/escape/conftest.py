"""One session of attempts for each kind of sandbox, made when the first test wants it and shared by all."""

import asyncio
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict

import pytest

from tests.escape.page import RESULTS
from tests.escape.session import Session, run_session
from tests.integration.conftest import base_image as base_image  # noqa: PLC0414 - a fixture, for pytest to find
from tools.testing import surroundings


@pytest.fixture(scope="session")
def session_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Session]:
    made: dict[str, Session] = {}

    def session(kind: str) -> Session:
        if kind not in made:
            folder = tmp_path_factory.mktemp(f"escape-{kind}")
            home = tmp_path_factory.mktemp(f"escape-{kind}-home")
            made[kind] = asyncio.run(run_session(folder, surroundings.scrubbed(os.environ, home), kind))
            shutil.rmtree(folder, ignore_errors=True)
            RESULTS.mkdir(parents=True, exist_ok=True)
            results = {key: asdict(outcome) for key, outcome in made[kind].outcomes.items()}
            (RESULTS / f"{kind}.json").write_text(json.dumps(results, indent=1))
        return made[kind]

    return session


@pytest.fixture(params=[pytest.param("docker", marks=pytest.mark.docker), "bubblewrap"])
def session(request: pytest.FixtureRequest, session_of: Callable[[str], Session]) -> Session:
    """All attempts, made."""
    if request.param == "docker":
        request.getfixturevalue("base_image")
    return session_of(request.param)
