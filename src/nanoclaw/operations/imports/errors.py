"""Why nothing is taken over."""

from nanoclaw.model.errors import NanoclawError


class ImportSourceError(NanoclawError):
    """The folder is not one of NanoClaw v1, or cannot be read."""


class ImportConflictError(NanoclawError):
    """What is in this home already stands in the way; nothing was changed."""
