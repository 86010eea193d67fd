"""Figures and profiles of a real daemon with a real agent."""

import asyncio
import json
import shutil
import signal
import subprocess

from nanoclaw.stub_model.script import Rule
from tests.integration.installation import Installation


async def test_a_daemon_tells_its_figures_and_they_outlive_it(installation: Installation) -> None:
    installation.script(Rule(reply="Hello."))
    await installation.start()
    await installation.answer("the quick brown fox")
    text = (await asyncio.to_thread(installation.run, "figures", "--prometheus")).stdout
    assert "nanoclaw_sandbox_start_seconds_count 1" in text
    assert 'nanoclaw_turns_total{outcome="answered"} 1.0' in text
    assert "nanoclaw_message_to_reply_seconds_count 1" in text
    if promtool := shutil.which("promtool"):
        done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    live = await installation.get("/v1/figures")
    assert live["running"] is True
    assert await installation.stop() == 0
    done = await asyncio.to_thread(installation.run, "figures", "--json")
    stored = json.loads(done.stdout)
    assert stored["running"] is False
    starts = [row for row in stored["figures"] if row["name"] == "sandbox_start_seconds"]
    assert starts[0]["window"]["count"] == 1
    assert "fox" not in (installation.home / "data" / "figures.jsonl").read_text()
    assert (await asyncio.to_thread(installation.run, "figures", "--prometheus")).returncode == 1


async def test_a_daemon_is_profiled_while_it_works(installation: Installation) -> None:
    installation.script(Rule(reply="Hello."))
    await installation.start()
    file = installation.home / "cpu.collapsed"
    profiling = asyncio.to_thread(installation.run, "profile", "cpu", "--seconds", "3", "--output", str(file))
    done, _ = await asyncio.gather(profiling, installation.answer("hello"))
    assert done.returncode == 0, done.stderr
    assert "nanoclaw/" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    stacks = json.loads((await asyncio.to_thread(installation.run, "profile", "stacks", "--json")).stdout)
    assert {"figures", "courier"} <= {task["name"] for task in stacks["tasks"]}
    installation.signal(signal.SIGQUIT)
    async with asyncio.timeout(10):
        while "stacks written" not in installation.log_events():
            await asyncio.sleep(0.05)
    assert "task courier" in (installation.home / "logs" / "stacks.txt").read_text()
    for wrong in (("cpu", "--seconds", "nan"), ("cpu", "--seconds", "301"), ("memory", "--top", "0")):
        assert (await asyncio.to_thread(installation.run, "profile", *wrong)).returncode == 2
