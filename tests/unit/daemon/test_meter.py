"""What the gateway reports goes where it belongs."""

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from nanoclaw.daemon.meter import Ears, Meter
from nanoclaw.gateway.audit import AuditLog
from nanoclaw.gateway.contract import (
    BudgetCrossed,
    Decision,
    DomainRefused,
    ModelCallMetered,
    ModelRequestSent,
    Verdict,
)
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import GroupFolder
from nanoclaw.store.usage import By, UsageLedger
from tests.unit.store.conftest import Store

MAIN = GroupFolder("main")
CALL = ModelCallMetered(
    group=MAIN,
    model="claude-sonnet-4-5",
    status=200,
    started_at=Milliseconds(1_000),
    finished_at=Milliseconds(2_000),
    input_tokens=1,
    output_tokens=2,
    cache_read_tokens=3,
    cache_write_tokens=4,
    cost_usd=0.25,
)
REFUSED = DomainRefused(group=MAIN, host="example.org", port=443)
CROSSED = BudgetCrossed(group=MAIN, span="day", began="2026-11-21", percent=80, spent_usd=8, limit_usd=10)


@dataclass
class Heard:
    """Who was told what."""

    asked: list[tuple[GroupFolder, Milliseconds]] = field(default_factory=list)
    refused: list[DomainRefused] = field(default_factory=list)
    crossed: list[BudgetCrossed] = field(default_factory=list)

    def ears(self) -> Ears:
        return Ears(
            asked=lambda group, at: self.asked.append((group, at)),
            domain_refused=self.refused.append,
            budget_crossed=self.crossed.append,
        )


def test_each_event_reaches_its_own_ears(tmp_path: Path, store: Store) -> None:
    heard = Heard()
    meter = Meter(AuditLog(tmp_path / "gateway.log"), UsageLedger(store.database), heard.ears())
    for event in (ModelRequestSent(group=MAIN, at=Milliseconds(5)), REFUSED, CROSSED):
        meter(event)
    assert (heard.asked, heard.refused, heard.crossed) == ([(MAIN, 5)], [REFUSED], [CROSSED])


async def test_decisions_and_calls_are_in_the_audit_log_and_calls_in_the_ledger(tmp_path: Path, store: Store) -> None:
    usage = UsageLedger(store.database)
    meter = Meter(AuditLog(tmp_path / "gateway.log"), usage, Heard().ears())
    meter(Decision(at=Milliseconds(1), group=MAIN, verdict=Verdict.DENIED, target="example.org:443", reason="no"))
    meter(CALL)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(meter.run(), name="meter")
        async with asyncio.timeout(5):
            while True:
                if await usage.spent(Milliseconds(0)):
                    break
                await asyncio.sleep(0.01)
        meter(CALL)
        running.cancel()
    logged = [json.loads(line) for line in (tmp_path / "gateway.log").read_text().splitlines()]
    assert [line["event"] for line in logged] == ["decision", "model_call", "model_call"]
    (main,) = await usage.sums(By.GROUP, Milliseconds(0), ZoneInfo("UTC"))
    assert main.figures == [2, 2, 4, 6, 8, 0.5], "what is queued at the end is written too"


async def test_usage_that_cannot_be_written_is_told_and_ends_nothing(
    tmp_path: Path, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    meter = Meter(AuditLog(tmp_path / "gateway.log"), UsageLedger(store.database), Heard().ears())
    await store.database.close()
    meter(CALL)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(meter.run(), name="meter")
        async with asyncio.timeout(5):
            while True:
                if caplog.records:
                    break
                await asyncio.sleep(0.01)
        assert not running.done()
        running.cancel()
    assert "usage was not written" in caplog.text
