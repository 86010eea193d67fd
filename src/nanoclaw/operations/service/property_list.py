"""The property list of a launchd job. Made of the plan alone."""

import math
import plistlib
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

from nanoclaw.operations.service.contract import ServicePlan
from nanoclaw.operations.service.names import label
from nanoclaw.settings.supervision import MARK

_HOME_KEY = "NanoclawHome"
_STOP_MARGIN = 30


def output_file(home: Path) -> Path:
    """Where launchd puts what the daemon prints; the log itself is elsewhere."""
    return home / "logs" / "service.out"


def property_list(plan: ServicePlan) -> str:
    """The whole list. launchd hands over no credentials: they are in the home's ``.env``."""
    printed = str(output_file(plan.home))
    job: dict[str, Any] = {
        "Label": label(plan.home, plan.account),
        "ProgramArguments": [*plan.program, "--home", str(plan.home), "run"],
        "WorkingDirectory": str(plan.home),
        "EnvironmentVariables": {**plan.environment, MARK: "1"},
        "RunAtLoad": True,
        # An orderly stop is the only end with status 0; whatever else it ends by, it is started again.
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": 10,
        "ExitTimeOut": math.ceil(plan.stop_seconds) + _STOP_MARGIN,
        # Somebody waits for its answers: no lower priority for processor and disk.
        "ProcessType": "Interactive",
        "Umask": 0o077,
        "StandardOutPath": printed,
        "StandardErrorPath": printed,
        _HOME_KEY: str(plan.home),
    }
    return plistlib.dumps(job, sort_keys=False).decode("utf-8")


def home_of(text: str) -> Path | None:
    """The home of a list of ours; None for anybody else's."""
    value = _read(text).get(_HOME_KEY)
    return Path(value) if isinstance(value, str) else None


def program_of(text: str) -> Path | None:
    """The program that a list starts."""
    arguments = _read(text).get("ProgramArguments")
    return Path(arguments[0]) if isinstance(arguments, list) and arguments and isinstance(arguments[0], str) else None


def is_current(text: str, fresh: str) -> bool:
    """Whether a list says what a fresh one would, apart from what depends on the shell it was made in."""
    one, other = ({**_read(each), "EnvironmentVariables": {}} for each in (text, fresh))
    return one == other


def _read(text: str) -> dict[str, Any]:
    try:
        read = plistlib.loads(text.encode("utf-8"))
    except (plistlib.InvalidFileException, ExpatError, ValueError, OverflowError):
        return {}
    return read if isinstance(read, dict) else {}
