"""The real ``claude`` program, run directly and without a container, in conversation with the scripted model."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import claude_agent_sdk
import pytest
from claude_agent_sdk import AssistantMessage, ClaudeAgentOptions, ClaudeSDKClient, ResultMessage, TextBlock

from nanoclaw.stub_model.demo import demo_script
from nanoclaw.stub_model.script import Answer, Rule, Script, TokenCounts, ToolCall
from nanoclaw.stub_model.server import StubModel

_PROGRAM = Path(claude_agent_sdk.__file__).parent / "_bundled" / "claude"
_KEPT = {"PATH", "LANG", "TERM"}
_PROMPT = '<messages>\n<message sender="Bo" time="10:00">{}</message>\n</messages>'

pytestmark = pytest.mark.skipif(not _PROGRAM.exists(), reason="the SDK was installed without its claude program")


@pytest.fixture
def options(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str) -> ClaudeAgentOptions:
    """Options for a ``claude`` that inherits nothing of this machine but how to find programs."""
    for name in set(os.environ) - _KEPT:
        monkeypatch.delenv(name)
    (tmp_path / "home").mkdir()
    (tmp_path / "work").mkdir()
    environment = {
        "HOME": str(tmp_path / "home"),
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": "key-of-the-test",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "IS_SANDBOX": "1",
    }
    return ClaudeAgentOptions(
        cli_path=_PROGRAM,
        cwd=tmp_path / "work",
        env=environment,
        permission_mode="bypassPermissions",
        verbatim_prompts=True,
        setting_sources=["project"],
    )


@asynccontextmanager
async def conversation(options: ClaudeAgentOptions) -> AsyncIterator[ClaudeSDKClient]:
    own = {"PYTEST_CURRENT_TEST"}  # pytest sets it anew for each phase of a test
    assert set(os.environ) - own <= _KEPT, "claude must inherit nothing else"
    async with asyncio.timeout(50), ClaudeSDKClient(options) as client:
        yield client


async def turn(client: ClaudeSDKClient, text: str) -> tuple[str, ResultMessage]:
    """Say something as a chat message would; returns the text of the answer and the result."""
    await client.query(_PROMPT.format(text))
    said: list[str] = []
    async for message in client.receive_response():
        if isinstance(message, AssistantMessage):
            said += [block.text for block in message.content if isinstance(block, TextBlock)]
        if isinstance(message, ResultMessage):
            return "\n".join(said), message
    raise AssertionError("the turn ended without a result")


async def test_it_talks_calls_tools_and_retries(model: StubModel, options: ClaudeAgentOptions) -> None:
    bash = ToolCall(name="Bash", input={"command": "env | sort", "description": "Show the environment"})
    usage = TokenCounts(input_tokens=11, output_tokens=12, cache_read_tokens=13, cache_write_tokens=14)
    rules = (
        Rule(when="environment", tool=bash, then=(Answer(reply="HOME is there: {tool_result}"),)),
        Rule(when="busy", error=529, retry_after=0, times=2),
        Rule(reply="{turn}: {text}", usage=usage),
    )
    model.replace_script(Script(rules=rules))
    async with conversation(options) as client:
        text, result = await turn(client, "1 &lt; 2")
        assert text == "1: 1 < 2"
        assert result.usage is not None
        assert [result.usage[key] for key in ("input_tokens", "output_tokens")] == [11, 12]
        assert result.usage["cache_read_input_tokens"] == 13
        text, _ = await turn(client, "show the environment")
        assert text.startswith("HOME is there: ")
        assert f"HOME={options.env['HOME']}" in text
        text, _ = await turn(client, "are you busy?")
        assert text == "6: are you busy?"
    requests = await model.wait_for_requests(6, 1)
    assert [request.newest_text for request in requests] == [
        "1 < 2",
        "show the environment",
        "",
        *["are you busy?"] * 3,
    ]
    assert {request.headers["x-api-key"] for request in requests} == {"key-of-the-test"}
    assert "HOME=" in requests[2].tool_results[0].text


async def test_a_message_written_while_a_tool_runs_is_seen(model: StubModel, options: ClaudeAgentOptions) -> None:
    wait = ToolCall(name="Bash", input={"command": "until [ -e go ]; do :; sleep 0.05; done", "description": "Wait"})
    model.replace_script(Script(rules=(Rule(when="start", tool=wait), Rule(reply="Both: {text}"))))
    async with conversation(options) as client:
        await client.query("start")
        await model.wait_for_requests(1, 20)
        await client.query("and <this> too")
        await asyncio.sleep(1)  # the program shows nobody that it has read the message
        (Path(str(options.cwd)) / "go").touch()
        async for message in client.receive_response():
            if isinstance(message, ResultMessage):
                assert message.result == "Both: and <this> too"
    assert (await model.wait_for_requests(2, 1))[1].user_text == "and <this> too"


async def test_a_stream_that_breaks_off_is_asked_for_again(model: StubModel, options: ClaudeAgentOptions) -> None:
    broken = Answer(reply="a long answer that never ends", broken_after=6)
    model.replace_script(Script(rules=(Rule(steps=(broken,)), Rule(reply="whole"))))
    async with conversation(options) as client:
        text, result = await turn(client, "hi")
    assert not result.is_error
    assert text.endswith("whole")


async def test_compacting_uses_up_no_rule(model: StubModel, options: ClaudeAgentOptions) -> None:
    model.replace_script(Script(rules=(Rule(reply="first", times=1), Rule(reply="second")), side_reply="A summary"))
    async with conversation(replace(options, verbatim_prompts=False)) as client:
        assert (await turn(client, "one"))[0] == "first"
        await client.query("/compact")
        async for _ in client.receive_response():
            pass
        assert (await turn(client, "two"))[0] == "second"
    assert [request.is_side_request for request in model.requests] == [False, True, False]


async def test_the_demo_remembers_in_the_working_directory(model: StubModel, options: ClaudeAgentOptions) -> None:
    model.replace_script(demo_script())
    async with conversation(options) as client:
        text, _ = await turn(client, "remember the milk &amp; honey")
    assert (Path(str(options.cwd)) / "CLAUDE.md").read_text() == "- the milk & honey\n"
    assert "the milk & honey" in text
