"""What can stand in the way of an upgrade, or of the way back."""

from nanoclaw.model.errors import NanoclawError


class UpgradeError(NanoclawError):
    """The databases could not be upgraded; they are as they were."""


class NoRollbackError(NanoclawError):
    """There is nothing to go back to."""
