"""The tutorial on channels, done as it stands there: its package in a whole assistant, its commands, its program."""

import asyncio
import json
import re
import shlex
import sys
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nanoclaw.settings.schema import Settings
from nanoclaw.stub_model.server import StubModel
from tests.fakes.lines_counterpart import install, parts
from tests.integration.conftest import end
from tests.integration.installation import Installation


@pytest.fixture
async def installed(
    tmp_path: Path, scrubbed_environment: dict[str, str], model: tuple[StubModel, str]
) -> AsyncIterator[Installation]:
    """An installation on bubblewrap that has the tutorial's package and its settings, but for the page and the port."""
    packages = tmp_path / "packages"
    packages.mkdir()
    install(packages)
    environment = scrubbed_environment | {"PYTHONPATH": str(packages)}
    made = Installation(tmp_path / "nc", *model, environment, "bubblewrap")
    made.config = parts("toml")[1].replace("[channels.web]", "").replace("4711", "0")
    yield made
    await end(made)


def test_the_channel_is_as_short_as_it_says() -> None:
    (code,) = parts("python")
    assert len(code.splitlines()) <= 80
    assert max(map(len, code.splitlines())) <= 120


def test_the_settings_are_ones() -> None:
    assert set(Settings.model_validate(tomllib.loads(parts("toml")[1])).channels) == {"web", "lines"}


async def test_a_program_talks_to_the_assistant_by_the_channel_of_the_tutorial(installed: Installation) -> None:
    await installed.start()
    await installed.until("any(one['name'] == 'lines' and one['status'] == 'up' for one in status['channels'])")
    states = {one["name"]: one for one in (await installed.get("/v1/status"))["channels"]}
    shell = "".join(parts("sh"))
    commands = re.findall(r"^\./nanoclaw ((?:groups|people) .*)$", shell, re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        ran = await asyncio.to_thread(installed.run, *shlex.split(command))
        assert ran.returncode == 0, ran.stderr
    (program,) = re.findall(r"^python3 - <<'END'\n(.*?)^END$", shell, re.DOTALL | re.MULTILINE)
    program = program.replace("4711", states["lines"]["detail"].rpartition(":")[2])
    first = await _run(program, lines=2, environment=installed.environment)
    assert first[0] == {"ok": "m1"}
    assert (first[1]["chat"], first[1]["text"]) == ("kitchen", "You wrote: hello")
    (again,) = await _run(program, lines=1, environment=installed.environment)
    assert again == {"ok": "m1"}
    lines = (await installed.get("/v1/messages?group=kitchen"))["messages"]
    assert [(line["sender"], line["text"]) for line in lines if line["direction"] == "in"] == [("anna", "hello")]


async def _run(program: str, *, lines: int, environment: dict[str, str]) -> list[dict[str, str]]:
    """What the tutorial's program prints; it would listen for ever."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-u", "-c", program), stdout=asyncio.subprocess.PIPE, env=environment
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(40):
            return [json.loads(await process.stdout.readline()) for _ in range(lines)]
    finally:
        process.kill()
        await process.communicate()
