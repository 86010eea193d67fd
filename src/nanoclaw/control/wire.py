"""One HTTP exchange with the daemon over its Unix socket, with every failure under a name of its own."""

import http.client
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nanoclaw.control.errors import ControlError, DaemonBusyError, DaemonDownError, DaemonLostError
from nanoclaw.settings.sockets import bindable_path

_LONGEST_LINE = 8 * 1024 * 1024


@contextmanager
def opened(
    path: Path, method: str, target: str, body: bytes | None = None, *, timeout: float
) -> Iterator[http.client.HTTPResponse]:
    """Send a request and yield its answer, ready to be read. ``timeout`` in seconds holds for each wait.

    Raises:
        DaemonDownError: nobody listens.
        DaemonLostError: the daemon went away before it answered.
        DaemonBusyError: no answer in time.
        ControlError: the socket is there and does not let us in.
    """
    connection = http.client.HTTPConnection("nanoclaw", timeout=timeout)
    connection.sock = _connect(path, timeout)
    try:
        yield _exchange(connection, method, target, body)
    finally:
        connection.close()


def read_all(response: http.client.HTTPResponse) -> bytes:
    """The whole body. Raises DaemonLostError or DaemonBusyError."""
    try:
        return response.read()
    except TimeoutError as error:
        raise _busy() from error
    except (OSError, http.client.HTTPException) as error:
        raise _lost() from error


def read_line(response: http.client.HTTPResponse) -> bytes:
    """The next line of a stream, b"" at its end. Raises DaemonLostError, also when nothing comes in time."""
    try:
        return response.readline(_LONGEST_LINE)
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise _lost() from error


def _connect(path: Path, timeout: float) -> socket.socket:
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    link.settimeout(timeout)
    try:
        with bindable_path(path) as name:
            link.connect(name)
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError) as error:
        link.close()
        raise DaemonDownError(
            f"No assistant is running: nobody listens on {path}",
            hint="Start it with 'nanoclaw run', or name another home with --home.",
        ) from error
    except (TimeoutError, BlockingIOError) as error:
        link.close()
        raise _busy() from error
    except OSError as error:
        link.close()
        raise ControlError(
            f"Cannot reach the daemon at {path}: {error.strerror or error}",
            hint="Use the account that runs the daemon.",
        ) from error
    return link


def _exchange(
    connection: http.client.HTTPConnection, method: str, target: str, body: bytes | None
) -> http.client.HTTPResponse:
    headers = {"Connection": "close"} | ({} if body is None else {"Content-Type": "application/json"})
    try:
        try:
            connection.request(method, target, body, headers)
        except (BrokenPipeError, ConnectionResetError):
            # A body that is too large is refused before all of it is read: the answer is there already.
            return connection.getresponse()
        return connection.getresponse()
    except TimeoutError as error:
        raise _busy() from error
    except (OSError, http.client.HTTPException) as error:
        raise _lost() from error


def _busy() -> DaemonBusyError:
    return DaemonBusyError(
        "The daemon did not answer in time", hint="Try again; if it stays so, logs/nanoclaw.log may say why."
    )


def _lost() -> DaemonLostError:
    return DaemonLostError("The daemon went away before it answered", hint="See 'nanoclaw status'.")
