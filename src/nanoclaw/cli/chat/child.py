"""A daemon of our own, for as long as a conversation lasts."""

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

from nanoclaw.cli.context import Context
from nanoclaw.cli.render import one_line
from nanoclaw.control.client import Document
from nanoclaw.control.errors import DaemonBusyError, DaemonDownError, DaemonLostError
from nanoclaw.model.errors import NanoclawError

_START_PATIENCE = 600.0
_STOP_PATIENCE = 60.0
_QUIET_SECONDS = 60.0
"""Without a new line of progress for so long, the conversation begins all the same: the first message waits."""
_OUTPUT = "daemon.out"


class DaemonStartError(NanoclawError):
    """The daemon that we started did not come up."""


def is_running(context: Context) -> bool:
    """Whether a daemon listens in this home."""
    try:
        context.client.status()
    except DaemonDownError:
        return False
    except (DaemonBusyError, DaemonLostError):
        return True
    return True


@contextmanager
def own_daemon(context: Context, folder: str, environment: Mapping[str, str]) -> Iterator[None]:
    """Run a daemon for the length of the block, ready for a group, with what it prints in ``logs/daemon.out``.

    Raises:
        DaemonStartError: it ended at once, or did not answer for 10 min.
    """
    context.home.create()
    output = context.home.log.parent / _OUTPUT
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        # A session of its own: Ctrl-C in this terminal interrupts a turn, and must not reach the daemon.
        process = subprocess.Popen(
            [*context.daemon_command, "--home", str(context.home.root), "run"],
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            env=dict(environment),
            start_new_session=True,
        )
    finally:
        os.close(descriptor)
    try:
        _wait_until_ready(context, process, folder)
        yield
    finally:
        _stop(context, process)


def _wait_until_ready(context: Context, process: "subprocess.Popen[bytes]", folder: str) -> None:
    began = _iso(context)
    end = context.clock.monotonic() + _START_PATIENCE
    quiet_until = end
    told: set[str] = set()
    while context.clock.monotonic() < min(end, quiet_until):
        if process.poll() is not None:
            raise DaemonStartError(f"The daemon ended at once: {_last_words(context)}", hint="nanoclaw run shows more.")
        status = _status(context)
        if status is not None and _is_settled(status):
            return
        if status is not None:
            if quiet_until == end:
                # Whoever has an agent started has its image built, too, if there is none yet.
                _expect(context, folder)
            if _tell_news(status, began, told, context) or quiet_until == end:
                quiet_until = context.clock.monotonic() + _QUIET_SECONDS
        time.sleep(0.1)
    if quiet_until == end:
        raise DaemonStartError(
            "The daemon did not answer for 10 min", hint=f"See logs/{_OUTPUT} in {context.home.root}."
        )


def _status(context: Context) -> Document | None:
    try:
        return context.client.status()
    except (DaemonDownError, DaemonBusyError, DaemonLostError):
        return None


def _expect(context: Context, folder: str) -> None:
    # Only to save time: what is wrong with the group is said when somebody writes to it.
    with contextlib.suppress(NanoclawError):
        context.client.expect(folder)


def _is_settled(status: Document) -> bool:
    """Nothing more to wait for: agents can start, or waiting does not help."""
    sandbox = status["sandbox"]
    return sandbox is None or bool(sandbox["ready"]) or not sandbox["usable"]


def _tell_news(status: Document, began: str, told: set[str], context: Context) -> bool:
    """Show what the daemon says about its start, each line once; whether there was anything new."""
    sandbox = status["sandbox"]
    lines = [] if sandbox is None else [*sandbox["notes"], sandbox["problem"]]
    lines += [error["what"] for error in status["last_errors"] if error["at"] >= began]
    new = [line for line in lines if line and line not in told]
    told.update(new)
    for line in new:
        context.say(f"  {one_line(line)}")
    return bool(new)


def _iso(context: Context) -> str:
    now = datetime.fromtimestamp(context.clock.now() / 1000, UTC)
    return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _last_words(context: Context) -> str:
    text = (context.home.log.parent / _OUTPUT).read_text(encoding="utf-8", errors="replace")
    lines = [one_line(line, 300) for line in text.splitlines() if line.strip()]
    return " ".join(lines[-3:]) or "it said nothing"


def _stop(context: Context, process: "subprocess.Popen[bytes]") -> None:
    """Ask, then insist."""
    if process.poll() is None:
        try:
            context.client.stop()
        except NanoclawError:
            process.terminate()
    for insist, patience in ((process.terminate, _STOP_PATIENCE), (process.kill, 10.0)):
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            insist()
    process.wait()
