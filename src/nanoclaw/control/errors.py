"""What can go wrong between a command and the daemon."""

from nanoclaw.model.errors import NanoclawError


class ControlError(NanoclawError):
    """The control API could not be served or reached."""


class SocketTakenError(ControlError):
    """Another daemon listens on this home's control socket."""


class DaemonDownError(ControlError):
    """Nobody listens on the control socket."""


class DaemonLostError(ControlError):
    """The daemon went away, or broke off, after it had taken the request and before it answered."""


class DaemonBusyError(ControlError):
    """The daemon is there, and did not answer in time."""


class RequestRefusedError(ControlError):
    """The daemon answered with a problem; ``status`` is the HTTP status of its answer."""

    def __init__(self, what: str, *, hint: str = "", status: int) -> None:
        super().__init__(what, hint=hint)
        self.status = status


class InvalidRequestError(ControlError):
    """A request does not have the shape it must have; the text names the fields and what is allowed."""


class MalformedRequestError(InvalidRequestError):
    """A request's body or query cannot be read at all."""
