"""Commands, people, options and budgets on a whole installation: real daemon, real sandbox, real ``claude``."""

import asyncio
import time

from nanoclaw.stub_model.script import Rule, Script, ToolCall
from tests.integration.installation import Installation

SLEEP = ToolCall(name="Bash", input={"command": "python3 -c 'import time; time.sleep(60)'", "description": "wait"})


def tool(name: str, **arguments: object) -> ToolCall:
    return ToolCall(name=f"mcp__nanoclaw__{name}", input=dict(arguments))


async def said(installation: Installation, words: str, group: str = "main", seconds: float = 30) -> str:
    """Wait until the assistant has said something with these words; the whole text."""
    async with asyncio.timeout(seconds):
        while True:
            for text in await installation.outgoing(group):
                if words in text:
                    return text
            await asyncio.sleep(0.1)


async def test_stop_ends_a_running_tool_within_two_seconds_and_the_agent_goes_on(installation: Installation) -> None:
    installation.script(Rule(when="work", tool=SLEEP, times=1), Rule(reply="Here again."))
    await installation.start()
    async with asyncio.TaskGroup() as tasks:
        working = tasks.create_task(installation.send("work hard"))
        await installation.until("len(requests) >= 1 and status['agents'][0]['state'] == 'working'")
        await asyncio.sleep(2)
        began = time.monotonic()
        await installation.send("/stop", wait=0)
        result = await working
        took = time.monotonic() - began
    assert result["outcome"] == "stopped"
    assert took < 2, took
    assert await said(installation, "Stopped.")
    assert await installation.answer("still there?") == "Here again."


async def test_new_begins_a_conversation_that_knows_nothing_of_the_last(installation: Installation) -> None:
    installation.script(Rule(reply="Noted."))
    await installation.start()
    await installation.answer("the word is swordfish")
    await installation.send("/new", wait=0)
    await said(installation, "begins a new conversation")
    await installation.answer("what was the word?")
    body = installation.model.requests[-1].body
    assert body is not None
    assert "swordfish" not in str(body["messages"])
    assert "what was the word" in str(body["messages"])


async def test_status_and_help_answer_without_asking_the_model(installation: Installation) -> None:
    await installation.start()
    await installation.send("/help", wait=0)
    assert "/compact" in await said(installation, "/new")
    await installation.send("/status", wait=0)
    await said(installation, "undelivered")
    assert not installation.model.requests


async def test_compact_shortens_the_conversation_and_keeps_it_as_a_page(docker: Installation) -> None:
    summary = "<summary>They like blue.</summary>"
    docker.model.replace_script(Script(rules=(Rule(reply="Noted."),), side_reply=summary))
    await docker.start()
    await docker.answer("my favourite colour is blue")
    await docker.answer("and my second is green")
    await docker.send("/compact", wait=0)
    assert await said(docker, "The conversation is shorter now.", seconds=60)
    pages = list((docker.home / "groups" / "main" / "conversations").glob("*.md"))
    assert len(pages) == 1
    assert "favourite colour is blue" in pages[0].read_text()
    await docker.answer("what do you know?")
    body = docker.model.requests[-1].body
    assert body is not None
    assert "They like blue" in str(body["messages"])


async def test_a_question_is_answered_by_its_number_after_a_restart(installation: Installation) -> None:
    ask = tool("ask_user", question="Tea or coffee?", options=["tea", "coffee"])
    installation.script(
        Rule(when="drink", tool=ask, times=1), Rule(when="<answers>", reply="One coffee."), Rule(reply="Asked.")
    )
    await installation.start()
    await installation.answer("what shall we drink?")
    assert "2. coffee" in await said(installation, "Tea or coffee?")
    await installation.kill()
    await installation.start()
    assert await installation.answer("2") == "One coffee."
    body = installation.model.requests[-1].body
    assert body is not None
    assert "<answers>Tea or coffee?</answers>2" in str(body["messages"])


async def test_a_group_has_a_model_and_tools_of_its_own_and_wrong_settings_are_refused(docker: Installation) -> None:
    docker.script(Rule(reply="Hi."))
    await docker.start()
    await docker.add_group("family", requires_trigger=False)
    wrong = docker.run("groups", "set", "family", "network=sometimes")
    assert wrong.returncode == 1
    assert "none, allowlist, public" in wrong.stderr
    right = docker.run("groups", "set", "family", "model=claude-haiku-4-5", "disallowed_tools=Bash")
    assert right.returncode == 0, right.stderr
    await docker.answer("hello", group="family")
    body = docker.model.requests[-1].body
    assert body is not None
    assert body["model"] == "claude-haiku-4-5"
    names = {offered["name"] for offered in body["tools"]}
    assert "Bash" not in names
    assert "mcp__nanoclaw__send_message" in names
    assert "disallowed_tools:" in docker.run("groups", "show", "family").stdout


async def test_a_used_up_budget_stops_calls_before_they_leave_and_says_how_to_raise_it(docker: Installation) -> None:
    docker.config = "[budget]\nday_usd = 0.000001\n"
    docker.script(Rule(reply="Hi."))
    await docker.start()
    await docker.answer("one")
    before = len(docker.model.requests)
    result = await docker.send("two")
    assert result["outcome"] == "failed"
    assert "budget of all groups" in result["replies"][0]["text"]
    assert "[budget]" in result["replies"][0]["text"]
    assert len(docker.model.requests) == before
    assert await said(docker, "is used up to 100 %")
    usage = docker.run("usage", "--by", "group")
    assert "main" in usage.stdout
    assert "total" in usage.stdout


async def test_a_refused_host_is_asked_about_and_allowed_once(docker: Installation) -> None:
    fetch = ToolCall(name="Bash", input={"command": "curl -sS -m 5 https://example.org 2>&1; true", "description": "x"})
    docker.script(Rule(when="try", tool=fetch, then=({"reply": "{tool_result}"},)))  # type: ignore[arg-type]
    await docker.start()
    assert "403" in await docker.answer("try it")
    question = await said(docker, "wants to reach example.org:443")
    assert "1. once" in question
    await docker.send("1", wait=0)
    await said(docker, "may reach example.org:443 for ten minutes")
    assert "403" not in await docker.answer("try it again")
    log = docker.run("gateway", "log", "--denied")
    assert "example.org:443" in log.stdout


async def test_strangers_are_dropped_and_counted(docker: Installation) -> None:
    await docker.start()
    assert docker.run("messages", "dropped").stdout.strip() == "No message was dropped."
    added = docker.run(
        "people", "add", "whatsapp", "41790000000", "--role", "member", "--group", "main", "--name", "Ann"
    )
    assert added.returncode == 0, added.stderr
    listed = docker.run("people", "list").stdout
    assert "member" in listed
    assert "owner" in listed
    refused = docker.run("people", "remove", "local", "owner")
    assert refused.returncode == 1
    assert "owner's own identity" in refused.stderr


async def test_what_was_said_is_found_again_and_only_in_its_group(docker: Installation) -> None:
    docker.script(Rule(reply="The dentist is on Monday."))
    await docker.start()
    await docker.add_group("family", requires_trigger=False)
    await docker.answer("when is the dentist?", group="family")
    found = docker.run("messages", "search", "dentist mond*", "--group", "family")
    assert "The dentist is on Monday." in found.stdout
    assert "No messages." in docker.run("messages", "search", "dentist", "--group", "main").stdout
