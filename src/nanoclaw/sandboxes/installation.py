"""What every kind of sandbox is told about the installation it works for."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nanoclaw.model.clock import Clock, SystemClock


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """One home folder's sandboxes.

    ``id`` marks them as its own, so that two installations on one machine never touch each other's. ``state`` is a
    private folder for small files (system call filters, build contexts, records of running sandboxes). ``environment``
    is the daemon's own, from which engines' clients keep a few names.
    """

    id: str
    state: Path
    environment: Mapping[str, str]
    base_image: str = "debian:bookworm-slim"
    runtime: str = ""
    """OCI runtime such as ``runsc``; empty: the engine's default."""
    clock: Clock = field(default_factory=SystemClock)


AGENT = (1000, 1000)
"""The user and group that agents run as when the daemon is root."""


def agent_user() -> tuple[int, int]:
    """Who the agent acts as on the host: never root, else the user that runs the daemon."""
    return AGENT if os.geteuid() == 0 else (os.geteuid(), os.getegid())


def workspace_owner() -> tuple[int, int] | None:
    """Who must own what agents write: None where that is the daemon's own user."""
    return AGENT if os.geteuid() == 0 else None
