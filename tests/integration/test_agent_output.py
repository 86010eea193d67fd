"""The agent's side of the line, held against a program that does not behave: everything it prints is untrusted."""

import asyncio
import gc
import json
import resource
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from nanoclaw.agents.launch import Launch
from nanoclaw.agents.outcomes import (
    AgentEvent,
    AgentLostError,
    Answered,
    Breathed,
    Failed,
    FaultKind,
    Interrupted,
    StaleSessionError,
    TextWritten,
    ToolUsed,
)
from nanoclaw.dispatch.signals import WorkingAgent
from nanoclaw.gateway.budget import Exhausted
from nanoclaw.model.chats import Attachment
from nanoclaw.sandboxes.contract import EndReason, SandboxError
from nanoclaw.workspaces.quota import Quota
from tests.fakes.agent import Crew
from tests.integration.stand_in_program import GROUP, Stage, StandInLauncher, turn

# The SDK lets go of a pipe that it has not read to the end, and leaves closing it to the collector.
pytestmark = [pytest.mark.filterwarnings(f"ignore:unclosed {kind}:ResourceWarning") for kind in ("transport", "file")]

ANSWERS = """
grant()
while True:
    result(next_of("user"))
"""
ABORTS = """
grant()
prompt = next_of("user")
grant()
result(prompt, subtype="error_during_execution", terminal_reason="aborted_streaming", is_error=True)
wait()
"""


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    made = Stage(tmp_path)
    yield made
    for agent in made.agents:
        await agent.close(gently=False)
    made.agents.clear()
    gc.collect()


async def outcome(agent: WorkingAgent) -> AgentEvent:
    """The next event that ends a turn."""
    async with asyncio.timeout(20):
        async for event in agent.events():
            if isinstance(event, Answered | Interrupted | Failed):
                return event
    raise AssertionError("events ended quietly")


async def loss(agent: WorkingAgent) -> AgentLostError:
    with pytest.raises(AgentLostError) as caught:
        await outcome(agent)
    return caught.value


# What the fake of the dispatcher's tests must do as the real one does.


@pytest.fixture(params=["real", "scripted"])
async def make(request: pytest.FixtureRequest, stage: Stage) -> Callable[[str], WorkingAgent]:
    if request.param == "real":
        return stage.agent
    crew = Crew()
    scripted = await crew.make(GROUP)

    def made(behaviour: str) -> WorkingAgent:
        crew.reply = (lambda _: "Hi") if behaviour == ANSWERS else None
        return scripted

    return made


async def test_each_turn_is_answered_under_its_own_number(make: Callable[[str], WorkingAgent]) -> None:
    agent = make(ANSWERS)
    await agent.start(None)
    for number in (1, 2):
        await agent.give(turn(number), "Hello")
        event = await outcome(agent)
        assert isinstance(event, Answered)
        assert (event.turns, event.text) == ((number,), "Hi")
        assert event.position.session
        assert event.id
    await agent.close()


async def test_an_interrupt_names_the_turns_it_stopped(make: Callable[[str], WorkingAgent]) -> None:
    agent = make(ABORTS)
    await agent.start(None)
    await agent.give(turn(1), "Hello")
    await agent.interrupt()
    event = await outcome(agent)
    assert isinstance(event, Interrupted)
    assert event.turns == (1,)
    await agent.close()


async def test_a_closed_agent_is_lost_to_whoever_asks(make: Callable[[str], WorkingAgent]) -> None:
    agent = make(ANSWERS)
    await agent.start(None)
    await agent.close()
    await agent.close(gently=False)
    await agent.interrupt()
    with pytest.raises(AgentLostError):
        await agent.give(turn(1), "Hello")
    await loss(agent)


# What only a real line can bring.


@pytest.mark.parametrize(
    "behaviour",
    [
        "sys.exit(1)",
        "next_of('control_request'); out('{\"type\": ')",
        'next_of(\'control_request\'); out(\'{"type": "control_response", "response": 5}\')',
        "grant(subtype='error', error='no')",
        "next_of('control_request'); out('{' * 100_000 + '}' * 100_000)",
        "next_of('control_request'); out('{\"a\":' * 100_000)",
    ],
    ids=["exit 1", "half a line", "wrong shape", "refusal", "braces", "deep nesting"],
)
async def test_a_program_that_fails_at_its_start_is_a_lost_agent(stage: Stage, behaviour: str) -> None:
    agent = stage.agent(behaviour)
    with pytest.raises(AgentLostError):
        await agent.start(None)
    assert stage.launcher.distrusted
    assert stage.launcher.sandbox.stops == 1
    assert stage.launcher.door.shut


@pytest.mark.parametrize("behaviour", ["wait()", "sys.exit(0)"], ids=["silent", "gone without a word"])
async def test_a_program_that_does_not_answer_is_ended_when_its_time_is_up(stage: Stage, behaviour: str) -> None:
    agent = stage.agent(behaviour, start_seconds=0.5)
    with pytest.raises(AgentLostError, match="did not start within") as caught:
        await agent.start(None)
    assert caught.value.fault.kind is FaultKind.START
    assert stage.launcher.sandbox.stops == 1


async def test_a_sandbox_that_cannot_be_prepared_is_the_engines_fault(stage: Stage) -> None:
    agent = stage.agent("")

    class Unprepared(StandInLauncher):
        async def launch(self, *_: object) -> Launch:
            raise SandboxError("No engine", hint="Start it.")

    agent._launcher = Unprepared(stage.launcher.sandbox.pid.parent, "")
    with pytest.raises(AgentLostError, match="No engine") as caught:
        await agent.start(None)
    assert (caught.value.fault.kind, caught.value.hint) == (FaultKind.ENGINE, "Start it.")


async def test_lines_that_are_no_messages_are_passed_over(stage: Stage) -> None:
    agent = await stage.given(
        "out('garbage \\x1b[2J \\x00'); out(''); out('{\"type\": \"news\"}'); out('[1]'); result(prompt)\nwait()"
    )
    event = await outcome(agent)
    assert isinstance(event, Answered)
    assert event.turns == (7,)


@pytest.mark.parametrize(
    "line",
    [
        '{"type": "result"}',
        '{"type": ["result"]}',
        '{"type": "assistant", "message": 5}',
        '{"type": "control_request"}',
        '{"type": "control_response", "response": {"request_id": []}}',
        '{"type": "user", "message": {"content": 7}}',
        '{"broken',
    ],
)
async def test_messages_of_a_wrong_shape_cost_the_agent_and_nothing_else(stage: Stage, line: str) -> None:
    agent = await stage.given(f"out({line!r})")
    with pytest.raises(AgentLostError):
        await outcome(agent)
    assert stage.launcher.door.shut


@pytest.mark.parametrize(
    "more",
    ["total_cost_usd='much'", "total_cost_usd=[]", "text=5", "text=['Hi']", "session_id=5", "uuid=9", "usage=[]"],
)
async def test_results_with_odd_fields_answer_or_cost_the_agent(stage: Stage, more: str) -> None:
    agent = await stage.given(f"result(prompt, {more})")
    try:
        event = await outcome(agent)
    except AgentLostError:
        return
    assert isinstance(event, Answered)
    for text in (event.text, event.id, event.position.session):
        assert isinstance(text, str)


async def test_a_line_of_fifty_megabytes_is_bad_output_and_is_not_kept(stage: Stage) -> None:
    agent = await stage.given("out('{\"a\": \"' + 'x' * 50_000_000 + '\"}')")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    fault = (await loss(agent)).fault
    assert fault.kind is FaultKind.BAD_OUTPUT
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 20 * 1024, f"{grown} KiB"
    assert stage.launcher.sandbox.stops == 1


async def test_a_program_that_ends_in_the_middle_of_a_turn_is_lost_with_its_exit_code(stage: Stage) -> None:
    agent = await stage.given("sys.exit(3)")
    error = await loss(agent)
    assert error.fault.kind is FaultKind.LOST
    assert "exit code 3" in error.fault.what
    with pytest.raises(AgentLostError):
        await agent.give(turn(8), "Still there?")


async def test_a_program_that_just_stops_printing_for_good_is_lost(stage: Stage) -> None:
    agent = await stage.given("os.close(1)\nsys.exit(0)")
    assert (await loss(agent)).fault.kind is FaultKind.LOST


async def test_what_the_engine_says_of_the_end_comes_first(stage: Stage) -> None:
    agent = await stage.given("sys.exit(137)")
    stage.launcher.sandbox.reason = EndReason.OUT_OF_MEMORY
    assert (await loss(agent)).fault.kind is FaultKind.OUT_OF_MEMORY


@pytest.mark.parametrize(
    ("words", "entry_only"), [("No conversation found with session ID: s", False), ("No message found", True)]
)
async def test_a_conversation_that_is_gone_is_stale(stage: Stage, words: str, entry_only: bool) -> None:  # noqa: FBT001 - a table
    agent = stage.agent(f"result(subtype='error_during_execution', is_error=True, errors=[{words!r}])\nsys.exit(1)")
    with pytest.raises(StaleSessionError) as caught:
        await agent.start(None)
        await outcome(agent)
    assert caught.value.entry_only is entry_only


async def test_a_failed_result_names_its_turn_and_its_cause(stage: Stage) -> None:
    agent = await stage.given("result(prompt, is_error=True, api_error_status=529)\nwait()")
    event = await outcome(agent)
    assert isinstance(event, Failed)
    assert (event.turns, event.fault.kind) == ((7,), FaultKind.OVERLOADED)


async def test_progress_comes_out_as_it_happens_and_internal_text_never(stage: Stage) -> None:
    agent = await stage.given(
        """
def piece(text):
    out({"type": "stream_event", "uuid": "u", "session_id": "s",
        "event": {"type": "content_block_delta", "delta": {"type": "text_delta", "text": text}}})
piece("Hel"); piece("lo<inter"); piece("nal>secret</internal>!")
out({"type": "assistant", "uuid": "a1", "message": {"model": "m", "content": [
    {"type": "tool_use", "id": "t", "name": "Bash", "input": {}}]}})
result(prompt, "<internal>secret</internal> Done. ", usage={"input_tokens": 5, "output_tokens": "many"})
wait()
"""
    )
    seen: list[AgentEvent] = []
    async with asyncio.timeout(20):
        async for event in agent.events():
            seen.append(event)
            if isinstance(event, Answered):
                break
    assert "".join(event.text for event in seen if isinstance(event, TextWritten)) == "Hello!"
    assert [event.tool for event in seen if isinstance(event, ToolUsed)] == ["Bash"]
    assert not any(isinstance(event, Breathed) and "secret" in repr(event) for event in seen)
    answer = seen[-1]
    assert isinstance(answer, Answered)
    assert (answer.text, answer.position.entry) == ("Done.", "a1")
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (5, 0)


async def test_the_cost_of_a_result_is_what_it_added(stage: Stage) -> None:
    agent = stage.agent("grant()\nfor cost in (0.5, 0.75):\n    result(next_of('user'), total_cost_usd=cost)\nwait()")
    await agent.start(None)
    costs = []
    for number in (1, 2):
        await agent.give(turn(number), "Hello")
        event = await outcome(agent)
        assert isinstance(event, Answered)
        costs.append(event.usage.cost_usd)
    assert costs == [0.5, 0.25]


async def test_an_interrupt_that_came_too_late_does_not_mark_the_next_failure(stage: Stage) -> None:
    agent = await stage.given(
        "grant()\nresult(prompt)\nsecond = next_of('user')\n"
        "result(second, subtype='error_during_execution', is_error=True)\nwait()"
    )
    await agent.interrupt()
    assert isinstance(await outcome(agent), Answered)
    await agent.give(turn(8), "And?")
    assert isinstance(await outcome(agent), Failed)


async def test_an_interrupt_that_is_refused_is_quiet(stage: Stage) -> None:
    agent = await stage.given("grant(subtype='error', error='no')\nresult(prompt)\nwait()")
    await agent.interrupt()
    assert isinstance(await outcome(agent), Answered)


async def test_a_program_that_does_not_hear_an_interrupt_ends_and_its_turn_counts_as_stopped(stage: Stage) -> None:
    agent = await stage.given("time.sleep(60)")
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(agent.interrupt())
        event = await outcome(agent)
    assert isinstance(event, Interrupted)
    assert (event.turns, event.position) == ((7,), None)
    await loss(agent)


async def test_the_same_call_again_and_again_is_stopped_as_a_circle(stage: Stage) -> None:
    agent = await stage.given(
        """
for number in range(3):
    out({"type": "assistant", "uuid": f"a{number}", "message": {"model": "m", "content": [
        {"type": "tool_use", "id": f"t{number}", "name": "Bash", "input": {"command": "ls"}}]}})
grant()
result(prompt, subtype="error_during_execution", terminal_reason="aborted_tools", is_error=True)
wait()
"""
    )
    event = await outcome(agent)
    assert isinstance(event, Failed)
    assert (event.turns, event.fault.kind, event.fault.lasting) == ((7,), FaultKind.LOOP, True)
    assert "Bash" in event.fault.what


async def test_a_budget_that_is_used_up_is_told_in_its_own_words(stage: Stage) -> None:
    agent = await stage.given("result(prompt, is_error=True, api_error_status=402)\nwait()")
    stage.launcher.door.exhausted = Exhausted(scope=GROUP.folder, span="day", limit_usd=2, spent_usd=2.5)
    event = await outcome(agent)
    assert isinstance(event, Failed)
    assert event.fault.kind is FaultKind.BUDGET
    assert "2.50 of 2.00 USD" in event.fault.what
    assert "budget_day_usd" in event.fault.hint


async def test_a_group_that_fills_its_folder_is_stopped_and_told(stage: Stage) -> None:
    aborted = "subtype='error_during_execution', terminal_reason='aborted_tools', is_error=True"
    agent = await stage.given(f"grant()\nresult(prompt, {aborted})\nwait()")
    assert agent._launch is not None
    agent._launch = replace(agent._launch, start=replace(agent._launch.start, quota=Quota(bytes=0, entries=100)))
    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(agent.watch(), name="watch")
        event = await outcome(agent)
        watching.cancel()
    assert isinstance(event, Failed)
    assert event.fault.kind is FaultKind.DISK
    with pytest.raises(AgentLostError, match="full"):
        await agent.give(turn(8), "And?")


async def test_a_picture_is_put_before_the_model_and_a_link_is_not(stage: Stage, tmp_path: Path) -> None:
    agent = stage.agent(
        "grant()\nprompt = next_of('user')\nresult(prompt, json.dumps(prompt['message']['content']))\nwait()"
    )
    await agent.start(None)
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n123")
    (tmp_path / "b.png").symlink_to("/etc/passwd")
    (tmp_path / "c.png").write_bytes(b"<html>")
    pictures = [Attachment(name=f"{name}.png", media_type="image/png", path=f"{name}.png") for name in "abc"]
    await agent.give(turn(1, *pictures), "Look")
    event = await outcome(agent)
    assert isinstance(event, Answered)
    said = json.loads(event.text)
    assert [block["type"] for block in said] == ["text", "image"]
    assert said[1]["source"]["media_type"] == "image/png"
