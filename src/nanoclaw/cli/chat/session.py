"""From nothing to a conversation: a key, a daemon, a face; and all of it taken down again."""

import contextlib
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

from nanoclaw.cli.chat import piped
from nanoclaw.cli.chat.child import is_running, own_daemon
from nanoclaw.cli.context import Context
from nanoclaw.cli.exits import Exit


def hold(context: Context, folder: str, environment: Mapping[str, str]) -> int:
    """Talk, with the daemon that runs or else with one of our own started in ``environment``."""
    with contextlib.ExitStack() as stack:
        if not is_running(context):
            context.say("Starting the assistant…")
            stack.enter_context(_ending_on_signals())
            stack.enter_context(own_daemon(context, folder, environment))
        if not context.stdin.isatty():
            return piped.converse(context, folder)
        from nanoclaw.cli.chat.terminal import TerminalChat  # noqa: PLC0415 - prompt_toolkit takes its time

        context.say("Write a message; /help says more, Ctrl-D leaves.")
        return TerminalChat(context, folder).run()


@contextmanager
def _ending_on_signals() -> Iterator[None]:
    """A closed terminal or a SIGTERM ends us in order, so that our own daemon is stopped as well."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(Exit.INTERRUPTED)

    previous = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
