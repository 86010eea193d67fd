"""What the doctor reads of running sandboxes, as each real engine reports it."""

import asyncio
import json
from pathlib import Path

import pytest

from nanoclaw.operations.doctor.checks import container_flags, container_limits
from nanoclaw.operations.doctor.containers import Container, interfaces, parse
from nanoclaw.operations.doctor.secrets import KeyFinder
from nanoclaw.sandboxes.bubblewrap import BubblewrapSandbox
from nanoclaw.sandboxes.contract import GATEWAY, WORKSPACE
from nanoclaw.sandboxes.oci import OciSandbox
from tests.contracts.sandbox_lab import Lab

_READY = "print('ready', flush=True); import time; time.sleep(30)"


async def _inspected(lab: Lab) -> Container:
    assert isinstance(lab.sandbox, OciSandbox)
    plan = lab.plan("python3", "-c", _READY)
    async with lab.running(plan):
        outcome = await lab.sandbox.client.call("inspect", plan.name, seconds=30)
        (raw,) = json.loads(outcome.text)
        container = parse(raw)
        seen = await asyncio.to_thread(interfaces, Path("/proc"), container.pid)
    assert seen == ("lo",), "the kernel shows the agent's own loopback and nothing else"
    return container


async def test_a_container_as_the_engine_runs_it_has_nothing_that_it_must_not(lab: Lab) -> None:
    if isinstance(lab.sandbox, BubblewrapSandbox):
        pytest.skip("bubblewrap has no containers")
    container = await _inspected(lab)
    assert container_flags.judge(container, KeyFinder(None)) == []
    assert container_limits.judge(container) == []
    assert container.group == "main"
    assert container.memory == 512 << 20
    assert container.processes == 96
    writable = {bind.target: bind.writable for bind in container.binds}
    assert writable[WORKSPACE] is True
    assert writable[GATEWAY] is False
    assert len(writable) == 4
