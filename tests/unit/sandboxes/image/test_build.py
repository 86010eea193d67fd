import asyncio
from pathlib import Path

import pytest

from nanoclaw.sandboxes.contract import EngineUnavailableError, ImageBuildError
from nanoclaw.sandboxes.engine import EngineClient
from nanoclaw.sandboxes.image.build import ImageBuilder, Recipe, read_recipe
from nanoclaw.sandboxes.image.claude_program import ClaudeProgram
from tests.fakes.small_disk import small_disk

_ENGINE = """#!/bin/sh
echo "$@" >>"$HOME/calls"
case "$1 $2" in
  "image inspect") test -e "$HOME/has-$(echo "$5" | tr ':/' '--')" && echo sha256:5 ;;
  "image ls") ;;
  "pull "*) echo "connection refused"; exit 1 ;;
  "build "*) echo "Step 1/9"; echo "no space left on device"; exit 1 ;;
esac
"""


@pytest.fixture
def engine(tmp_path: Path) -> EngineClient:
    """A program that has the images named by files, and whose pulls and builds fail."""
    program = tmp_path / "docker"
    program.write_text(_ENGINE)
    program.chmod(0o700)
    return EngineClient(
        "docker", {"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path), "ANTHROPIC_API_KEY": "s"}
    )


def _builder(engine: EngineClient, tmp_path: Path) -> ImageBuilder:
    return ImageBuilder(engine, context=tmp_path / "context", base="debian:x")


async def test_a_missing_base_says_how_to_get_one(engine: EngineClient, tmp_path: Path) -> None:
    with pytest.raises(ImageBuildError, match="connection refused") as caught:
        await _builder(engine, tmp_path).ensure(print)
    assert "--debootstrap" in caught.value.hint


async def test_a_failing_build_shows_its_last_lines_and_removes_its_context(
    engine: EngineClient, tmp_path: Path
) -> None:
    (tmp_path / "has-debian-x").touch()
    lines: list[str] = []
    with pytest.raises(ImageBuildError, match="no space left on device") as caught:
        await _builder(engine, tmp_path).ensure(lines.append)
    assert "docker system prune" in caught.value.hint
    assert "Step 1/9" in lines
    assert not (tmp_path / "context").exists()


async def test_a_context_that_does_not_fit_is_said_is_not_built_and_takes_no_room(
    engine: EngineClient, tmp_path: Path
) -> None:
    (tmp_path / "has-debian-x").touch()
    with small_disk(tmp_path / "small", 1) as place:
        with pytest.raises(ImageBuildError, match=r"cannot be put together in .*: No space left") as caught:
            await ImageBuilder(engine, context=place / "context", base="debian:x").ensure(print)
        assert "MiB on another disk than the program's" in caught.value.hint
        assert not list(place.iterdir())
    assert "build" not in (tmp_path / "calls").read_text()


async def test_a_current_image_is_found_without_building(engine: EngineClient, tmp_path: Path) -> None:
    (tmp_path / "has-debian-x").touch()
    tag = read_recipe().tag("sha256:5")
    (tmp_path / f"has-{tag.replace(':', '-')}").touch()
    assert await _builder(engine, tmp_path).ensure(print) == tag
    assert "build" not in (tmp_path / "calls").read_text()


async def test_an_engine_that_hangs_is_given_up(tmp_path: Path) -> None:
    program = tmp_path / "docker"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o700)
    engine = EngineClient("docker", {"PATH": f"{tmp_path}:/usr/bin:/bin"})
    async with asyncio.timeout(5):
        with pytest.raises(EngineUnavailableError, match="did not answer"):
            await engine.call("version", seconds=0.1)


async def test_an_engine_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailableError, match="Cannot run docker"):
        await EngineClient("docker", {"PATH": str(tmp_path)}).call("version")


@pytest.mark.parametrize(
    "other",
    [
        Recipe(dockerfile=b"x", entry=b"e", claude=ClaudeProgram(path=Path("/c"), version="1", size=1)),
        Recipe(dockerfile=b"d", entry=b"x", claude=ClaudeProgram(path=Path("/c"), version="1", size=1)),
        Recipe(dockerfile=b"d", entry=b"e", claude=ClaudeProgram(path=Path("/c"), version="2", size=1)),
        Recipe(dockerfile=b"d", entry=b"e", claude=ClaudeProgram(path=Path("/c"), version="1", size=2)),
    ],
)
def test_the_tag_changes_with_every_ingredient(other: Recipe) -> None:
    recipe = Recipe(dockerfile=b"d", entry=b"e", claude=ClaudeProgram(path=Path("/c"), version="1", size=1))
    assert recipe.tag("base") != other.tag("base")
    assert recipe.tag("base") != recipe.tag("another")


def test_where_the_program_lies_does_not_change_the_tag() -> None:
    here, there = (
        Recipe(dockerfile=b"d", entry=b"e", claude=ClaudeProgram(path=Path(path), version="1", size=1))
        for path in ("/a", "/b")
    )
    assert here.tag("base") == there.tag("base")
