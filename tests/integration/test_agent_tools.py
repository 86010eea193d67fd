"""The agent's own tools, called by the real ``claude`` program with the scripted model, on the real store."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from claude_agent_sdk import (
    ClaudeAgentOptions,
    ClaudeSDKClient,
    ResultMessage,
    ToolResultBlock,
    ToolUseBlock,
    UserMessage,
)
from claude_agent_sdk.types import AssistantMessage

from nanoclaw.agents.tools.contract import Caller
from nanoclaw.agents.tools.desk import Desk, Registration
from nanoclaw.agents.tools.files import FILE_LIMIT
from nanoclaw.agents.tools.server import TOOLS, build
from nanoclaw.agents.tools.tool import wire_schema
from nanoclaw.delivery.splitting import split_text
from nanoclaw.intake.asking import Asking
from nanoclaw.model.chats import ChatAddress
from nanoclaw.model.clock import SystemClock
from nanoclaw.model.groups import MAIN_FOLDER, Group
from nanoclaw.model.questions import QuestionState
from nanoclaw.model.tasks import TaskId, TaskState
from nanoclaw.model.turns import OutgoingFile, ReplyKind, Turn
from nanoclaw.sandboxes.image.claude_program import find_claude
from nanoclaw.sandboxes.launcher import write_launcher
from nanoclaw.scheduling.book import Book
from nanoclaw.store.database import Database
from nanoclaw.store.groups import NewGroup
from nanoclaw.store.tasks import MIGRATIONS, Tasks
from nanoclaw.stub_model.script import Answer, Rule, Script, ToolCall
from nanoclaw.stub_model.server import StubModel
from nanoclaw.workspaces.files import copy_out
from tests.unit.store.conftest import WAKING, Store, address, message, new_group, open_store

# The SDK lets go of a pipe that it has not read to the end, and leaves closing it to the collector.
pytestmark = [pytest.mark.filterwarnings(f"ignore:unclosed {kind}:ResourceWarning") for kind in ("transport", "file")]

ZURICH = ZoneInfo("Europe/Zurich")
KEY = "sk-ant-test-0123456789abcdef"
LIMIT = 4000
_TASK = {"prompt": "Buy eggs", "schedule_type": "cron", "schedule_value": "0 9 * * *", "context_mode": "group"}
_CLUB = {"channel": "local", "chat": "club", "name": "Club", "folder": "club"}
EVERY_TOOL: tuple[tuple[str, dict[str, Any]], ...] = (
    ("send_message", {"text": "Looking <internal>where?</internal>", "sender": "Scout"}),
    ("react", {"emoji": "👍"}),
    ("edit_message", {"message": "out-1", "text": "Found"}),
    ("send_file", {"path": "list.txt", "caption": "The list"}),
    ("ask_user", {"question": "How many?", "options": ["a few", "a lot"]}),
    ("search_messages", {"query": "eggs", "limit": 5}),
    ("schedule_task", {**_TASK, "target_group": "family", "name": "Eggs", "missed": "skip", "script": "true"}),
    ("list_tasks", {}),
    ("get_task", {"task_id": 1}),
    ("update_task", {"task_id": 1, "prompt": "Buy twelve eggs"}),
    ("pause_task", {"task_id": 1}),
    ("resume_task", {"task_id": 1}),
    ("cancel_task", {"task_id": 1}),
    ("list_groups", {}),
    ("register_group", _CLUB),
    ("unregister_group", {"folder": "club"}),
)


@dataclass
class Result:
    """What came back to the program from one call."""

    tool: str
    text: str
    is_error: bool


@dataclass
class House:
    """A store with two groups, a desk on it, and the means to run ``claude``."""

    store: Store
    model: StubModel
    url: str
    folder: Path
    environment: dict[str, str]
    book: Book
    refusals: list[tuple[str, str, str]] = field(default_factory=list)
    copies: int = 0

    async def group(self, folder: str) -> Group:
        found = await self.store.groups.find(folder)
        assert found is not None
        return found

    async def turn(self, folder: str, text: str) -> Turn:
        """A turn of the group, claimed."""
        group = await self.group(folder)
        await self.store.inbox.add(message(text, f"{folder}-{text}", address(folder)), WAKING)
        return await self.store.claim(group)

    def desk(self) -> Desk:
        store = self.store
        return Desk(
            clock=SystemClock(),
            zone=ZURICH,
            question_hours=24,
            incoming=store.inbox,
            outgoing=store.outbox,
            deliver=lambda _: None,
            split=lambda _, text: split_text(text, LIMIT),
            copy_out=self.copy_out,
            ask=Asking(store.questions, store.outbox, lambda _: None).ask,
            history=store.history,
            tasks=self.book,
            groups=store.groups,
            register=self.register,
            unregister=store.groups.remove,
            audit=lambda group, tool, reason: self.refusals.append((group.folder, tool, reason)),
        )

    async def copy_out(self, group: Group, path: str) -> OutgoingFile:
        self.copies += 1
        target = self.folder / f"copy-{self.copies}"
        size = await asyncio.to_thread(copy_out, self.folder / group.folder, path, target, FILE_LIMIT)
        return OutgoingFile(name=Path(path).name, media_type="text/plain", path=str(target), size=size)

    async def register(self, new: Registration) -> Group:
        return await self.store.groups.add(
            NewGroup(
                folder=new.folder,
                name=new.name,
                trigger=new.trigger or "@Andy",
                requires_trigger=True,
                is_main=False,
                address=new.address,
            )
        )

    async def run(self, turn: Turn, *calls: tuple[str, dict[str, Any]]) -> list[Result]:
        """One life of ``claude`` in which the model makes these calls, one after another."""
        steps = [Answer(tool=ToolCall(name=f"mcp__nanoclaw__{name}", input=given)) for name, given in calls]
        self.model.replace_script(Script(rules=(Rule(when="go", steps=(*steps, Answer(reply="All done."))),)))
        caller = Caller(group=turn.group, turn=turn.id, address=turn.address, attempt=turn.attempt)
        seen: list[Result] = []
        names: dict[str, str] = {}
        async with asyncio.timeout(50), ClaudeSDKClient(self._options(build(self.desk(), lambda: caller))) as client:
            await client.query("go")
            async for said in client.receive_response():
                if isinstance(said, AssistantMessage):
                    names |= {block.id: block.name for block in said.content if isinstance(block, ToolUseBlock)}
                elif isinstance(said, UserMessage) and isinstance(said.content, list):
                    seen += [_result(block, names) for block in said.content if isinstance(block, ToolResultBlock)]
                elif isinstance(said, ResultMessage):
                    assert said.result == "All done.", said.result
        return seen

    def _options(self, server: Any) -> ClaudeAgentOptions:
        variables = {
            **self.environment,
            "ANTHROPIC_BASE_URL": self.url,
            "ANTHROPIC_API_KEY": KEY,
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
        }
        command = ["env", *(f"{name}={value}" for name, value in variables.items()), str(find_claude().path)]
        return ClaudeAgentOptions(
            cli_path=write_launcher(self.folder / "launcher", command),
            cwd=self.folder / "main",
            mcp_servers={"nanoclaw": server},
            allowed_tools=["mcp__nanoclaw"],
            setting_sources=[],
        )


def _result(block: ToolResultBlock, names: dict[str, str]) -> Result:
    content = block.content
    text = content if isinstance(content, str) else "\n".join(part.get("text", "") for part in content or [])
    tool = names[block.tool_use_id].removeprefix("mcp__nanoclaw__")
    return Result(tool=tool, text=text, is_error=bool(block.is_error))


@pytest.fixture
async def house(
    tmp_path: Path, scrubbed_environment: dict[str, str], model: tuple[StubModel, str]
) -> AsyncIterator[House]:
    """Main, the family, and a chat that nobody registered."""
    store, clock = await open_store(tmp_path / "messages.db", SystemClock()), SystemClock()
    tasks = await Database.open(tmp_path / "tasks.db", MIGRATIONS)
    await store.groups.add(new_group(MAIN_FOLDER, is_main=True))
    await store.groups.add(new_group("family"))
    await store.inbox.add(message("psst", "x", address("club")), WAKING)
    for folder in ("main", "family"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "list.txt").write_text("eggs")
    book = Book(Tasks(tasks, clock), store.groups.find, clock, ZURICH, lambda: None)
    yield House(store, *model, tmp_path, scrubbed_environment, book)
    await tasks.close()
    await store.database.close()
    shutil.rmtree(tmp_path / "home", ignore_errors=True)


async def outgoing(house: House, chat: ChatAddress) -> list[tuple[ReplyKind, str]]:
    """What is taken out of the outbox for a chat, in order."""
    found = []
    while (reply := await house.store.outbox.take(chat)) is not None:
        found.append((reply.kind, reply.text))
        await house.store.outbox.sent(reply.id, f"network-{reply.id}")
    return found


async def test_the_program_calls_every_tool_and_each_takes_effect(house: House) -> None:
    turn = await house.turn("main", "where are the eggs")
    results = await house.run(turn, *EVERY_TOOL)
    assert [result.tool for result in results] == [tool.name for tool in TOOLS]
    assert [result.text for result in results if result.is_error] == []
    texts = {result.tool: result.text for result in results}
    assert texts["send_message"] == "Sent as out-1."
    assert texts["react"] == f"Reacted to in-{turn.through}."
    assert "Asked as question 1;" in texts["ask_user"]
    assert f'<message id="in-{turn.through}" sender="Ann"' in texts["search_messages"]
    assert 'group="family"' in texts["schedule_task"]
    assert '<unregistered_chat channel="local" chat="club"' in texts["list_groups"]
    assert await outgoing(house, turn.address) == [
        (ReplyKind.TEXT, "**Scout:** Looking"),
        (ReplyKind.REACTION, "👍"),
        (ReplyKind.EDIT, "Found"),
        (ReplyKind.FILE, "The list"),
        (ReplyKind.TEXT, "How many?\n\n1. a few\n2. a lot\n\nAnswer with the number or the words."),
    ]
    (question,) = await house.store.questions.open_in(MAIN_FOLDER)
    assert (question.options, question.state) == (("a few", "a lot"), QuestionState.OPEN)
    task = await house.book.get(TaskId(1))
    assert (task.group, task.prompt, task.state) == ("family", "Buy twelve eggs", TaskState.CANCELLED)
    assert (task.schedule.value, task.missed, task.script, task.name) == ("0 9 * * *", "skip", "true", "Eggs")
    assert [group.folder for group in await house.store.groups.all()] == ["main", "family"]
    assert house.refusals == []


async def test_refusals_come_back_as_errors_that_say_why_and_are_audited(house: House) -> None:
    theirs = await house.turn("main", "a secret")
    mine = await house.turn("family", "hello")
    (house.folder / "family" / "link.txt").symlink_to(house.folder / "main" / "list.txt")
    results = await house.run(
        mine,
        ("react", {"emoji": "👍", "message": f"in-{theirs.through}"}),
        ("send_file", {"path": "../main/list.txt"}),
        ("send_file", {"path": "link.txt"}),
        ("schedule_task", {"prompt": "x", "schedule_type": "once", "schedule_value": "2030-01-01T00:00",
                           "context_mode": "group", "target_group": "main"}),
        ("register_group", {"channel": "local", "chat": "club", "name": "Club", "folder": "club"}),
        ("send_message", {"text": "hi", "group": "main"}),
        ("send_message", {"text": 5}),
    )  # fmt: skip
    assert [result.is_error for result in results] == [True] * 7
    assert "no message" in results[0].text
    assert "tasks of its own" in results[3].text
    assert "Only the main group" in results[4].text
    assert await outgoing(house, theirs.address) == []
    assert await outgoing(house, mine.address) == []
    assert await house.book.all() == ()
    assert house.refusals == [
        ("family", "react", "not-found"),
        ("family", "send_file", "WorkspaceFileError"),
        ("family", "send_file", "WorkspaceFileError"),
        ("family", "schedule_task", "other-group"),
        ("family", "register_group", "main-only"),
        ("family", "send_message", "arguments"),
    ]
    assert "secret" not in str(results)


REFUSED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("get_task", {"task_id": 1}),
    ("update_task", {"task_id": 1, "prompt": "Mine"}),
    ("pause_task", {"task_id": 1}),
    ("resume_task", {"task_id": 1}),
    ("cancel_task", {"task_id": 1}),
    ("cancel_task", {"task_id": 99}),
    ("list_tasks", {"target_group": "main"}),
    ("unregister_group", {"folder": "main"}),
    ("edit_message", {"message": "out-1", "text": "x"}),
    ("schedule_task", {**_TASK, "schedule_value": "* * * * * *"}),
    ("schedule_task", {**_TASK, "schedule_type": "once", "schedule_value": "2001-01-01T00:00"}),
    ("schedule_task", {**_TASK, "schedule_type": "interval", "schedule_value": "0"}),
    ("schedule_task", {**_TASK, "missed": "whenever"}),
    ("ask_user", {"question": "Sure?", "options": ["yes"]}),
)
"""What a group may not do, or nobody can."""


async def test_a_group_neither_sees_nor_changes_the_tasks_and_groups_of_others(house: House) -> None:
    (made,) = await house.run(await house.turn("main", "hello"), ("schedule_task", {**_TASK, "prompt": "A secret"}))
    assert not made.is_error
    before = await house.book.get(TaskId(1))
    allowed: list[tuple[str, dict[str, Any]]] = [
        ("list_tasks", {}),
        ("list_groups", {}),
        ("search_messages", {"query": "hello"}),
    ]
    results = await house.run(await house.turn("family", "hi"), *REFUSED, *allowed)
    assert [result.is_error for result in results] == [True] * len(REFUSED) + [False] * len(allowed)
    assert results[len(REFUSED)].text == "There are no tasks."
    assert "secret" not in str(results).lower()
    assert 'folder="main"' not in results[-2].text
    assert results[-1].text == "Nothing was found in the chats of this group."
    assert await house.book.get(TaskId(1)) == before
    assert [(group, tool) for group, tool, _ in house.refusals] == [("family", tool) for tool, _ in REFUSED]
    assert [reason for _, _, reason in house.refusals] == [
        *["other-group"] * 5,
        "not-found",
        "other-group",
        "main-only",
        "not-found",
        *["InvalidTaskError"] * 4,
        "arguments",
    ]


ARGUMENTS: dict[str, tuple[set[str], set[str]]] = {
    "send_message": ({"text"}, {"sender"}),
    "send_file": ({"path"}, {"caption"}),
    "react": ({"emoji"}, {"message"}),
    "edit_message": ({"message", "text"}, set()),
    "ask_user": ({"question"}, {"options"}),
    "search_messages": ({"query"}, {"limit"}),
    "schedule_task": (
        {"prompt", "schedule_type", "schedule_value", "context_mode"},
        {"target_group", "script", "missed", "name"},
    ),
    "list_tasks": (set(), {"target_group"}),
    "get_task": ({"task_id"}, set()),
    "update_task": (
        {"task_id"},
        {"prompt", "schedule_type", "schedule_value", "context_mode", "script", "missed", "name"},
    ),
    "pause_task": ({"task_id"}, set()),
    "resume_task": ({"task_id"}, set()),
    "cancel_task": ({"task_id"}, set()),
    "list_groups": (set(), set()),
    "register_group": ({"channel", "chat", "name", "folder"}, {"trigger"}),
    "unregister_group": ({"folder"}, set()),
}
"""What each tool must be given, and what it may be given: agents, skills and prompts rely on these names."""


def test_the_names_of_tools_and_arguments_are_those_that_agents_rely_on() -> None:
    found = {}
    for tool in TOOLS:
        schema = wire_schema(tool.arguments)
        required = set(schema.get("required", []))
        found[tool.name] = (required, set(schema["properties"]) - required)
    assert found == ARGUMENTS


async def test_a_turn_that_starts_again_does_once_what_it_repeats(house: House) -> None:
    turn = await house.turn("main", "hello")
    calls: list[tuple[str, dict[str, Any]]] = [
        ("send_message", {"text": "Working"}),
        ("send_file", {"path": "list.txt"}),
        ("ask_user", {"question": "Sure?", "options": ["yes", "no"]}),
    ]
    first = await house.run(turn, *calls)
    again = await house.run(turn, *calls)
    assert [result.text for result in again] == [result.text for result in first]
    assert [text for _, text in await outgoing(house, turn.address)] == [
        "Working",
        "",
        "Sure?\n\n1. yes\n2. no\n\nAnswer with the number or the words.",
    ]


async def test_every_tool_is_offered_to_the_model_in_full(house: House) -> None:
    await house.run(await house.turn("main", "hello"))
    request = next(request for request in house.model.requests if not request.is_side_request)
    assert request.body is not None
    offered = {tool["name"]: tool for tool in request.body["tools"]}
    for tool in TOOLS:
        sent = offered[f"mcp__nanoclaw__{tool.name}"]
        assert (sent["description"], sent["input_schema"]) == (tool.description, wire_schema(tool.arguments))
