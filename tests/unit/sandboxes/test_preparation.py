import asyncio
from pathlib import Path

import pytest

from nanoclaw.sandboxes.bubblewrap import BubblewrapSandbox
from nanoclaw.sandboxes.contract import ImageBuildError, Progress, SandboxError, SandboxReport
from nanoclaw.sandboxes.installation import Installation
from nanoclaw.sandboxes.preparation import Preparation
from tests.fakes.clocks import HeldClock
from tests.fakes.small_disk import fill, small_disk


class CountingSandbox(BubblewrapSandbox):
    """A sandbox whose preparation is counted, slow, and fails as often as told."""

    def __init__(self, folder: Path) -> None:
        super().__init__(Installation(id="test", state=folder, environment={}))
        self.prepared = 0
        self.failures = 0

    async def report(self) -> SandboxReport:
        return SandboxReport(kind=self.kind, usable=True, ready=self.prepared > self.failures)

    async def prepare(self, progress: Progress) -> None:
        self.prepared += 1
        progress(f"step {self.prepared}")
        await asyncio.sleep(0.01)
        if self.prepared <= self.failures:
            raise ImageBuildError("no base", hint="find one")


@pytest.fixture
def sandbox(tmp_path: Path) -> CountingSandbox:
    return CountingSandbox(tmp_path)


async def test_however_many_agents_wait_the_sandbox_is_prepared_once(sandbox: CountingSandbox) -> None:
    preparation = Preparation(sandbox, HeldClock())
    async with asyncio.TaskGroup() as tasks:
        for _ in range(5):
            tasks.create_task(preparation.ready())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert preparation.progress == "step 1"
    assert sandbox.prepared == 1
    assert preparation.report.ready
    assert preparation.progress == ""


async def test_a_failure_is_remembered_for_a_while_and_then_tried_again(sandbox: CountingSandbox) -> None:
    clock = HeldClock()
    preparation = Preparation(sandbox, clock)
    sandbox.failures = 1
    for _ in range(3):
        with pytest.raises(ImageBuildError, match="no base"):
            await preparation.ready()
    assert sandbox.prepared == 1
    clock.value += 31_000
    await preparation.ready()
    assert sandbox.prepared == 2


async def test_after_a_failed_start_the_image_is_looked_at_again(sandbox: CountingSandbox) -> None:
    preparation = Preparation(sandbox, HeldClock())
    await preparation.ready()
    await preparation.ready()
    preparation.distrust()
    await preparation.ready()
    assert sandbox.prepared == 2


async def test_a_full_disk_is_a_reason_of_its_own_and_passes(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", 1) as place:
        filler = fill(place, leave=0)
        clock = HeldClock()
        preparation = Preparation(BubblewrapSandbox(Installation(id="test", state=place / "s", environment={})), clock)
        with pytest.raises(SandboxError, match="cannot be written: No space left"):
            await preparation.ready()
        filler.unlink()
        clock.value += 3_600_000
        await preparation.ready()
