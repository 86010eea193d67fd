"""Whether a daemon looks after the home, and which engines did not answer."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

from nanoclaw.cli.context import Context
from nanoclaw.cli.exits import Exit
from nanoclaw.daemon.lock import HomeInUseError, hold
from nanoclaw.operations.containers.fleet import Silence
from nanoclaw.settings.home import HomeError


@contextmanager
def alone(context: Context) -> Iterator[bool]:
    """Whether no daemon has the home. Where none has, none can start inside the ``with`` block."""
    with ExitStack() as held:
        try:
            held.enter_context(hold(context.home.lock))
            free = True
        except (HomeInUseError, HomeError):
            # A home on a read-only disk cannot be locked. Nobody knows who looks after it: it counts as looked after.
            free = False
        yield free


def is_looked_after(context: Context) -> bool:
    """Whether a daemon has the home, or it cannot be known that none has."""
    with alone(context) as free:
        return not free


def notes_of(silent: Iterable[Silence]) -> tuple[str, ...]:
    """A line for each engine that did not answer."""
    return tuple(f"{one.kind} did not answer: {one.problem}. {one.hint}" for one in silent)


def status_of(silent: Iterable[Silence]) -> Exit:
    """An engine that the configuration names, and that did not answer, makes the answer incomplete."""
    return Exit.ERROR if any(one.expected for one in silent) else Exit.OK
