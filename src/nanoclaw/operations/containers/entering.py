"""Run something inside an agent's sandbox, as the agent would, and write down that it was done."""

import getpass
import logging
import os
from collections.abc import Sequence

from nanoclaw.operations.containers.errors import ContainersError, SeveralContainersError
from nanoclaw.operations.containers.fleet import Container, Fleet
from nanoclaw.operations.logs.writing import JsonFormatter
from nanoclaw.sandboxes.contract import SandboxState
from nanoclaw.sandboxes.engine import scrubbed
from nanoclaw.settings.home import Home
from nanoclaw.settings.load import engine_environment
from nanoclaw.settings.whole_files import append_whole

SHELL = ("sh", "-c", "command -v bash >/dev/null 2>&1 && exec bash; exec sh")


def the_one(containers: tuple[Container, ...]) -> Container:
    """The one that can be entered.

    Raises:
        SeveralContainersError: there are several; names them.
        ContainersError: it does not run.
    """
    running = [one for one in containers if one.state is SandboxState.RUNNING]
    if len(running) > 1:
        names = ", ".join(one.name for one in running)
        raise SeveralContainersError(f"There are several: {names}", hint="Name one of them.")
    if not running:
        raise ContainersError(
            f"{containers[0].name} is {containers[0].state}", hint="Only what runs can be entered: send it a message."
        )
    return running[0]


def entrance(fleet: Fleet, container: Container, program: Sequence[str], *, terminal: str) -> tuple[str, ...]:
    """The argv that runs a program inside. Raises SandboxError when this kind cannot."""
    return tuple(fleet.sandbox(container).entrance(container.name, program, terminal=terminal))


def surroundings() -> dict[str, str]:
    """The environment of that command: what engines' clients need, and nothing else."""
    return scrubbed(engine_environment())


def write_down(home: Home, container: Container, program: Sequence[str], *, terminal: bool) -> None:
    """A line in the assistant's log: who entered what. Arguments are not in it: they may be private.

    Raises:
        ContainersError: it cannot be written; then nobody enters.
    """
    record = logging.LogRecord("nanoclaw.containers", logging.WARNING, "", 0, "sandbox entered", None, None)
    vars(record).update(
        group=container.group,
        sandbox=container.name,
        kind=container.kind.value,
        program=os.path.basename(program[0])[:40],  # noqa: PTH119 - a name inside, not a path here
        terminal=terminal,
        by=_who(),
    )
    line = f"{JsonFormatter().format(record)}\n".encode("utf-8", "backslashreplace")
    try:
        descriptor = os.open(home.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            append_whole(descriptor, line)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise ContainersError(
            f"{home.log} cannot be written: {error.strerror}",
            hint="Nobody enters unrecorded: free space on its disk, or mend its mode or owner.",
        ) from error


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
