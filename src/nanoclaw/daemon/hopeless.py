"""Which failures of the daemon no restart can mend."""

from collections.abc import Iterator
from contextlib import contextmanager

from nanoclaw.channels.contract import ChannelError
from nanoclaw.gateway.contract import GatewayError
from nanoclaw.model.errors import NanoclawError
from nanoclaw.operations.service.statuses import DaemonExit
from nanoclaw.settings.load import SettingsError
from nanoclaw.settings.sockets import SocketPathError
from nanoclaw.store.errors import DatabaseCorruptError, NewerSchemaError


class WrongPartError(NanoclawError):
    """The daemon could not be built from what stands in ``config.toml``."""


_NEEDS_A_PERSON = (SettingsError, SocketPathError, WrongPartError, NewerSchemaError, DatabaseCorruptError)


@contextmanager
def building() -> Iterator[None]:
    """What fails inside was configured wrongly: nothing runs yet, nothing outside was asked."""
    try:
        yield
    except (ChannelError, GatewayError) as error:
        raise WrongPartError(str(error), hint=error.hint) from error


def failure_status(error: NanoclawError) -> DaemonExit:
    """The exit status of a daemon that ends because of an error."""
    return DaemonExit.NEEDS_A_PERSON if isinstance(error, _NEEDS_A_PERSON) else DaemonExit.FAILED
