"""What an agent may reach and spend, end to end: asked in the owner's chat, held before a call leaves."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from nanoclaw.stub_model.script import Answer, Rule, Script, TokenCounts, ToolCall
from tests.integration.installation import Installation
from tests.integration.internet import ALLOWED, Internet, internet
from tests.integration.test_what_an_owner_can_do import said

TRY = ToolCall(
    name="Bash",
    input={"command": f"curl -sS -m 5 --cacert ca.pem https://{ALLOWED}/ 2>&1; true", "description": "look"},
)
PRICES = "[prices.claude]\ninput = 1\noutput = 1\n"
"""A dollar for a million tokens, whatever the model."""


def costing(usd: float, reply: str = "Done.") -> Rule:
    return Rule(reply=reply, usage=TokenCounts(output_tokens=round(usd * 1_000_000)))


async def told(installation: Installation, words: str, count: int) -> None:
    """Wait until so many of the assistant's texts to the owner have these words."""
    async with asyncio.timeout(20):
        while True:
            if sum(words in text for text in await installation.outgoing()) >= count:
                return
            await asyncio.sleep(0.1)


@pytest.fixture
async def family(installation: Installation, tmp_path: Path) -> AsyncIterator[tuple[Installation, Internet]]:
    """A running installation with a group whose agent looks at a host that nobody allowed."""
    folder = tmp_path / "internet"
    folder.mkdir()
    async with internet(folder) as world:
        installation.environment["HTTPS_PROXY"] = world.proxy
        for group in ("family", "main"):
            own = installation.home / "groups" / group
            own.mkdir(parents=True)
            (own / "ca.pem").write_bytes(world.authority)
        installation.script(Rule(tool=TRY, then=(Answer(reply="{tool_result}"),)))
        await installation.start()
        await installation.add_group("family", requires_trigger=False)
        yield installation, world


async def test_the_owner_says_once_and_the_host_is_open_for_that_group_until_a_restart(
    family: tuple[Installation, Internet],
) -> None:
    installation, _ = family
    assert "403" in await installation.answer("look", group="family")
    question = await said(installation, f"The agent of the group Family (family) wants to reach {ALLOWED}:443")
    assert [line for line in question.splitlines() if line[:1].isdigit()] == ["1. once", "2. always", "3. no"]
    await installation.send("once", wait=0)
    await said(installation, f"family may reach {ALLOWED}:443 for ten minutes")
    assert "The ferry leaves" in await installation.answer("look again", group="family")
    assert "403" in await installation.answer("look yourself"), "nobody was asked about another group"
    await installation.stop()
    await installation.start()
    assert "403" in await installation.answer("and now?", group="family")
    await told(installation, f"group Family (family) wants to reach {ALLOWED}:443", 2)


async def test_the_owner_says_always_and_it_is_an_option_of_the_group_after_a_restart_too(
    family: tuple[Installation, Internet],
) -> None:
    installation, _ = family
    assert "403" in await installation.answer("look", group="family")
    await said(installation, "wants to reach")
    await installation.send("2", wait=0)
    await said(installation, f"family may reach {ALLOWED}:443 from now on")
    assert "The ferry leaves" in await installation.answer("look again", group="family")
    assert ALLOWED in installation.run("groups", "show", "family").stdout
    await installation.kill()
    await installation.start()
    assert "The ferry leaves" in await installation.answer("and now?", group="family")
    allowed = json.loads(installation.run("gateway", "log", "--group", "family", "--json").stdout)["lines"]
    verdicts = [line["verdict"] for line in allowed if line.get("target") == f"{ALLOWED}:443"]
    assert verdicts == ["denied", "allowed", "allowed"]


async def test_the_owner_says_no_and_is_not_asked_again(family: tuple[Installation, Internet]) -> None:
    installation, world = family
    assert "403" in await installation.answer("look", group="family")
    await said(installation, "wants to reach")
    await installation.send("no", wait=0)
    await said(installation, f"family may not reach {ALLOWED}:443")
    assert "403" in await installation.answer("look again", group="family")
    assert "403" in await installation.answer("and again", group="family")
    assert len([text for text in await installation.outgoing() if "wants to reach" in text]) == 1
    assert world.asked == []


async def test_a_groups_budget_warns_stops_holds_after_a_kill_and_is_raised_as_it_says(docker: Installation) -> None:
    docker.config = PRICES
    docker.script(costing(0.4))
    await docker.start()
    await docker.add_group("family", requires_trigger=False)
    assert docker.run("groups", "set", "family", "budget_day_usd=1").returncode == 0
    await docker.answer("one", group="family")
    await docker.answer("two", group="family")
    warning = await said(docker, "The budget of the group family for this day is used up to 80 %")
    assert "groups set family budget_day_usd=" in warning
    await docker.answer("three", group="family")
    assert "No call to the model leaves" in await said(docker, "used up to 100 %")

    calls = len(docker.model.requests)
    for start_again in (False, True):
        if start_again:
            await docker.kill()
            await docker.start()
        result = await docker.send("four", group="family")
        assert result["outcome"] == "failed"
        assert "The budget of the group family for this day is used up: 1.2" in result["replies"][0]["text"]
    assert len(docker.model.requests) == calls
    await docker.answer("main goes on")
    to_owner = await said(docker, "The group Family got no answer")
    assert "nanoclaw groups set family budget_day_usd=" in to_owner

    assert docker.run("groups", "set", "family", "budget_day_usd=5").returncode == 0
    assert await docker.answer("five", group="family") == "Done."
    assert len([text for text in await docker.outgoing() if "used up to" in text]) == 2


async def test_the_budget_of_all_counts_every_group_and_holds_after_a_restart(docker: Installation) -> None:
    docker.config = f"[budget]\nmonth_usd = 1\n{PRICES}"
    docker.script(costing(0.6))
    await docker.start()
    await docker.add_group("family", requires_trigger=False)
    await docker.answer("one")
    await docker.answer("two", group="family")
    await said(docker, "The budget of all groups together for this month is used up to 100 %")
    await docker.stop()
    await docker.start()
    calls = len(docker.model.requests)
    for group in ("main", "family"):
        result = await docker.send("three", group=group)
        assert result["outcome"] == "failed"
        assert "budget of all groups for this month is used up: 1.2" in result["replies"][0]["text"]
    assert len(docker.model.requests) == calls
    docker.config = f"[budget]\nmonth_usd = 9\n{PRICES}"
    await docker.stop()
    await docker.start()
    assert await docker.answer("four") == "Done."


async def test_usage_is_added_up_by_day_group_task_and_model_and_each_turn_knows_its_own(docker: Installation) -> None:
    docker.config = PRICES
    docker.script(costing(0.25))
    await docker.start()
    await docker.add_group("family", requires_trigger=False)
    await docker.answer("one")
    await docker.answer("two", group="family")
    task = {"group": "main", "prompt": "Water", "schedule_type": "interval", "schedule_value": "3600000"}
    status, made = await docker.request("POST", "/v1/tasks", task)
    assert status == 201
    docker.run("tasks", "run", str(made["id"]))
    async with asyncio.timeout(30):
        while True:
            if [run["state"] for run in (await docker.get(f"/v1/tasks/{made['id']}/runs"))["runs"]] == ["succeeded"]:
                break
            await asyncio.sleep(0.1)

    def usage(by: str, *more: str) -> dict[str, Any]:
        ran = docker.run("usage", "--by", by, "--json", *more)
        assert ran.returncode == 0, ran.stderr
        return dict(json.loads(ran.stdout))

    groups = {line["key"]: line["cost_usd"] for line in usage("group")["lines"]}
    assert groups["main"] == pytest.approx(0.5, abs=0.2)
    assert groups["family"] == pytest.approx(0.25, abs=0.1)
    running = {by: usage(by) for by in ("day", "group", "task", "model", "turn")}
    assert [line["key"] for line in running["task"]["lines"]] == [str(made["id"])]
    assert running["task"]["total"]["output_tokens"] == 250_000
    turns = running["turn"]["lines"]
    model = running["model"]["lines"][0]["key"]
    assert [line["about"] for line in turns] == [f"main, {model}", f"family, {model}", f"main, {model}"]
    assert [line["output_tokens"] for line in turns] == [250_000] * 3
    totals = {by: running[by]["total"]["output_tokens"] for by in ("day", "group", "model", "turn")}
    assert totals == dict.fromkeys(totals, 750_000)
    assert usage("day", "--since", "2099-01-01T00:00:00Z")["lines"] == []
    assert usage("day", "--since", "1h") == running["day"]
    await docker.stop()
    assert {by: usage(by) for by in running} == running


async def test_the_same_call_ten_times_in_a_row_ends_the_turn_and_the_owner_is_told(
    installation: Installation,
) -> None:
    same = ToolCall(name="Bash", input={"command": "echo again", "description": "x"})
    installation.script(Rule(when="circle", tool=same, times=1, then=(Answer(tool=same),) * 40), Rule(reply="Fine."))
    await installation.start()
    await installation.add_group("family", requires_trigger=False)
    result = await installation.send("go in a circle", group="family")
    assert result["outcome"] == "failed"
    assert "used Bash again and again with the same input" in result["replies"][0]["text"]
    assert await said(installation, "The group Family got no answer: The agent went in a circle")
    # The tenth call is the eleventh request at the latest: the one that was on its way when the turn was stopped.
    assert 10 <= len([one for one in installation.model.requests if not one.is_side_request]) <= 11
    assert await installation.answer("and straight on?", group="family") == "Fine."


async def test_calls_that_differ_are_no_circle(docker: Installation) -> None:
    calls = [ToolCall(name="Bash", input={"command": f"echo {number}", "description": "x"}) for number in range(14)]
    then = (*(Answer(tool=call) for call in calls[1:]), Answer(reply="All done."))
    docker.script(Rule(tool=calls[0], then=then))
    await docker.start()
    assert await docker.answer("count") == "All done."


async def test_doing_nothing_costs_nothing(docker: Installation) -> None:
    docker.config = "[agents]\nidle_minutes = 30\n"
    docker.model.replace_script(Script(rules=(Rule(reply="Hi."),)))
    await docker.start()
    await asyncio.sleep(2)
    assert not docker.model.requests, "a start asks nothing"
    task = {"group": "main", "prompt": "Water", "schedule_type": "interval", "schedule_value": "1000"}
    status, made = await docker.request("POST", "/v1/tasks", task)
    assert status == 201
    assert docker.run("tasks", "pause", str(made["id"])).returncode == 0
    await docker.answer("hello")
    await docker.until("[agent['state'] for agent in status['agents']] == ['idle']")
    calls = len(docker.model.requests)
    await asyncio.sleep(15)
    assert (await docker.get("/v1/status"))["agents"][0]["state"] == "idle"
    assert len(docker.model.requests) == calls, "a warm agent and a paused task ask nothing"
