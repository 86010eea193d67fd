"""The text of a systemd unit. Made of the plan alone: the same plan gives the same text."""

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path

from nanoclaw.operations.service.contract import Confinement, Scope, ServicePlan
from nanoclaw.operations.service.escape import argument, rest_of_line, word
from nanoclaw.operations.service.statuses import NO_RESTART, DaemonExit
from nanoclaw.settings.load import HANDED_OVER

_HOME_MARK = "# nanoclaw-home: "
_PROGRAM_MARK = "# nanoclaw-program: "
_ENV_FILE_MARK = "# nanoclaw-env-file: "
_FROM_THE_SHELL = ("Environment=", "LoadCredential=", _ENV_FILE_MARK)
_STOP_MARGIN = 30
"""Seconds beyond the turns' own: for delivering what is ready and ending what does not end by itself."""


def unit_text(plan: ServicePlan) -> str:
    """The whole unit.

    Raises:
        UnfitServiceError: a path that no unit can hold.
    """
    lines = (*_head(plan), *_service(plan), *_confinement(plan), *_install(plan))
    return "\n".join(lines) + "\n"


def home_of(text: str) -> Path | None:
    """The home of a unit of ours; None for anybody else's unit."""
    return _marked(text, _HOME_MARK)


def program_of(text: str) -> Path | None:
    """The program that a unit of ours starts."""
    return _marked(text, _PROGRAM_MARK)


def env_file_of(text: str) -> Path | None:
    """The file with credentials that a unit of ours hands over."""
    return _marked(text, _ENV_FILE_MARK)


def user_of(text: str) -> str | None:
    """Whom the machine's unit runs as."""
    found = re.search(r"^User=(.+)$", text, re.MULTILINE)
    return found[1] if found else None


def is_current(text: str, fresh: str) -> bool:
    """Whether a unit says what a fresh one would, apart from what depends on the shell it was made in."""
    one, other = (
        [line for line in each.splitlines() if not line.startswith(_FROM_THE_SHELL)] for each in (text, fresh)
    )
    return one == other


def _marked(text: str, mark: str) -> Path | None:
    found = re.search(rf"^{re.escape(mark)}(.+)$", text, re.MULTILINE)
    try:
        value = json.loads(found[1]) if found else None
    except ValueError:
        return None
    return Path(value) if isinstance(value, str) else None


def _head(plan: ServicePlan) -> Iterator[str]:
    yield "# Made by `nanoclaw service install`, which also renews it. Your own changes: `systemctl edit`."
    yield f"{_HOME_MARK}{json.dumps(str(plan.home))}"
    yield f"{_PROGRAM_MARK}{json.dumps(plan.program[0])}"
    if plan.env_file is not None:
        yield f"{_ENV_FILE_MARK}{json.dumps(str(plan.env_file))}"
    yield "[Unit]"
    yield f"Description=NanoClaw assistant in {rest_of_line(str(plan.home))}"
    if plan.scope is Scope.SYSTEM:
        yield "Wants=network-online.target"
        yield "After=network-online.target docker.service"
    # The daemon itself slows a crash loop down; this ends one that does not even get so far.
    yield "StartLimitIntervalSec=300"
    yield "StartLimitBurst=10"


def _service(plan: ServicePlan) -> Iterator[str]:
    statuses = " ".join(str(status.value) for status in NO_RESTART)
    yield ""
    yield "[Service]"
    yield "Type=notify"
    yield "NotifyAccess=main"
    yield f"ExecStart={' '.join(map(argument, (*plan.program, '--home', str(plan.home), 'run')))}"
    yield f"WorkingDirectory={rest_of_line(str(plan.home))}"
    if plan.scope is Scope.SYSTEM:
        yield f"User={plan.account.name}"
    for name, value in sorted(plan.environment.items()):
        yield f"Environment={word(f'{name}={value}')}"
    if plan.env_file is not None:
        yield f"LoadCredential={HANDED_OVER}:{rest_of_line(str(plan.env_file))}"
    yield "Restart=always"
    yield "RestartSec=2"
    yield f"RestartPreventExitStatus={statuses}"
    yield f"SuccessExitStatus={DaemonExit.STAY_DOWN.value}"
    yield "TimeoutStartSec=600"
    yield f"TimeoutStopSec={math.ceil(plan.stop_seconds) + _STOP_MARGIN}"
    yield "TimeoutAbortSec=10"
    yield "WatchdogSec=90"
    # Agents are children: the daemon lets them finish, and only what is left after that is killed.
    yield "KillMode=mixed"
    yield "OOMPolicy=continue"
    yield "UMask=0077"


def _confinement(plan: ServicePlan) -> Iterator[str]:
    """What the daemon and its children may do. An account's own manager cannot hold it to more than it may anyway."""
    if plan.scope is Scope.USER:
        return
    yield ""
    yield "NoNewPrivileges=yes"
    yield "CapabilityBoundingSet="
    yield "AmbientCapabilities="
    yield "ProtectSystem=strict"
    yield "ProtectHome=read-only"
    for path in (str(plan.home), f"-{plan.account.home / '.docker'}", *(f"-{copy}" for copy in plan.copies)):
        yield f"ReadWritePaths={word(path)}"
    if not _in_temporary(plan):
        yield "PrivateTmp=yes"
    yield "PrivateDevices=yes"
    yield "PrivateMounts=yes"
    yield "ProtectClock=yes"
    yield "ProtectKernelModules=yes"
    yield "ProtectControlGroups=yes"
    yield "ProtectProc=invisible"
    yield "RestrictSUIDSGID=yes"
    yield "RestrictRealtime=yes"
    yield "LockPersonality=yes"
    yield "SystemCallArchitectures=native"
    yield "SystemCallErrorNumber=EPERM"
    yield from _ways_out(plan.confinement)


def _ways_out(confinement: Confinement) -> Iterator[str]:
    """What starting agents needs."""
    match confinement:
        case Confinement.ENGINE:
            yield "ProtectKernelTunables=yes"
            yield "ProtectKernelLogs=yes"
            yield "ProtectHostname=yes"
            yield "RestrictNamespaces=yes"
            yield "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6"
            yield "SystemCallFilter=@system-service"
            yield "SystemCallFilter=~@privileged @resources"
        case Confinement.NAMESPACES:
            # A new /proc may be mounted in a user namespace only where nothing covers parts of the old one, which
            # ProtectKernelTunables, ProtectKernelLogs and ProtectHostname would.
            yield "RestrictNamespaces=user mnt pid net ipc uts cgroup"
            yield "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK"
            yield "SystemCallFilter=@system-service @mount sethostname"


def _install(plan: ServicePlan) -> Iterator[str]:
    yield ""
    yield "[Install]"
    yield f"WantedBy={'multi-user.target' if plan.scope is Scope.SYSTEM else 'default.target'}"


def _in_temporary(plan: ServicePlan) -> bool:
    """Whether a private /tmp would hide what the daemon needs."""
    needed = [plan.home, Path(plan.program[0])]
    return any(path.is_relative_to(folder) for path in needed for folder in ("/tmp", "/var/tmp"))  # noqa: S108
