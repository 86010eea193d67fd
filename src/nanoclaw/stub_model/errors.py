"""What can go wrong with the scripted model."""

from nanoclaw.model.errors import NanoclawError


class StubModelError(NanoclawError):
    """The scripted model could not start, or did not see what it was told to wait for."""


class ScriptError(StubModelError, ValueError):
    """A script cannot be used as it stands; the text names the rule and the key."""


class BadRequestError(StubModelError):
    """A request body that the Messages API would refuse; the text is what the caller is told with status 400."""
