"""What can go wrong with figures."""

from nanoclaw.model.errors import NanoclawError


class HistoryUnreadableError(NanoclawError):
    """The file of figures is not what was written, or cannot be read."""
