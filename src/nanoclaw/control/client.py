"""Reaches the daemon from a command: plain blocking calls, quick to import.

Answers are the documented shapes as plain dictionaries; ``nanoclaw.control.shapes`` says what is in them.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from nanoclaw.control.errors import DaemonLostError, RequestRefusedError

Document = dict[str, Any]
"""A JSON object of one of the documented shapes."""

_SILENCE_SECONDS = 45
"""An event stream shows a sign of life every 15 s; after three missed ones it is dead."""
_OK = 200
_BAD_REQUEST = 400


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
        return self.call("GET", "/v1/status")

    def send(self, request: Document) -> Document:
        """Given a ``SendRequest``, a ``SendResult``. The deadline is the request's own ``wait_seconds`` and 15 s."""
        return self.call("POST", "/v1/messages", request, timeout=float(request.get("wait_seconds", 0)) + 15)

    def messages(self, query: Document) -> Document:
        """Given a ``MessageQuery``, a ``MessageList``."""
        return self.call("GET", f"/v1/messages?{_query(query)}")

    def groups(self) -> Document:
        """A ``GroupList``."""
        return self.call("GET", "/v1/groups")

    def group(self, folder: str) -> Document:
        """A ``GroupShape``."""
        return self.call("GET", _group_path(folder))

    def add_group(self, request: Document) -> Document:
        """Given an ``AddGroupRequest``, the new ``GroupShape``."""
        return self.call("POST", "/v1/groups", request)

    def remove_group(self, folder: str) -> Document:
        """A ``Done``."""
        return self.call("DELETE", _group_path(folder))

    def change_group(self, folder: str, changes: dict[str, str]) -> Document:
        """The changed ``GroupShape``."""
        return self.call("PATCH", _group_path(folder), {"changes": changes})

    def change_chats(self, folder: str, request: Document) -> Document:
        """Given a ``ChangeChatsRequest``, the changed ``GroupShape``."""
        return self.call("POST", f"{_group_path(folder)}/chats", request)

    def people(self) -> Document:
        """A ``PersonList``."""
        return self.call("GET", "/v1/people")

    def add_person(self, request: Document) -> Document:
        """Given an ``AddPersonRequest``, the ``PersonShape``."""
        return self.call("POST", "/v1/people", request)

    def remove_person(self, request: Document) -> Document:
        """Given a ``RemovePersonRequest``, a ``Done``."""
        return self.call("POST", "/v1/people/remove", request)

    def dropped(self, limit: int) -> Document:
        """A ``DroppedList``."""
        return self.call("GET", f"/v1/dropped?limit={limit}")

    def usage(self, query: Document) -> Document:
        """Given a ``UsageQuery``, a ``UsageList``."""
        return self.call("GET", f"/v1/usage?{_query(query)}")

    def tasks(self, group: str | None = None, limit: int = 500) -> Document:
        """A ``TaskList`` of so many tasks at most; the times of thousands take a while."""
        query = _query({"group": group, "limit": limit})
        return self.call("GET", f"/v1/tasks?{query}", timeout=self._timeout + limit / 100)

    def task(self, task: int) -> Document:
        """A ``TaskShape``."""
        return self.call("GET", f"/v1/tasks/{task}")

    def add_task(self, request: Document) -> Document:
        """Given an ``AddTaskRequest``, the new ``TaskShape``."""
        return self.call("POST", "/v1/tasks", request)

    def update_task(self, task: int, request: Document) -> Document:
        """Given an ``UpdateTaskRequest``, the changed ``TaskShape``."""
        return self.call("PATCH", f"/v1/tasks/{task}", request)

    def change_task(self, task: int, verb: str) -> Document:
        """``pause``, ``resume`` or ``cancel`` a task: the ``TaskShape``; ``run`` it: the ``RunShape``."""
        return self.call("POST", f"/v1/tasks/{task}/{verb}")

    def task_runs(self, task: int, limit: int) -> Document:
        """A ``RunList``."""
        return self.call("GET", f"/v1/tasks/{task}/runs?limit={limit}")

    def expect(self, folder: str) -> Document:
        """A ``Done``: someone is about to write."""
        return self.call("POST", f"{_group_path(folder)}/expect")

    def interrupt(self, folder: str) -> Document:
        """A ``Done``: whatever the agent does is being stopped."""
        return self.call("POST", f"{_group_path(folder)}/interrupt")

    def stop(self) -> Document:
        """A ``Done``: the daemon begins to shut down."""
        return self.call("POST", "/v1/stop")

    def stream_events(self, folder: str) -> Iterator[Document]:
        """Each ``LiveEvent`` of a group's local chat as it happens; {} first, once nothing can be missed any more.

        Ends when the daemon ends it. Raises DaemonLostError when the daemon shows no sign of life for 45 s.
        """
        from nanoclaw.control import wire  # noqa: PLC0415 - see below

        with wire.opened(self._path, "GET", f"{_group_path(folder)}/events", timeout=_SILENCE_SECONDS) as response:
            if response.status != _OK:
                raise _refusal(response.status, wire.read_all(response))
            yield {}
            while line := wire.read_line(response):
                if line.strip():
                    yield _parse(line)

    @contextmanager
    def hold_trial(self, request: Document) -> Iterator[Document]:
        """Given a ``TrialRequest``, a ``TrialShape``, which holds until the block is left."""
        from nanoclaw.control import wire  # noqa: PLC0415 - see below

        with wire.opened(self._path, "POST", "/v1/trials", _encode(request), timeout=_SILENCE_SECONDS) as response:
            if response.status != _OK:
                raise _refusal(response.status, wire.read_all(response))
            yield _parse(wire.read_line(response))

    def probe(self, channel: str) -> Document:
        """A ``ProbeShape``."""
        return self.call("POST", f"{_channel_path(channel)}/probe", timeout=_SILENCE_SECONDS)

    def apply_channel(self, channel: str) -> Document:
        """Let a channel run as the configuration says now; an ``AppliedShape``."""
        return self.call("POST", f"{_channel_path(channel)}/apply", timeout=_SILENCE_SECONDS)

    def test_channel(self, channel: str, request: Document) -> Document:
        """Given a ``ChannelTestRequest``, a ``ChannelTestShape``."""
        # The probe has half a minute of its own.
        seconds = float(request.get("wait_seconds", 30)) + _SILENCE_SECONDS
        return self.call("POST", f"{_channel_path(channel)}/test", request, timeout=seconds)

    def owner_chats(self) -> Document:
        """An ``OwnerChatList``."""
        return self.call("GET", "/v1/owner-chats")

    def name_owner_chats(self, chats: list[str]) -> Document:
        """An ``OwnerChatList``."""
        return self.call("PUT", "/v1/owner-chats", {"chats": chats})

    def begin_pairing(self, channel: str, phone: str = "") -> Document:
        """A ``PairingShape``."""
        return self.call("POST", f"{_channel_path(channel)}/pairing", {"phone": phone})

    def pairing(self, channel: str, after: int, wait_seconds: float) -> Document:
        """A ``PairingShape``, once it has changed since number ``after`` or the time is over."""
        query = _query({"after": after, "wait_seconds": wait_seconds})
        return self.call("GET", f"{_channel_path(channel)}/pairing?{query}", timeout=self._timeout + wait_seconds)

    def give_up_pairing(self, channel: str) -> Document:
        """A ``Done``."""
        return self.call("DELETE", f"{_channel_path(channel)}/pairing")

    def logout(self, channel: str) -> Document:
        """A ``Done``: the channel's session is over."""
        return self.call("POST", f"{_channel_path(channel)}/logout", timeout=_SILENCE_SECONDS)

    def figures(self, since: str | None = None) -> Document:
        """A ``FigureList``."""
        return self.call("GET", f"/v1/figures?{_query({'since': since})}")

    def metrics(self) -> str:
        """Figures as Prometheus reads them."""
        return self._exchange("GET", "/v1/metrics").decode()

    def profile_cpu(self, seconds: float) -> Document:
        """A ``CpuProfile``, after so many seconds."""
        return self.call("POST", "/v1/profile/cpu", {"seconds": seconds}, timeout=seconds + _SILENCE_SECONDS)

    def profile_memory(self, seconds: float, top: int) -> Document:
        """A ``MemoryProfile``, after so many seconds."""
        request = {"seconds": seconds, "top": top}
        return self.call("POST", "/v1/profile/memory", request, timeout=seconds + 2 * _SILENCE_SECONDS)

    def profile_stacks(self) -> Document:
        """A ``StackList``."""
        return self.call("GET", "/v1/profile/stacks")

    def call(self, method: str, path: str, request: Document | None = None, timeout: float | None = None) -> Document:
        """One operation by its method and path; ``timeout`` in seconds replaces the client's own."""
        return _parse(self._exchange(method, path, request, timeout))

    def _exchange(self, method: str, path: str, request: Document | None = None, timeout: float | None = None) -> bytes:
        # Python's HTTP module takes longer to import than a call takes; whoever only imports us need not wait for it.
        from nanoclaw.control import wire  # noqa: PLC0415

        body = None if request is None else _encode(request)
        with wire.opened(self._path, method, path, body, timeout=timeout or self._timeout) as response:
            answer = wire.read_all(response)
        if response.status >= _BAD_REQUEST:
            raise _refusal(response.status, answer)
        return answer


def _query(values: Document) -> str:
    return urlencode({name: value for name, value in values.items() if value is not None})


def _encode(request: Document) -> bytes:
    # Raw UTF-8 rather than escapes keeps the largest text below the server's limit; half a surrogate pair cannot be
    # sent at all and becomes a question mark.
    return json.dumps(request, ensure_ascii=False).encode("utf-8", "replace")


def _parse(text: bytes) -> Document:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise _garbled() from error
    if not isinstance(document, dict):
        raise _garbled()
    return document


def _refusal(status: int, body: bytes) -> RequestRefusedError:
    try:
        problem = json.loads(body)
        what, hint = str(problem["error"]), str(problem.get("hint", ""))
    except (ValueError, LookupError, TypeError, AttributeError):
        what, hint = f"The daemon refused with status {status}", ""
    return RequestRefusedError(what, hint=hint, status=status)


def _group_path(folder: str) -> str:
    return f"/v1/groups/{quote(folder, safe='', errors='replace')}"


def _channel_path(channel: str) -> str:
    return f"/v1/channels/{quote(channel, safe='', errors='replace')}"


def _garbled() -> DaemonLostError:
    return DaemonLostError("The daemon broke off in the middle of its answer", hint="See 'nanoclaw status'.")
