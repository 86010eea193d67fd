"""What the gateway reports, to where it belongs: the audit log, the turn that asked, the usage ledger."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from nanoclaw.events.measures import Measure, Observe, unobserved
from nanoclaw.gateway.audit import AuditLog
from nanoclaw.gateway.contract import BudgetCrossed, DomainRefused, GatewayEvent, ModelCallMetered, ModelRequestSent
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.groups import GroupFolder
from nanoclaw.store.usage import ModelCall, UsageLedger

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ears:
    """Who hears what, as functions that the root passes in; each returns at once."""

    asked: Callable[[GroupFolder, Milliseconds], None]
    """A request of a group's agent left for the model."""
    domain_refused: Callable[[DomainRefused], None]
    budget_crossed: Callable[[BudgetCrossed], None]
    observe: Observe = unobserved


class Meter:
    """A gateway listener. Writing usage waits for the disk, so it has a task of its own."""

    def __init__(self, audit: AuditLog, usage: UsageLedger, ears: Ears) -> None:
        self._audit = audit
        self._usage = usage
        self._ears = ears
        self._calls: asyncio.Queue[ModelCallMetered] = asyncio.Queue()

    def __call__(self, event: GatewayEvent) -> None:
        """Take one event; returns at once."""
        self._audit(event)
        if isinstance(event, ModelRequestSent):
            self._ears.asked(event.group, event.at)
        elif isinstance(event, ModelCallMetered):
            self._calls.put_nowait(event)
            self._ears.observe(Measure.MODEL_CALL, (event.finished_at - event.started_at) / 1000)
            self._ears.observe(Measure.MODEL_STATUS, label=f"{event.status // 100}xx" if event.status else "none")
        elif isinstance(event, DomainRefused):
            self._ears.domain_refused(event)
        elif isinstance(event, BudgetCrossed):
            self._ears.budget_crossed(event)

    async def run(self) -> None:
        """Write usage until cancelled; what is queued then is still written."""
        try:
            while True:
                await self._write(await self._calls.get())
        finally:
            while not self._calls.empty():
                await self._write(self._calls.get_nowait())
            self._audit.close()

    async def _write(self, call: ModelCallMetered) -> None:
        try:
            await self._usage.add(
                ModelCall(
                    folder=call.group,
                    model=call.model,
                    status=call.status,
                    started_at=call.started_at,
                    finished_at=call.finished_at,
                    input_tokens=call.input_tokens,
                    output_tokens=call.output_tokens,
                    cache_read_tokens=call.cache_read_tokens,
                    cache_write_tokens=call.cache_write_tokens,
                    cost_usd=call.cost_usd,
                )
            )
        except NanoclawError as error:
            logger.error("usage was not written", extra={"error": str(error)})  # noqa: TRY400 - no traceback needed
