from dataclasses import replace
from pathlib import Path

import pytest

from nanoclaw.sandboxes.choose import choose_sandbox
from nanoclaw.sandboxes.contract import EngineUnavailableError
from nanoclaw.sandboxes.installation import Installation


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    """On a machine without any engine."""
    (tmp_path / "bin").mkdir()
    return Installation(id="i1", state=tmp_path / "state", environment={"PATH": str(tmp_path / "bin")})


def _engine(installation: Installation, name: str, script: str) -> None:
    program = Path(installation.environment["PATH"], name)
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)


async def test_auto_takes_an_engine_that_answers(installation: Installation) -> None:
    _engine(installation, "docker", "echo Cannot connect >&2; exit 1")
    _engine(installation, "podman", "echo 4.3.1")
    assert (await choose_sandbox("auto", installation)).kind == "podman"


async def test_auto_prefers_docker(installation: Installation) -> None:
    for name in ("docker", "podman"):
        _engine(installation, name, "echo 1")
    assert (await choose_sandbox("auto", replace(installation, id="i2"))).kind == "docker"


async def test_an_explicit_kind_is_not_exchanged_for_another(installation: Installation) -> None:
    _engine(installation, "podman", "echo 4.3.1")
    _engine(installation, "docker", "echo Cannot connect to the daemon >&2; exit 1")
    with pytest.raises(EngineUnavailableError, match="docker: Cannot connect to the daemon") as caught:
        await choose_sandbox("docker", installation)
    assert caught.value.hint
