"""What an agent knows: CLAUDE.md, its conversation, pages of old ones, skills, files and pictures. Real ``claude``."""

import asyncio
import struct
import zlib
from pathlib import Path
from typing import Any

from nanoclaw.cli.chat.listener import Listener
from nanoclaw.control.client import ControlClient
from nanoclaw.stub_model.script import Answer, Rule, Script, TokenCounts, ToolCall
from tests.integration.installation import Installation
from tests.integration.test_group_settings import body, echo_of
from tests.integration.test_what_an_owner_can_do import said

SKILL = "---\nname: {name}\ndescription: {what}\n---\n\n# {name}\n\nDo it.\n"


def png() -> bytes:
    """A picture of one red dot."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(b"\0\xff\0\0")), chunk(b"IEND", b""))
    )


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


async def test_the_memories_of_all_and_of_the_group_are_loaded_and_no_other(installation: Installation) -> None:
    installation.script(Rule(reply="Hi."))
    await installation.start()
    groups = installation.home / "groups"
    for folder in ("family", "work"):
        await installation.add_group(folder, requires_trigger=False)
        write(groups / folder / "CLAUDE.md", f"The memory of {folder} is violet.")
    write(groups / "global" / "CLAUDE.md", "All of us live in Zurich.")
    await installation.answer("hello", group="family")
    asked = str(body(installation))
    assert "The memory of family is violet." in asked
    assert "All of us live in Zurich." in asked
    assert "memory of work" not in asked


async def test_what_an_agent_writes_into_its_memory_is_there_in_the_next_conversation(docker: Installation) -> None:
    note = ToolCall(name="Bash", input={"command": "echo 'Ann likes plums.' >>CLAUDE.md", "description": "note"})
    docker.script(Rule(when="note", tool=note, then=(Answer(reply="Noted."),)), Rule(reply="Hi."))
    await docker.start()
    await docker.answer("note it")
    await docker.send("/new", wait=0)
    await docker.until("not status['agents']")
    await docker.answer("what does Ann like?")
    assert "Ann likes plums." in str(body(docker))
    assert "note it" not in str(body(docker)["messages"])


async def test_each_group_has_its_own_transcripts_and_goes_on_after_a_restart(docker: Installation) -> None:
    docker.script(Rule(reply="Hi."))
    await docker.start()
    await docker.add_group("family", requires_trigger=False)
    await docker.answer("our secret is plums", group="family")
    await docker.answer("the word is violet")
    await docker.stop()
    await docker.start()
    await docker.answer("and now?", group="family")
    assert "our secret is plums" in str(body(docker)["messages"])
    assert "violet" not in str(body(docker))
    sessions = docker.home / "data" / "sessions"
    told = {
        folder: "".join(file.read_text() for file in (sessions / folder).rglob("*.jsonl"))
        for folder in ("main", "family")
    }
    assert "plums" in told["family"]
    assert "violet" not in told["family"]
    assert "violet" in told["main"]
    assert "plums" not in told["main"]


async def test_skills_of_the_group_and_of_all_are_offered_and_no_others(installation: Installation) -> None:
    installation.script(Rule(reply="Hi."))
    await installation.start()
    groups = installation.home / "groups"
    for folder in ("family", "work"):
        await installation.add_group(folder, requires_trigger=False)
    for folder, name in (("family", "bake-bread"), ("work", "file-taxes"), ("global", "tell-time")):
        write(groups / folder / "skills" / name / "SKILL.md", SKILL.format(name=name, what=f"How we {name} here"))
    await installation.answer("hello", group="family")
    asked = str(body(installation))
    assert "How we bake-bread here" in asked
    assert "How we tell-time here" in asked
    assert "file-taxes" not in asked


async def test_a_helper_works_and_its_steps_are_seen(installation: Installation) -> None:
    ask = ToolCall(
        name="Agent",
        input={"description": "Count apples", "prompt": "count them all", "subagent_type": "general-purpose"},
    )
    look = ToolCall(name="Bash", input={"command": "echo seven", "description": "count"})
    installation.script(
        Rule(when="how many", tool=ask, then=(Answer(reply="There are {tool_result}"),)),
        Rule(when="count them all", tool=look, then=(Answer(reply="seven apples"),)),
    )
    await installation.start()
    steps: list[str] = []

    def note(event: dict[str, Any]) -> None:
        if event["kind"] == "tool":
            steps.append(event["text"])

    listener = Listener(ControlClient(installation.home / "data" / "ipc" / "control.sock"), "main", note, print)
    await asyncio.to_thread(listener.start)
    answer = await installation.answer("how many are there?")
    listener.stop()
    assert "seven apples" in answer
    assert steps == ["Agent: Count apples", "helper: Bash"]


async def test_a_full_context_is_shortened_by_itself_and_kept_as_a_page_first(docker: Installation) -> None:
    full = TokenCounts(input_tokens=195_000, output_tokens=10)
    docker.model.replace_script(
        Script(
            rules=(Rule(when="favourite", reply="Noted.", usage=full), Rule(reply="Hi.")),
            side_reply="<summary>They like blue.</summary>",
        )
    )
    await docker.start()
    write(
        docker.home / "groups" / "main" / ".claude" / "settings.json",
        '{"env": {"CLAUDE_AUTOCOMPACT_PCT_OVERRIDE": "1"}}',
    )
    await docker.answer("my favourite colour is blue")
    await docker.answer("my favourite drink is tea")
    await docker.answer("my favourite meal is soup")
    await docker.answer("and now?")
    pages = list((docker.home / "groups" / "main" / "conversations").glob("*.md"))
    assert any("favourite colour is blue" in page.read_text() for page in pages)
    assert "They like blue" in str(body(docker)["messages"])


async def test_files_of_a_message_are_in_the_inbox_named_in_the_prompt_and_pictures_are_shown(
    installation: Installation, tmp_path: Path
) -> None:
    installation.script(echo_of("look", "cat inbox/*.txt"), Rule(reply="Hi."))
    await installation.start()
    given = tmp_path / "given"
    write(given / "..list of things.txt", "plums")
    (given / "dot.png").write_bytes(png())
    write(given / "fake.png", "<svg/>")
    files = [str(file) for file in sorted(given.iterdir())]
    assert "plums" in await installation.answer("look at these", files=files)
    (first,) = [one for one in body(installation)["messages"] if "look at these" in str(one["content"])][-1:]
    images = [part for part in first["content"] if part["type"] == "image"]
    assert [image["source"]["media_type"] for image in images] == ["image/png"]
    inbox = installation.home / "groups" / "main" / "inbox"
    names = sorted(file.name[11:] for file in inbox.iterdir())
    assert names == ["dot.png", "fake.png", "list_of_things.txt"]
    for file in inbox.iterdir():
        assert f'path="inbox/{file.name}"' in str(first["content"])


async def test_an_agent_sends_a_file_of_its_folder_and_no_other(docker: Installation) -> None:
    make = ToolCall(
        name="Bash", input={"command": "echo plums >list.txt; ln -s /etc/passwd out.txt", "description": "m"}
    )
    send = ToolCall(name="mcp__nanoclaw__send_file", input={"path": "list.txt", "caption": "The list"})
    steal = ToolCall(name="mcp__nanoclaw__send_file", input={"path": "out.txt"})
    docker.script(
        Rule(
            when="list", steps=(Answer(tool=make), Answer(tool=send), Answer(tool=steal), Answer(reply="{tool_result}"))
        )
    )
    await docker.start()
    result = await docker.send("send the list")
    texts = [reply["text"] for reply in result["replies"]]
    assert "list.txt" in texts[0]
    assert "The list" in texts[0]
    assert "it is a link" in texts[1]
    assert await said(docker, "The list")
