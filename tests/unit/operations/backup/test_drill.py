"""The drill, with a real daemon that rehearses."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from nanoclaw.operations.backup.drill import Drilled, drill
from nanoclaw.operations.backup.errors import DrillFailedError
from nanoclaw.operations.backup.restore import Choice
from nanoclaw.operations.backup.snapshot import Kind
from nanoclaw.operations.backup.state import DRILL, read_outcome
from tests.unit.operations.backup.conftest import World

DAEMON = (sys.executable, "-m", "nanoclaw")


@pytest.fixture
def environment(scrubbed_environment: dict[str, str]) -> Mapping[str, str]:
    return scrubbed_environment | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def _drill(world: World, environment: Mapping[str, str], daemon: tuple[str, ...] = DAEMON) -> Drilled:
    return drill(world.way(), Choice(), daemon, environment)


def test_a_daemon_starts_on_what_was_restored_and_nothing_is_left(
    world: World, environment: Mapping[str, str], tmp_path: Path
) -> None:
    world.create()
    before = {path: path.read_bytes() for path in world.home.groups.rglob("*") if path.is_file()}
    done = _drill(world, environment)
    assert done.restored.rows["store/messages.db"]["troubles"] == 1
    assert done.start_seconds > 0
    outcome = read_outcome(world.home, DRILL)
    assert outcome is not None
    assert outcome.ok
    assert list((world.home.backups / "drill").iterdir()) == []
    assert {path: path.read_bytes() for path in world.home.groups.rglob("*") if path.is_file()} == before


def test_a_configuration_that_does_not_start_is_found(world: World, environment: Mapping[str, str]) -> None:
    world.write("config.toml", "[nonsense]\n")
    world.create(Kind.DAILY)
    with pytest.raises(DrillFailedError, match="nonsense"):
        _drill(world, environment)
    outcome = read_outcome(world.home, DRILL)
    assert outcome is not None
    assert not outcome.ok
    assert list((world.home.backups / "drill").iterdir()) == []


def test_a_damaged_backup_is_found(world: World, environment: Mapping[str, str]) -> None:
    world.create()
    for path in (world.home.backups / "chunks").rglob("*"):
        if path.is_file():
            path.write_bytes(b"")
    with pytest.raises(DrillFailedError, match="damaged"):
        _drill(world, environment)


def test_a_program_that_does_not_start_is_found(world: World, environment: Mapping[str, str]) -> None:
    world.create()
    with pytest.raises(DrillFailedError, match="does not start"):
        _drill(world, environment, (sys.executable, "-c", "raise SystemExit('broken')"))


def test_the_rehearsing_daemon_sees_no_key(world: World, environment: Mapping[str, str], tmp_path: Path) -> None:
    world.create()
    spy = tmp_path / "seen"
    code = f"import os, pathlib; pathlib.Path({str(spy)!r}).write_text(repr(dict(os.environ)))"
    with pytest.raises(DrillFailedError):
        _drill(world, {**environment, "ANTHROPIC_API_KEY": "k", "DOCKER_HOST": "d"}, (sys.executable, "-c", code))
    assert "ANTHROPIC_API_KEY" not in spy.read_text()
    assert "DOCKER_HOST" not in spy.read_text()
