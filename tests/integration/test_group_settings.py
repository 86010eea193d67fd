"""What a group is set up with, seen on its real container and in what its real ``claude`` asks the model for."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from nanoclaw.stub_model.script import Answer, Rule, ToolCall
from tests.integration.installation import Installation
from tests.integration.test_what_an_owner_can_do import said

CLUB = {"channel": "local", "chat": "club", "name": "Club", "folder": "club", "trigger": "@Iris"}


def bash(command: str) -> ToolCall:
    return ToolCall(name="Bash", input={"command": command, "description": "look"})


def echo_of(when: str, command: str) -> Rule:
    """A rule that runs a command and says what it printed."""
    return Rule(when=when, tool=bash(command), then=(Answer(reply="{tool_result}"),))


def body(installation: Installation) -> dict[str, Any]:
    """The newest request that is not one of the program's own account."""
    request = next(one for one in reversed(installation.model.requests) if not one.is_side_request)
    assert request.body is not None
    return dict(request.body)


def change(installation: Installation, folder: str, *settings: str) -> None:
    done = installation.run("groups", "set", folder, *settings)
    assert done.returncode == 0, done.stderr


def container(installation: Installation, group: str) -> dict[str, Any]:
    (name,) = [name for name in installation.containers() if f"-{group}-" in name]
    shown = subprocess.run(["docker", "inspect", name], capture_output=True, text=True, check=True, timeout=20)
    return dict(json.loads(shown.stdout)[0]["HostConfig"])


def allow_mounts(installation: Installation, *roots: dict[str, Any], **more: Any) -> None:
    place = Path(installation.environment["HOME"], ".config", "nanoclaw")
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    (place / "mount-allowlist.json").write_text(json.dumps({"allowedRoots": list(roots), **more}))
    (place / "mount-allowlist.json").chmod(0o600)


async def test_limits_are_those_of_the_group_on_its_container_and_change_with_the_next_start(
    docker: Installation,
) -> None:
    docker.script(Rule(reply="Hi."))
    await docker.start()
    await docker.add_group("family", requires_trigger=False)
    change(docker, "family", "memory_mib=700", "cpus=1.5", "processes=200", "effort=low", "model=claude-opus-4-5")
    await docker.answer("hello", group="family")
    limits = container(docker, "family")
    assert (limits["Memory"], limits["NanoCpus"], limits["PidsLimit"]) == (700 << 20, 1_500_000_000, 200)
    assert (body(docker)["model"], body(docker)["output_config"]["effort"]) == ("claude-opus-4-5", "low")
    change(docker, "family", "memory_mib=", "model=claude-opus-4-6", "effort=high")
    await docker.until("not status['agents']")
    await docker.answer("again", group="family")
    assert container(docker, "family")["Memory"] == 2048 << 20
    assert (body(docker)["model"], body(docker)["output_config"]["effort"]) == ("claude-opus-4-6", "high")
    assert "hello" in str(body(docker)["messages"])


async def test_an_overloaded_model_gives_way_to_the_fallback_of_the_group(docker: Installation) -> None:
    docker.script(Rule(when="hello", error=529, times=3), Rule(reply="From the other."))
    await docker.start()
    await docker.add_group("family", requires_trigger=False)
    change(docker, "family", "model=claude-opus-4-5", "fallback_model=claude-haiku-4-5")
    await docker.answer("hello", group="family")
    assert body(docker)["model"] == "claude-haiku-4-5"


async def test_the_catch_up_is_as_long_as_the_group_says_and_holds_the_trigger(docker: Installation) -> None:
    docker.script(Rule(reply="Hi."))
    await docker.start()
    await docker.add_group("family")
    change(docker, "family", "catch_up_messages=3", "trigger=@Iris")
    for number in range(6):
        assert (await docker.send(f"line {number} @Iris", group="family"))["outcome"] == "not_triggered"
    await docker.answer("@Iris so?", group="family")
    prompt = docker.model.requests[-1].user_text
    assert [number for number in range(6) if f"line {number}" in prompt] == [4, 5]
    assert "@Iris so?" in prompt


async def test_an_agent_is_idle_and_silent_only_as_long_as_its_group_says(docker: Installation) -> None:
    docker.config = "[agents]\nretry_seconds = []\n"
    docker.script(Rule(when="slow", delay_ms=30_000), Rule(reply="Hi."))
    await docker.start()
    await docker.add_group("family", requires_trigger=False)
    change(docker, "family", "idle_minutes=0.02")
    await docker.answer("hello", group="family")
    await docker.until("not status['agents']", seconds=10)
    change(docker, "family", "idle_minutes=", "turn_minutes=0.05")
    result = await docker.send("slow", group="family")
    assert result["outcome"] == "failed"
    assert "no sign of life" in result["replies"][0]["text"]


async def test_an_allowed_folder_is_shown_read_only_and_a_link_in_its_place_is_refused(
    docker: Installation, tmp_path: Path
) -> None:
    notes, secret = tmp_path / "open" / "notes", tmp_path / "closed"
    for folder in (notes, secret):
        folder.mkdir(parents=True)
        (folder / "page.txt").write_text(f"text of {folder.name}")
    docker.script(
        echo_of("look", "cat /workspace/extra/notes/page.txt; echo x >/workspace/extra/notes/new; ls -A /workspace")
    )
    await docker.start()
    await docker.add_group("family", requires_trigger=False)
    change(docker, "family", f"mounts={notes}:rw")
    refused = await docker.send("look", group="family")
    assert "not below an allowed root" in refused["replies"][0]["text"]
    allow_mounts(docker, {"path": str(notes.parent), "allowReadWrite": True})
    shown = await docker.answer("look", group="family")
    assert "text of notes" in shown
    assert "Read-only" in shown
    assert not (notes / "new").exists()
    assert "look" in str(body(docker)["messages"])
    change(docker, "family", "idle_minutes=0.02")
    await docker.until("not status['agents']", seconds=15)
    notes.rename(tmp_path / "open" / "old")
    notes.symlink_to(secret)
    before = len(docker.model.requests)
    again = await docker.send("look", group="family")
    assert again["outcome"] == "failed"
    assert "not below an allowed root" in again["replies"][0]["text"]
    assert len(docker.model.requests) == before


async def test_a_groups_own_folder_that_became_a_link_is_not_shown(docker: Installation, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    docker.script(Rule(reply="Hi."))
    await docker.start()
    await docker.add_group("family", requires_trigger=False)
    (docker.home / "groups" / "family").rmdir()
    (docker.home / "groups" / "family").symlink_to(tmp_path / "elsewhere")
    result = await docker.send("hello", group="family")
    assert result["outcome"] == "failed"
    assert "is a link" in result["replies"][0]["text"]
    assert not docker.model.requests


async def test_a_group_sees_its_own_folder_and_what_all_read_and_only_main_writes_there(
    installation: Installation,
) -> None:
    look = (
        "ls -A /workspace /workspace/group; cat /workspace/global/all.txt;"
        " echo x >/workspace/global/$(pwd | md5sum | cut -c1-6)"
    )
    installation.script(echo_of("look", look), Rule(reply="Hi."))
    await installation.start()
    await installation.add_group("family", requires_trigger=False)
    groups = installation.home / "groups"
    (groups / "global" / "all.txt").write_text("for all")
    (groups / "family" / "mine.txt").write_text("x")
    (groups / "main").mkdir(exist_ok=True)
    (groups / "main" / "theirs.txt").write_text("x")
    os.chmod(groups / "global" / "all.txt", 0o644)  # noqa: PTH101 - plain
    seen = await installation.answer("look", group="family")
    assert "mine.txt" in seen
    assert "for all" in seen
    assert "theirs.txt" not in seen
    assert "Read-only" in seen
    assert len(list((groups / "global").glob("??????"))) == 0
    await installation.answer("look")
    assert len(list((groups / "global").glob("??????"))) == 1


async def test_a_group_that_fills_its_disk_is_stopped_told_and_loses_nothing(installation: Installation) -> None:
    fill = (
        "echo precious >kept.txt; for i in $(seq 200); do head -c 2M /dev/zero >f$i;"
        " python3 -c 'import time; time.sleep(0.1)'; done"
    )
    installation.script(Rule(when="fill", tool=bash(fill)), Rule(reply="Hi."))
    await installation.start()
    await installation.add_group("family", requires_trigger=False)
    change(installation, "family", "disk_mib=40")
    result = await installation.send("fill it", group="family")
    assert result["outcome"] == "failed"
    told = result["replies"][0]["text"]
    assert "The group's folder is full" in told
    assert "groups set family disk_mib=" in await said(installation, "folder is full")
    folder = installation.home / "groups" / "family"
    assert (folder / "kept.txt").read_text() == "precious\n"
    assert sum(file.stat().st_size for file in folder.iterdir()) < 300 << 20
    assert (await installation.send("hello", group="family"))["outcome"] == "failed"
    change(installation, "family", "disk_mib=1000")
    assert await installation.answer("hello", group="family") == "Hi."


async def test_a_group_that_makes_too_many_files_is_stopped(installation: Installation) -> None:
    many = (
        "for i in $(seq 100); do mkdir d$i; (cd d$i; touch $(seq 100)); python3 -c 'import time; time.sleep(0.1)'; done"
    )
    installation.sandbox = "disk_entries = 1000"
    installation.script(Rule(when="fill", tool=bash(many)), Rule(reply="Hi."))
    await installation.start()
    result = await installation.send("fill it")
    assert result["outcome"] == "failed"
    assert "more than 1,000 files" in result["replies"][0]["text"]
    assert await said(installation, "more than 1,000 files")


async def test_main_registers_a_chat_by_its_tool_and_others_cannot(docker: Installation) -> None:
    docker.script(
        Rule(
            when="register",
            tool=ToolCall(name="mcp__nanoclaw__register_group", input=CLUB),
            then=(Answer(reply="{tool_result}"),),
        ),
        Rule(reply="Hi."),
    )
    await docker.start()
    await docker.add_group("family", requires_trigger=False)
    assert "Only the main group" in await docker.answer("register it", group="family")
    assert [group["folder"] for group in (await docker.get("/v1/groups"))["groups"]] == ["main", "family"]
    assert "Registered" in await docker.answer("register it")
    assert await docker.answer("@iris hello", group="club") == "Hi."
    assert "@Iris" in docker.run("groups", "list").stdout


async def test_network_and_budget_of_a_group_change_at_once_and_for_it_alone(docker: Installation) -> None:
    docker.script(echo_of("fetch", "curl -sS -m 5 https://example.invalid 2>&1; true"), Rule(reply="Hi."))
    await docker.start()
    await docker.add_group("family", requires_trigger=False)
    assert "403" in await docker.answer("fetch it", group="family")
    change(docker, "family", "allow=example.invalid")
    allowed = await docker.answer("fetch it", group="family")
    assert "403" not in allowed
    assert "50" in allowed  # it may, and there is no such host
    change(docker, "family", "network=none")
    assert "403" in await docker.answer("fetch it", group="family")
    change(docker, "family", "budget_day_usd=0")
    before = len(docker.model.requests)
    stopped = await docker.send("hello", group="family")
    assert stopped["outcome"] == "failed"
    assert "budget" in stopped["replies"][0]["text"]
    assert len(docker.model.requests) == before
    assert await docker.answer("hello") == "Hi."
