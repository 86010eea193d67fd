"""What can go wrong with a service, in words for its owner."""

from nanoclaw.model.errors import NanoclawError


class ServiceError(NanoclawError):
    """The service could not be installed, asked or changed."""


class NoServiceManagerError(ServiceError):
    """Neither systemd nor launchd looks after this machine, or this account cannot reach it."""


class NotPermittedError(ServiceError):
    """Only root may do this."""


class ForeignServiceError(ServiceError):
    """A service of the same name is there, and it is not ours, or is another home's."""


class NotInstalledError(ServiceError):
    """There is no service for this home."""


class UnfitServiceError(ServiceError):
    """What was asked for cannot be a service: a path that no unit can hold, an account that cannot run it."""
