"""Exit statuses. Documented in ``docs/reference/commands.md``; they never change their meaning."""

from enum import IntEnum


class Exit(IntEnum):
    """What a command's exit status says."""

    OK = 0
    ERROR = 1
    """It failed, and said why."""
    USAGE = 2
    """The arguments are wrong."""
    NOT_TRIGGERED = 3
    """``send``: stored, but it woke nobody."""
    DAEMON_DOWN = 3
    """``status``: no daemon runs. The same number: each command has one meaning for it."""
    WARNINGS = 1
    """``doctor``: it works, and something should be looked at."""
    ERRORS = 2
    """``doctor``: something does not work, or is open to others."""
    FAILED = 4
    """``send``: the turn failed or was stopped. ``tasks check``: a task cannot be run."""
    TIMED_OUT = 5
    """``send``: stored, no answer in time. ``auth``: nobody used a code in time."""
    STAY_DOWN = 6
    """``run``: stopped by ``nanoclaw stop`` under systemd, which is not to start it again."""
    CRASHED = 70
    """A defect; the details were written to a file."""
    NEEDS_A_PERSON = 78
    """``run``: what no restart can mend, such as a wrong setting or a damaged database."""
    INTERRUPTED = 130
    """Ctrl-C, or a signal to end."""
    BROKEN_PIPE = 141
    """Whoever read our output went away."""
