"""Scheduled tasks on a whole installation."""

import asyncio
import json
from pathlib import Path
from typing import Any

from nanoclaw.store.connection import open_connection
from nanoclaw.stub_model.script import Rule, ToolCall
from tests.integration.installation import Installation
from tests.integration.test_what_an_owner_can_do import SLEEP, said, tool


async def runs(installation: Installation, task: int, *states: str, seconds: float = 40) -> list[dict[str, Any]]:
    """Wait until a task's runs, oldest first, are in these states."""
    async with asyncio.timeout(seconds):
        while True:
            found = (await installation.get(f"/v1/tasks/{task}/runs"))["runs"][::-1]
            if [run["state"] for run in found] == list(states):
                return list(found)
            await asyncio.sleep(0.1)


async def add(installation: Installation, **task: Any) -> int:
    request = {"group": "main", "prompt": "Water the plants", "schedule_type": "interval", "schedule_value": "1500"}
    status, made = await installation.request("POST", "/v1/tasks", {**request, **task})
    assert status == 201, made
    return int(made["id"])


async def test_a_task_runs_at_its_time_and_what_it_says_is_delivered(installation: Installation) -> None:
    installation.script(Rule(when="Water", reply="Watered."), Rule(reply="?"))
    await installation.start()
    task = await add(installation, schedule_type="interval", schedule_value="60000")
    assert installation.run("tasks", "run", str(task)).returncode == 0
    (run,) = await runs(installation, task, "succeeded")
    assert (run["result"], run["delivered"], run["by_hand"]) == ("Watered.", True, True)
    assert await installation.outgoing() == ["Watered."]
    body = installation.model.requests[-1].body
    assert body is not None
    prompt = str(body["messages"])
    assert "<scheduled-task" in prompt
    assert "<messages>" not in prompt


async def test_an_isolated_task_neither_holds_up_the_chat_nor_is_held_up(installation: Installation) -> None:
    installation.script(
        Rule(when="Water", tool=ToolCall(name="Bash", input={"command": "sleep 6", "description": "x"})),
        Rule(when="hello", reply="Hi."),
        Rule(after_tool=".*", reply="Watered."),
    )
    await installation.start()
    task = await add(installation, context_mode="isolated", schedule_value="60000")
    installation.run("tasks", "run", str(task))
    await installation.until("any(agent['state'] == 'working' for agent in status['agents'])")
    assert await installation.answer("hello", wait=30) == "Hi."
    assert [run["state"] for run in (await installation.get(f"/v1/tasks/{task}/runs"))["runs"]] == ["started"]
    await runs(installation, task, "succeeded")
    body = installation.model.requests[-1].body
    assert body is not None
    assert "hello" not in str(body["messages"])


async def test_a_chat_at_work_does_not_hold_up_an_isolated_task(docker: Installation) -> None:
    busy = ToolCall(name="Bash", input={"command": "sleep 12", "description": "x"})
    docker.script(
        Rule(when="hello", tool=busy), Rule(when="Water", reply="Watered."), Rule(after_tool=".*", reply="Hi.")
    )
    await docker.start()
    task = await add(docker, context_mode="isolated", schedule_value="3600000")
    async with asyncio.TaskGroup() as tasks:
        working = tasks.create_task(docker.answer("hello"))
        await docker.until("any(agent['state'] == 'working' for agent in status['agents'])")
        docker.run("tasks", "run", str(task))
        await runs(docker, task, "succeeded", seconds=11)
        assert not working.done()
    assert working.result() == "Hi."


async def test_times_that_passed_while_the_daemon_was_down_go_by_the_policy_and_are_told_once(
    docker: Installation,
) -> None:
    docker.script(Rule(when="Water", reply="Watered."))
    await docker.start()
    policies = {"once": "once", "skip": "skip", "wide": "window:2h", "narrow": "window:5m"}
    made = {name: await add(docker, missed=missed, schedule_value="3600000") for name, missed in policies.items()}
    await docker.stop()
    connection = open_connection(docker.home / "store" / "tasks.db")
    earlier = 2 * 3_600_000 + 1_800_000
    connection.execute("UPDATE tasks SET created_at = created_at - :e, next_at = next_at - :e", {"e": earlier})
    connection.close()
    await docker.start()
    expected = {
        "once": ["missed", "succeeded"],
        "skip": ["missed"],
        "wide": ["missed", "succeeded"],
        "narrow": ["missed"],
    }
    for name, states in expected.items():
        *_, last = await runs(docker, made[name], *states)
        assert (last["late_seconds"] > 1_700) == (states[-1] == "succeeded")
    late = [request.newest_text for request in docker.model.requests if "<scheduled-task" in request.newest_text]
    assert len(late) == 2
    assert all('late="' in text for text in late)
    assert await docker.outgoing() != []
    await docker.kill()
    await docker.start()
    await asyncio.sleep(2)
    told = [text for text in await docker.outgoing() if "missed" in text]
    assert sorted(told) == [
        f"Task {task} of the group main was missed: {count} missed. See `nanoclaw tasks runs {task}`."
        for task, count in enumerate(("1 run was", "2 runs were", "1 run was", "2 runs were"), 1)
    ]


async def test_check_finds_a_folder_that_a_group_may_see_and_that_is_gone(docker: Installation) -> None:
    folder = docker.home.parent / "photos"
    folder.mkdir()
    allowlist = Path(docker.environment["HOME"]) / ".config" / "nanoclaw" / "mount-allowlist.json"
    allowlist.parent.mkdir(parents=True)
    allowlist.write_text(json.dumps({"allowedRoots": [{"path": str(folder.parent), "allowReadWrite": False}]}))
    await docker.start()
    await docker.add_group("family")
    given = docker.run("groups", "set", "family", f"mounts={folder}")
    assert given.returncode == 0, given.stderr
    await add(docker, group="family", schedule_value="3600000")
    await add(docker, schedule_value="3600000")
    assert docker.run("tasks", "check").stdout == "2 checked, 0 cannot be run.\n"
    folder.rmdir()
    for down in (False, True):
        if down:
            await docker.stop()
        checked = docker.run("tasks", "check")
        assert checked.returncode == 4
        assert checked.stdout.startswith("task 1 (family): ")
        assert str(folder) in checked.stdout
        assert checked.stdout.endswith("2 checked, 1 cannot be run.\n")


async def test_a_script_decides_in_the_sandbox_and_its_data_reaches_the_agent(installation: Installation) -> None:
    installation.script(Rule(when="Water", reply="Watered."))
    await installation.start()
    no = await add(installation, script="""echo '{"wakeAgent": false}'""", schedule_value="60000")
    yes = await add(installation, script="""pwd; echo '{"wakeAgent": true, "data": "3 dry"}'""", schedule_value="60000")
    bad = await add(installation, script="exit 3", schedule_value="60000")
    for task in (no, yes, bad):
        installation.run("tasks", "run", str(task))
    await runs(installation, no, "skipped")
    await runs(installation, yes, "succeeded")
    await runs(installation, bad, "failed")
    assert len(installation.model.requests) == 1
    assert "<script-data>3 dry</script-data>" in str(installation.model.requests[0].body)
    assert "status 3" in await said(installation, f"Task {bad}")


async def test_a_run_that_a_kill_broke_off_has_failed_and_is_not_repeated(docker: Installation) -> None:
    docker.script(Rule(when="Water", tool=SLEEP))
    await docker.start()
    task = await add(docker, schedule_value="3600000")
    docker.run("tasks", "run", str(task))
    await docker.until("len(requests) >= 1")
    await docker.kill()
    await docker.start()
    (run,) = await runs(docker, task, "failed")
    assert "interrupted" in run["error"]
    await said(docker, f"Task {task} of the group main failed")
    before = len(docker.model.requests)
    await asyncio.sleep(2)
    assert len(docker.model.requests) == before


async def test_a_run_that_failed_is_told_to_the_owner_once_and_not_to_its_chat(docker: Installation) -> None:
    docker.script(Rule(when="Water", error=401, reply="invalid x-api-key"), Rule(reply="?"))
    await docker.start()
    await docker.add_group("family")
    task = await add(docker, group="family", schedule_value="3600000")
    docker.run("tasks", "run", str(task))
    (run,) = await runs(docker, task, "failed")
    assert run["delivered"] is None
    assert run["error"] in await said(docker, f"Task {task} of the group family failed")
    await docker.kill()
    await docker.start()
    await asyncio.sleep(2)
    assert len([text for text in await docker.outgoing() if "failed" in text]) == 1
    assert await docker.outgoing("family") == []


async def test_the_agent_makes_and_lists_tasks_and_main_makes_them_for_others(docker: Installation) -> None:
    new = tool(
        "schedule_task",
        prompt="Say good morning",
        schedule_type="cron",
        schedule_value="30 8 * * *",
        context_mode="group",
        target_group="family",
    )
    docker.script(Rule(when="morning", tool=new, times=1), Rule(after_tool=".*", reply="{tool_result}"))
    await docker.start()
    await docker.add_group("family")
    assert "Next:" in await docker.answer("greet the family every morning")
    listed = docker.run("tasks", "list").stdout
    assert "family" in listed
    assert "cron 30 8 * * *" in listed
    assert docker.run("tasks", "check").stdout.strip() == "1 checked, 0 cannot be run."


async def test_tasks_are_made_and_changed_from_the_command_line_with_or_without_a_daemon(
    docker: Installation,
) -> None:
    await docker.start()
    made = docker.run("tasks", "add", "--group", "main", "--cron", "30 8 * * 1-5", "--prompt", "Mail")
    assert made.returncode == 0, made.stderr
    assert made.stdout.count("08:30:00") == 5
    wrong = docker.run("tasks", "add", "--group", "main", "--cron", "whenever", "--prompt", "Mail")
    assert wrong.returncode == 1
    assert "five fields" in wrong.stderr
    await docker.stop()
    assert docker.run("tasks", "pause", "1").returncode == 0
    assert "paused" in docker.run("tasks", "show", "1").stdout
    assert docker.run("tasks", "resume", "1").returncode == 0
    assert docker.run("tasks", "update", "1", "--once", "2001-01-01T00:00").returncode == 1
    assert docker.run("tasks", "cancel", "1").returncode == 0
    assert docker.run("tasks", "pause", "1").returncode == 1
    assert docker.run("tasks", "show", "99").returncode == 1
