"""How calls are taken in, and what the model is told about the tools."""

import asyncio
import json
import logging
from typing import Any

import pytest

from nanoclaw.agents.tools.server import TOOLS, ToolCalls, build
from nanoclaw.agents.tools.tally import LIMITS, Allowance
from nanoclaw.agents.tools.tool import wire_schema
from nanoclaw.model.groups import GroupFolder
from nanoclaw.model.tasks import Task
from nanoclaw.operations.logs.writing import JsonFormatter
from tests.unit.agents.tools.world import FAMILY, Agent, Book, World, agent_of

_EXPECTED = (
    "send_message react edit_message send_file ask_user search_messages schedule_task list_tasks get_task update_task "
    "pause_task resume_task cancel_task list_groups register_group unregister_group"
)


class BrokenBook(Book):
    """Fails as no book should."""

    async def all(self, group: GroupFolder | None = None) -> tuple[Task, ...]:  # noqa: ARG002 - a book's own
        raise RuntimeError("the text of somebody's message")


class SlowBook(Book):
    """Never answers."""

    async def all(self, group: GroupFolder | None = None) -> tuple[Task, ...]:  # noqa: ARG002 - a book's own
        await asyncio.Event().wait()
        return ()


def test_these_are_the_tools() -> None:
    assert [tool.name for tool in TOOLS] == _EXPECTED.split()


def test_no_tool_takes_whose_call_it_is() -> None:
    taken = {(tool.name, name) for tool in TOOLS for name in wire_schema(tool.arguments)["properties"]}
    assert not {(tool, name) for tool, name in taken if name in {"group", "caller", "turn", "chat_id", "address"}}
    assert {tool for tool, name in taken if name == "folder"} == {"register_group", "unregister_group"}
    assert {tool for tool, name in taken if name == "target_group"} == {"schedule_task", "list_tasks"}


def test_schemas_hold_only_what_the_model_needs() -> None:
    said = json.dumps([wire_schema(tool.arguments) for tool in TOOLS])
    assert all(word not in said for word in ('"title"', '"default"', "anyOf", "$ref", "null", "maxLength"))
    assert all(tool.description.endswith(".") for tool in TOOLS)


def test_required_arguments_are_marked(world: World) -> None:
    required = {tool.name: wire_schema(tool.arguments).get("required", []) for tool in TOOLS}
    assert required["schedule_task"] == ["prompt", "schedule_type", "schedule_value", "context_mode"]
    assert required["send_message"] == ["text"]
    assert required["ask_user"] == ["question"]
    assert required["list_groups"] == []


async def test_the_server_is_called_nanoclaw(world: World, family: Agent) -> None:
    config = build(world.desk(), lambda: family.caller)
    assert (config["type"], config["name"]) == ("sdk", "nanoclaw")
    assert config["instance"] is not build(world.desk(), lambda: family.caller)["instance"]


async def test_an_argument_that_does_not_exist_is_refused(world: World, family: Agent) -> None:
    assert "group: Extra inputs" in await family.refused("send_message", text="hi", group="main")
    assert world.box.queued == []
    assert world.refusals == [("family", "send_message", "arguments")]


@pytest.mark.parametrize("text", ["\ud800", "x" * 50_001, None, 5, ["x"]])
async def test_a_text_that_is_none_is_refused_without_being_repeated(world: World, family: Agent, text: Any) -> None:
    why = await family.refused("send_message", text=text)
    assert "text" in why
    assert len(why) < 200
    assert world.box.queued == []


async def test_a_defect_is_logged_and_told_without_its_details(caplog: pytest.LogCaptureFixture, world: World) -> None:
    world.book = BrokenBook()
    with caplog.at_level(logging.ERROR):
        why = await agent_of(world, FAMILY).refused("list_tasks")
    assert why == "list_tasks failed by a defect (RuntimeError); the owner's log has it"
    assert world.refusals == [("family", "list_tasks", "defect")]
    (record,) = caplog.records
    assert vars(record)["at"].startswith("test_server.py:")
    assert "somebody" not in JsonFormatter().format(record)


async def test_a_call_has_a_deadline(world: World) -> None:
    world.book = SlowBook()
    agent = agent_of(world, FAMILY)
    agent.calls = ToolCalls(world.desk(), lambda: agent.caller, seconds=0.05)
    assert "longer than" in await agent.refused("list_tasks")
    assert world.refusals == [("family", "list_tasks", "time")]


async def test_a_call_that_was_refused_is_the_same_call_when_it_is_made_again(world: World, family: Agent) -> None:
    owners, world.box.owners = world.box.owners, {}
    await family.refused("send_message", text="hello")
    world.box.owners = owners
    await family.call("send_message", text="hello")
    await agent_of(world, FAMILY, attempt=1).call("send_message", text="hello")
    assert len(world.box.queued) == 1


async def test_a_program_that_went_wild_is_refused_and_does_not_fill_the_audit(world: World, family: Agent) -> None:
    for _ in range(LIMITS[Allowance.CALLS]):
        await family.call("list_groups")
    for _ in range(20):
        assert "500 calls of tools" in await family.refused("list_groups")
    assert world.refusals == [("family", "list_groups", "limit")]


async def test_accounts_of_old_turns_are_dropped(world: World, family: Agent) -> None:
    for turn in range(200):
        family.caller = agent_of(world, FAMILY, turn=turn + 1).caller
        await family.call("send_message", text="hi")
    assert len(family.calls._tally._turns) <= 50
    assert len(world.box.queued) == 200
