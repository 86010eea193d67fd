"""What can be asked about scheduled tasks."""

from typing import Protocol


class TaskDesk(Protocol):
    """Scheduled tasks as commands and the page see them."""
