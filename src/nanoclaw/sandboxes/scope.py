"""Limits for a process that has no engine: a scope of the systemd that runs here, if one does."""

import os
from collections.abc import Mapping

from nanoclaw.sandboxes.contract import EngineUnavailableError, Limits
from nanoclaw.sandboxes.engine import EngineClient


async def find_scope(environment: Mapping[str, str]) -> str | None:
    """The path of a ``systemd-run`` that can make scopes for this user, or None. Takes at most 2 s."""
    client = EngineClient("systemd-run", environment)
    try:
        outcome = await client.call(*_manager(), "--scope", "--quiet", "--collect", "true", seconds=2)
    except EngineUnavailableError:
        return None
    return client.path if outcome.ok else None


def scope_arguments(program: str, limits: Limits) -> tuple[str, ...]:
    """What to put before a command so that it runs within the limits."""
    properties = (
        f"MemoryMax={limits.memory_mib}M",
        "MemorySwapMax=0",
        f"TasksMax={limits.processes}",
        f"CPUQuota={round(limits.cpus * 100)}%",
    )
    return (
        *(program, *_manager(), "--scope", "--quiet", "--collect"),
        *(part for each in properties for part in ("--property", each)),
        "--",
    )


def _manager() -> tuple[str, ...]:
    return () if os.geteuid() == 0 else ("--user",)
