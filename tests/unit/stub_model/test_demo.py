"""The demo's assistant."""

import subprocess
from pathlib import Path

import pytest

from nanoclaw.stub_model.demo import demo_script
from nanoclaw.stub_model.server import StubModel
from tests.unit.stub_model.conftest import Ask, result


@pytest.fixture(autouse=True)
def demo(model: StubModel) -> None:
    model.replace_script(demo_script())


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("Hello!", "not an AI"),
        ("@Andy hi", "not an AI"),
        ("help", "list files"),
        ("Who are you?", "scripted model"),
        ('<messages><message sender="A" time="t">@Andy: help</message></messages>', "list files"),
        ("time flies", "You wrote: time flies"),
        ("a {turn}", "You wrote: a {turn}"),
    ],
)
async def test_it_says_what_it_is_and_echoes_the_rest(ask: Ask, text: str, part: str) -> None:
    assert part in (await ask(text))[1]["content"][0]["text"]


@pytest.mark.parametrize(
    ("text", "command"), [("time?", "date"), ("What is the time?", "date"), ("list files", "ls -la")]
)
async def test_it_runs_commands_and_shows_their_output(ask: Ask, text: str, command: str) -> None:
    call = (await ask(text))[1]["content"][0]
    assert call["name"] == "Bash"
    assert call["input"]["command"] == command
    assert call["input"]["description"]
    assert "the output" in (await ask(result(call["id"], "the output")))[1]["content"][0]["text"]


async def test_it_remembers_whatever_was_written_and_runs_none_of_it(ask: Ask, tmp_path: Path) -> None:
    fact = "that it's $(touch x) `touch x`; touch x %s \\n"
    call = (await ask(f"Remember: {fact}"))[1]["content"][0]
    assert _run(call["input"]["command"], tmp_path) == {"CLAUDE.md": f"- {fact}\n"}


def _run(command: str, folder: Path) -> dict[str, str]:
    """Run a shell command and return the files it left."""
    subprocess.run(["/bin/sh", "-c", command], cwd=folder, env={"PATH": "/usr/bin:/bin"}, check=True, timeout=10)
    return {path.name: path.read_text() for path in folder.iterdir()}
