"""Usage as commands and the page see it, and budgets as they stand at a start."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from nanoclaw.control.times import parse_time
from nanoclaw.control.usage_shapes import UsageLine, UsageList, UsageQuery
from nanoclaw.gateway.budget import DAY, MONTH, Budgets
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.groups import GroupFolder
from nanoclaw.store.groups import Groups
from nanoclaw.store.usage import UsageLedger, UsageSum


class UsageRecords:
    """Adds usage up."""

    def __init__(self, ledger: UsageLedger, zone: ZoneInfo) -> None:
        self._ledger = ledger
        self._zone = zone

    async def sums(self, query: UsageQuery) -> UsageList:
        """Usage since a moment, or since ever."""
        since = parse_time(query.since) if query.since else Milliseconds(0)
        found = await self._ledger.sums(query.by, since, self._zone)
        total = UsageSum("total")
        for one in found:
            total.add(one.figures)
        return UsageList(by=query.by, lines=[_line(one) for one in found], total=_line(total))


def _line(one: UsageSum) -> UsageLine:
    calls, read, written, cached, cache_written, usd = one.figures
    return UsageLine(
        key=one.key,
        calls=int(calls),
        input_tokens=int(read),
        output_tokens=int(written),
        cache_read_tokens=int(cached),
        cache_write_tokens=int(cache_written),
        cost_usd=round(usd, 6),
        about=one.about,
    )


async def load_budgets(budgets: Budgets, ledger: UsageLedger, groups: Groups) -> None:
    """Put in what each group may spend, and has spent in this day and month."""
    for group in await groups.all():
        budgets.set_options(group.folder, group.options)
    spent: dict[str, dict[GroupFolder, float]] = {}
    for span in (DAY, MONTH):
        began = budgets.period_start(span).astimezone(UTC)
        spent[span] = await ledger.spent(Milliseconds(int(_epoch_milliseconds(began))))
    budgets.load(lambda span: spent[span])


def _epoch_milliseconds(moment: datetime) -> float:
    return moment.timestamp() * 1000
