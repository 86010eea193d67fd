"""What can be asked about usage and budgets."""

from typing import Protocol


class UsageDesk(Protocol):
    """Usage as commands and the page see it."""
