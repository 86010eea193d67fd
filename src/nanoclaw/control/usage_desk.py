"""What can be asked about usage and budgets."""

from typing import Protocol

from nanoclaw.control.usage_shapes import UsageList, UsageQuery


class UsageDesk(Protocol):
    """Usage as commands and the page see it."""

    async def sums(self, query: UsageQuery) -> UsageList:
        """Usage, added up."""
        ...
