"""Reaches the daemon from a command: plain blocking calls, quick to import.

Answers are the documented shapes as plain dictionaries; ``nanoclaw.control.shapes`` says what is in them.
"""

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from nanoclaw.control.errors import (
    ControlError,
    DaemonBusyError,
    DaemonDownError,
    DaemonLostError,
    RequestRefusedError,
)
from nanoclaw.settings.sockets import bindable_path

Document = dict[str, Any]
"""A JSON object of one of the documented shapes."""

_SILENCE_SECONDS = 45
"""An event stream shows a sign of life every 15 s; after three missed ones it is dead."""
_LONGEST_LINE = 8 * 1024 * 1024


class ControlClient:
    """Speaks to the daemon that listens on ``socket_path``; ``timeout`` in seconds is each call's deadline.

    Every method raises DaemonDownError (nobody listens), DaemonLostError (it went away before it answered),
    DaemonBusyError (no answer in time) or RequestRefusedError (it said no). Usable from several threads.
    """

    def __init__(self, socket_path: Path, *, timeout: float = 10) -> None:
        self._path = socket_path
        self._timeout = timeout

    def status(self) -> Document:
        """A ``Status``."""
        return self._call("GET", "/v1/status")

    def send(self, request: Document) -> Document:
        """Given a ``SendRequest``, a ``SendResult``. The deadline is the request's own ``wait_seconds`` and 15 s."""
        return self._call("POST", "/v1/messages", request, timeout=float(request.get("wait_seconds", 0)) + 15)

    def messages(self, *, group: str | None = None, limit: int = 50, since: str | None = None) -> Document:
        """A ``MessageList``; ``since`` is an ISO 8601 time with a zone."""
        query = {"group": group, "limit": limit, "since": since}
        given = {name: value for name, value in query.items() if value is not None}
        return self._call("GET", f"/v1/messages?{urlencode(given)}")

    def groups(self) -> Document:
        """A ``GroupList``."""
        return self._call("GET", "/v1/groups")

    def group(self, folder: str) -> Document:
        """A ``GroupShape``."""
        return self._call("GET", _group_path(folder))

    def add_group(self, request: Document) -> Document:
        """Given an ``AddGroupRequest``, the new ``GroupShape``."""
        return self._call("POST", "/v1/groups", request)

    def remove_group(self, folder: str) -> Document:
        """A ``Done``."""
        return self._call("DELETE", _group_path(folder))

    def expect(self, folder: str) -> Document:
        """A ``Done``: someone is about to write."""
        return self._call("POST", f"{_group_path(folder)}/expect")

    def interrupt(self, folder: str) -> Document:
        """A ``Done``: whatever the agent does is being stopped."""
        return self._call("POST", f"{_group_path(folder)}/interrupt")

    def stop(self) -> Document:
        """A ``Done``: the daemon begins to shut down."""
        return self._call("POST", "/v1/stop")

    def stream_events(self, folder: str) -> Iterator[Document]:
        """Each ``LiveEvent`` of a group's local chat as it happens; {} first, once nothing can be missed any more.

        Ends when the daemon ends it. Raises DaemonLostError when the daemon shows no sign of life for 45 s.
        """
        with self._connection(_SILENCE_SECONDS) as connection:
            response = _exchange(connection, "GET", f"{_group_path(folder)}/events", None)
            if response.status != http.client.OK:
                raise _refusal(response.status, response.read())
            yield {}
            while line := _read_line(response):
                if line.strip():
                    yield _parse(line)

    def _call(self, method: str, path: str, request: Document | None = None, timeout: float | None = None) -> Document:
        body = None if request is None else _encode(request)
        with self._connection(timeout or self._timeout) as connection:
            response = _exchange(connection, method, path, body)
            try:
                answer = response.read()
            except TimeoutError as error:
                raise _busy() from error
            except (OSError, http.client.HTTPException) as error:
                raise _lost() from error
        if response.status >= http.client.BAD_REQUEST:
            raise _refusal(response.status, answer)
        return _parse(answer)

    @contextmanager
    def _connection(self, timeout: float) -> Iterator[http.client.HTTPConnection]:
        connection = http.client.HTTPConnection("nanoclaw", timeout=timeout)
        connection.sock = self._connect(timeout)
        try:
            yield connection
        finally:
            connection.close()

    def _connect(self, timeout: float) -> socket.socket:
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        link.settimeout(timeout)
        try:
            with bindable_path(self._path) as name:
                link.connect(name)
        except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError) as error:
            link.close()
            raise DaemonDownError(
                f"No assistant is running in {self._path.parents[2]}",
                hint="Start it with 'nanoclaw run', or name another home with --home.",
            ) from error
        except (TimeoutError, BlockingIOError) as error:
            link.close()
            raise _busy() from error
        except OSError as error:
            link.close()
            raise ControlError(
                f"Cannot reach the daemon at {self._path}: {error.strerror or error}",
                hint="Use the account that runs the daemon.",
            ) from error
        return link


def _exchange(
    connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None
) -> http.client.HTTPResponse:
    headers = {"Connection": "close"} | ({} if body is None else {"Content-Type": "application/json"})
    try:
        try:
            connection.request(method, path, body, headers)
        except (BrokenPipeError, ConnectionResetError):
            # A body that is too large is refused before all of it is read: the answer is there already.
            return connection.getresponse()
        return connection.getresponse()
    except TimeoutError as error:
        raise _busy() from error
    except (OSError, http.client.HTTPException) as error:
        raise _lost() from error


def _read_line(response: http.client.HTTPResponse) -> bytes:
    try:
        return response.readline(_LONGEST_LINE)
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise _lost() from error


def _encode(request: Document) -> bytes:
    # Raw UTF-8 rather than escapes keeps the largest text below the server's limit; half a surrogate pair cannot be
    # sent at all and becomes a question mark.
    return json.dumps(request, ensure_ascii=False).encode("utf-8", "replace")


def _parse(text: bytes) -> Document:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise _lost() from error
    if not isinstance(document, dict):
        raise _lost()
    return document


def _refusal(status: int, body: bytes) -> RequestRefusedError:
    try:
        problem = json.loads(body)
        what, hint = str(problem["error"]), str(problem.get("hint", ""))
    except (ValueError, LookupError, TypeError, AttributeError):
        what, hint = f"The daemon refused with status {status}", ""
    return RequestRefusedError(what, hint=hint, status=status)


def _busy() -> DaemonBusyError:
    return DaemonBusyError(
        "The daemon did not answer in time", hint="Try again; if it stays so, logs/nanoclaw.log may say why."
    )


def _lost() -> DaemonLostError:
    return DaemonLostError("The daemon went away before it answered", hint="See 'nanoclaw status'.")


def _group_path(folder: str) -> str:
    return f"/v1/groups/{quote(folder, safe='', errors='replace')}"
