"""``nanoclaw containers`` on whole installations: real daemon, real sandboxes, real ``claude``."""

import asyncio
import json
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nanoclaw.store.survey import read_installation
from nanoclaw.stub_model.script import Rule, ToolCall
from tests.integration.installation import BASE_IMAGE, Installation

SLEEP = ToolCall(name="Bash", input={"command": "python3 -c 'import time; time.sleep(60)'", "description": "wait"})


async def ran(installation: Installation, *arguments: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(installation.run, "containers", *arguments)


async def listed(installation: Installation) -> Any:
    done = await ran(installation, "list", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def beside(installation: Installation, home: Path) -> Installation:
    """Another home on the same machine, with the same model."""
    return Installation(home, installation.model, installation.model_url, installation.environment, installation.kind)


async def test_a_living_agent_is_listed_counted_entered_and_told_of(installation: Installation) -> None:
    installation.script(Rule(reply="Hello."))
    await installation.start()
    await installation.answer("hello")
    found = await listed(installation)
    (one,) = found["containers"]
    assert (one["group"], one["kind"], one["state"]) == ("main", installation.kind, "running")
    assert found["looked_after"] is True
    stats = json.loads((await ran(installation, "stats", "--json")).stdout)
    assert stats["containers"][0]["memory_bytes"] > 50 << 20
    done = await ran(installation, "exec", "main", "--", "sh", "-c", "id -u; pwd; touch made-here; exit 5")
    assert done.stdout.split() == [str(_agent_uid(installation)), "/workspace/group"], done.stderr
    assert done.returncode == 5
    assert (installation.home / "groups" / "main" / "made-here").exists()
    entered = [json.loads(line) for line in installation.log_text().splitlines() if "sandbox entered" in line]
    assert [(line["sandbox"], line["program"]) for line in entered] == [(one["name"], "sh")]
    assert "made-here" not in installation.log_text(), "arguments may be private"
    told = (await ran(installation, "logs", "main")).stdout
    assert "sandbox prepared" in told
    assert f"sandbox entered group=main kind={installation.kind} program=sh" in told
    everybody = (await ran(installation, "logs")).stdout
    assert one["name"] in everybody
    assert "Hello." not in told


def _agent_uid(installation: Installation) -> int:
    return (installation.home / "groups" / "main").stat().st_uid


async def test_stopping_a_working_agent_s_container_is_told_and_not_tried_again(installation: Installation) -> None:
    installation.script(Rule(when="work", tool=SLEEP, times=1), Rule(reply="Here again."))
    await installation.start()
    async with asyncio.TaskGroup() as tasks:
        working = tasks.create_task(installation.send("work hard"))
        await installation.until("len(requests) >= 1 and status['agents'][0]['state'] == 'working'")
        await asyncio.sleep(2)
        done = await ran(installation, "stop", "main", "--json")
        assert done.returncode == 0, done.stderr
        assert [one["told"] for one in json.loads(done.stdout)["stopped"]] == [True]
        assert (await working)["outcome"] == "stopped"
    assert (await listed(installation))["containers"] == []
    assert await installation.answer("still there?") == "Here again."
    assert len((await listed(installation))["containers"]) == 1


async def test_a_running_daemon_s_agent_is_neither_pruned_nor_removed(installation: Installation) -> None:
    installation.script(Rule(reply="Hello."))
    await installation.start()
    await installation.answer("hello")
    (name,) = (one["name"] for one in (await listed(installation))["containers"])
    pruned = json.loads((await ran(installation, "prune", "--json")).stdout)
    assert (pruned["removed"], pruned["looked_after"]) == ([], True)
    refused = await ran(installation, "rm", name)
    assert refused.returncode == 1
    assert "is running" in refused.stderr
    assert [one["name"] for one in (await listed(installation))["containers"]] == [name]


async def test_what_nobody_looks_after_is_pruned_and_what_ended_even_beside_a_daemon(docker: Installation) -> None:
    await docker.start()
    identity = await asyncio.to_thread(read_installation, docker.home / "store" / "messages.db")
    with labelled(identity, "true") as ended, labelled(identity, "sleep", "300") as orphan:
        states = {one["name"]: one["state"] for one in (await listed(docker))["containers"]}
        assert states == {ended: "ended", orphan: "running"}
        pruned = json.loads((await ran(docker, "prune", "--json")).stdout)
        assert [one["name"] for one in pruned["removed"]] == [ended]
        await docker.kill()
        assert "No assistant looks after them" in (await ran(docker, "list")).stderr
        tried = json.loads((await ran(docker, "prune", "--dry-run", "--json")).stdout)
        assert [one["name"] for one in tried["removed"]] == [orphan]
        assert [one["name"] for one in (await listed(docker))["containers"]] == [orphan]
        done = json.loads((await ran(docker, "prune", "--json")).stdout)
        assert ([one["name"] for one in done["removed"]], done["looked_after"]) == ([orphan], False)
        assert "Nothing to remove." in (await ran(docker, "prune")).stdout


async def test_an_ended_container_is_removed_by_name(docker: Installation) -> None:
    await docker.start()
    identity = await asyncio.to_thread(read_installation, docker.home / "store" / "messages.db")
    with labelled(identity, "true") as ended:
        inside = await ran(docker, "exec", ended, "--", "true")
        assert (inside.returncode, "is ended" in inside.stderr) == (1, True)
        assert json.loads((await ran(docker, "rm", ended, "--json")).stdout)["removed"][0]["name"] == ended
        assert (await listed(docker))["containers"] == []


@contextmanager
def labelled(identity: str, *program: str) -> Iterator[str]:
    """A container that bears an installation's label, as an engine's crash may leave it behind."""
    name = f"nanoclaw-test-{uuid.uuid4().hex[:8]}"
    labels = ("--label", f"nanoclaw.installation={identity}", "--label", "nanoclaw.group=main")
    command = ("docker", "run", "--detach", "--network", "none", "--name", name, *labels, BASE_IMAGE, *program)
    subprocess.run(command, check=True, capture_output=True, timeout=40)
    try:
        yield name
    finally:
        subprocess.run(["docker", "rm", "--force", name], check=False, capture_output=True, timeout=40)


async def test_another_installation_s_containers_are_neither_seen_nor_touched(
    installation: Installation, tmp_path: Path
) -> None:
    installation.script(Rule(reply="Hello."))
    other = beside(installation, tmp_path / "other")
    await installation.start()
    await other.start()
    try:
        await installation.answer("hello")
        (theirs,) = (one["name"] for one in (await listed(installation))["containers"])
        assert (await listed(other))["containers"] == []
        for verb in (("stop", theirs), ("rm", theirs), ("exec", theirs, "--", "true"), ("stop", "main")):
            done = await ran(other, *verb)
            assert done.returncode == 1, verb
            assert "no container" in done.stderr
        assert json.loads((await ran(other, "prune", "--json")).stdout)["removed"] == []
        assert [one["name"] for one in (await listed(installation))["containers"]] == [theirs]
    finally:
        await other.stop()
