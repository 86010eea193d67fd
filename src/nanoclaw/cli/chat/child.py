"""A daemon of our own, for as long as a conversation lasts."""

import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from nanoclaw.cli.context import Context
from nanoclaw.cli.render import one_line
from nanoclaw.control.client import Document
from nanoclaw.control.errors import DaemonBusyError, DaemonDownError, DaemonLostError
from nanoclaw.model.errors import NanoclawError

_START_PATIENCE = 600.0
_STOP_PATIENCE = 60.0
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
def own_daemon(context: Context, environment: Mapping[str, str]) -> Iterator[None]:
    """Run a daemon for the length of the block, with what it prints in ``logs/daemon.out``.

    Raises:
        DaemonStartError: it ended at once, or was not ready in 10 min.
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
        _wait_until_ready(context, process)
        yield
    finally:
        _stop(context, process)


def _wait_until_ready(context: Context, process: "subprocess.Popen[bytes]") -> None:
    end = context.clock.monotonic() + _START_PATIENCE
    told: set[str] = set()
    while context.clock.monotonic() < end:
        if process.poll() is not None:
            raise DaemonStartError(f"The daemon ended at once: {_last_words(context)}", hint="nanoclaw run shows more.")
        with contextlib.suppress(DaemonDownError, DaemonBusyError, DaemonLostError):
            status = context.client.status()
            _tell_once(_news(status), told, context.say)
            if _is_settled(status):
                return
        time.sleep(0.1)
    raise DaemonStartError("The daemon was not ready after 10 min", hint=f"See logs/{_OUTPUT} in {context.home.root}.")


def _is_settled(status: Document) -> bool:
    """Nothing more to wait for: agents can start, or waiting does not help."""
    sandbox = status["sandbox"]
    return sandbox is None or bool(sandbox["ready"]) or not sandbox["usable"] or bool(status["last_errors"])


def _news(status: Document) -> list[str]:
    sandbox = status["sandbox"] or {"ready": True, "notes": [], "problem": "", "hint": ""}
    lines = [] if sandbox["ready"] else [sandbox["problem"], sandbox["hint"], *sandbox["notes"]]
    for error in status["last_errors"]:
        lines += [error["what"], error["hint"]]
    return [line for line in lines if line]


def _tell_once(lines: list[str], told: set[str], say: Callable[[str], None]) -> None:
    for line in lines:
        if line not in told:
            told.add(line)
            say(f"  {one_line(line)}")


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
