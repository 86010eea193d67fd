"""How the daemon ends, as service managers see it. The units name these numbers; they never change their meaning."""

from enum import IntEnum


class DaemonExit(IntEnum):
    """The daemon's exit status. 0 is an orderly stop and nothing else: no failure of any part ever ends it so."""

    STOPPED = 0
    """Told to stop by a signal. systemd starts it again unless systemd itself sent the signal."""
    FAILED = 1
    """It could not start or go on, for a reason that may pass: no engine yet, a full disk. Started again."""
    USAGE = 2
    """The unit's command line is wrong. Not started again."""
    STAY_DOWN = 6
    """Told to stop by ``nanoclaw stop`` while systemd looks after it. Not started again until somebody asks."""
    NEEDS_A_PERSON = 78
    """What no restart can mend: the configuration, a damaged database, one of a newer version. Not started again."""


NO_RESTART = (DaemonExit.USAGE, DaemonExit.STAY_DOWN, DaemonExit.NEEDS_A_PERSON)
"""After these a service manager leaves the daemon down."""
