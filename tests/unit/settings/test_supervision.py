import os
import subprocess
import sys
from pathlib import Path

import pytest

from nanoclaw.settings.supervision import Supervision

_SAY = "from nanoclaw.settings.supervision import find_supervision as f; print(f())"
_SOURCE = str(Path(__file__).parents[3] / "src")


def found(*before: str, **variables: str) -> str:
    """What a process of its own finds, which ``before`` starts."""
    return subprocess.run(
        [*before, sys.executable, "-c", _SAY],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": _SOURCE, **variables},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    ).stdout.strip()


def test_a_person_at_a_terminal_is_no_supervisor() -> None:
    assert found() == str(Supervision())


def test_systemd_is_known_by_its_socket_and_says_how_long_it_waits() -> None:
    under = found(NOTIFY_SOCKET="/run/systemd/notify", WATCHDOG_USEC="90000000")
    assert under == str(Supervision(supervised=True, notify_socket="/run/systemd/notify", watchdog_seconds=90.0))


def test_a_watchdog_for_another_process_does_not_watch_us() -> None:
    under = found(NOTIFY_SOCKET="@abstract", WATCHDOG_USEC="90000000", WATCHDOG_PID="1")
    assert under == str(Supervision(supervised=True, notify_socket="@abstract"))


def test_the_process_that_systemd_started_is_supervised_and_what_that_starts_is_not() -> None:
    run = ("sh", "-c", 'export SYSTEMD_EXEC_PID=$$; exec "$@"', "sh")
    assert found(*run) == str(Supervision(supervised=True))
    assert found("sh", "-c", 'export SYSTEMD_EXEC_PID=$$; "$@"', "sh") == str(Supervision())


@pytest.mark.parametrize(
    ("variables", "supervised"),
    [
        ({"NANOCLAW_SUPERVISED": "1"}, True),
        ({"NANOCLAW_SUPERVISED": "0"}, False),
        ({"NANOCLAW_SUPERVISED": ""}, False),
        ({"SUPERVISOR_ENABLED": "1"}, True),
        ({"NOTIFY_SOCKET": "vsock:2:1234"}, False),
        ({"WATCHDOG_USEC": "soon"}, False),
        ({"INVOCATION_ID": "0123"}, False),
    ],
)
def test_others_say_so_by_a_variable(variables: dict[str, str], *, supervised: bool) -> None:
    assert found(**variables) == str(Supervision(supervised=supervised))
