"""What can go wrong when somebody looks after containers."""

from nanoclaw.model.errors import NanoclawError


class ContainersError(NanoclawError):
    """Containers could not be looked at, or something could not be done to one."""


class NoSuchContainerError(ContainersError):
    """No container of this installation has that name, and no group that folder."""


class SeveralContainersError(ContainersError):
    """A group has several, and one must be named."""


class StillRunningError(ContainersError):
    """Only what no longer runs is removed."""
