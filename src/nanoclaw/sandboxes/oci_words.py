"""What Docker and Podman print about containers, read into values."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from nanoclaw.model.groups import GroupFolder
from nanoclaw.sandboxes.contract import Happening, ListedSandbox, SandboxState, SandboxUsage

LISTED_FIELDS = 4
USAGE_FORMAT = "{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.PIDs}}"
_STATES = {
    "created": SandboxState.STARTING,
    "initialized": SandboxState.STARTING,
    "restarting": SandboxState.STARTING,
    "running": SandboxState.RUNNING,
    "up": SandboxState.RUNNING,
    "paused": SandboxState.PAUSED,
}
_UNITS = {
    "": 1,
    "B": 1,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KIB": 2**10,
    "MIB": 2**20,
    "GIB": 2**30,
    "TIB": 2**40,
}
_SIZE = re.compile(r"([0-9.]+)\s*([A-Za-z]*)")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d+)? ?([+-]\d\d):?(\d\d)")


def read_listing(text: str) -> tuple[ListedSandbox, ...]:
    """Lines of name, group, state and time of creation, tabs between them. Podman's state is ``Up 2 minutes ago``."""
    lines = (line.split("\t") for line in text.splitlines() if line.count("\t") == LISTED_FIELDS - 1)
    return tuple(
        ListedSandbox(
            name=name,
            group=GroupFolder(group),
            state=_state(state),
            since=read_moment(created),
        )
        for name, group, state, created in lines
    )


def _state(text: str) -> SandboxState:
    return _STATES.get(text.lower().partition(" ")[0], SandboxState.ENDED)


def read_moment(text: str) -> str:
    """``2026-11-25 11:20:18 +0000 UTC`` as ISO 8601 in UTC; empty when it is something else."""
    found = _MOMENT.match(text.replace("Z", "+00:00"))
    if found is None:
        return ""
    day, clock, hours, minutes = found.groups()
    try:
        return _iso(datetime.fromisoformat(f"{day}T{clock}{hours}:{minutes}"))
    except (ValueError, OverflowError):
        return ""


def read_usage(text: str) -> tuple[SandboxUsage, ...]:
    """Lines of :data:`USAGE_FORMAT`. Those of containers that ended meanwhile hold dashes and are left out."""
    found = []
    for line in text.splitlines():
        name, percent, memory, processes = (*line.split("\t"), "", "", "")[:4]
        used, _, limit = memory.partition("/")
        size = read_size(used)
        if size is not None and processes.strip().isdigit():
            found.append(
                SandboxUsage(
                    name=name,
                    memory=size,
                    memory_limit=read_size(limit) or None,
                    cpu_percent=_percent(percent),
                    processes=int(processes),
                )
            )
    return tuple(found)


def read_size(text: str) -> int | None:
    """``692KiB`` or ``1.5 GB`` in bytes; None when it is no size."""
    found = _SIZE.fullmatch(text.strip())
    if found is None or found[2].upper() not in _UNITS:
        return None
    try:
        return round(float(found[1]) * _UNITS[found[2].upper()])
    except (ValueError, OverflowError):
        return None


def read_happenings(text: str) -> tuple[Happening, ...]:
    """Events, a JSON object a line: Docker's shape or Podman's. What was run inside is not told, only that it was."""
    found = []
    for line in text.splitlines():
        try:
            raw: Any = json.loads(line)
        except ValueError:
            continue
        if isinstance(raw, dict):
            found.append(_happening(raw))
    return tuple(sorted((one for one in found if one.name), key=lambda one: one.at))


def _happening(raw: Mapping[str, Any]) -> Happening:
    attributes = _mapping(_mapping(raw.get("Actor")).get("Attributes") or raw.get("Attributes"))
    what = str(raw.get("Action") or raw.get("Status") or "").partition(":")[0].strip().lower()
    status = attributes.get("exitCode", raw.get("ContainerExitCode", "")) if what in {"die", "died"} else ""
    return Happening(
        at=_event_time(raw),
        name=str(attributes.get("name") or raw.get("Name") or ""),
        what="die" if what == "died" else what,
        status="" if status is None else str(status),
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _event_time(raw: Mapping[str, Any]) -> str:
    try:
        if nano := raw.get("timeNano"):
            return _iso(datetime.fromtimestamp(int(nano) / 1e9, UTC))
        return _iso(datetime.fromtimestamp(float(raw["time"]), UTC))
    except (ValueError, TypeError, OverflowError, LookupError, OSError):
        return read_moment(str(raw.get("Time") or raw.get("time") or ""))


def _percent(text: str) -> float | None:
    try:
        return float(text.strip().rstrip("%"))
    except ValueError:
        return None


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
