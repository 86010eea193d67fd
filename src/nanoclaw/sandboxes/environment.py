"""What the first program inside is told: variables that hold no secret, and which folders to expect."""

from nanoclaw.sandboxes.contract import AGENT_HOME, CLAUDE_HOME, MODEL_PORT, PROXY_PORT, SandboxPlan

INHERITED = ("CLAUDE_CODE_ENTRYPOINT", "CLAUDE_AGENT_SDK_VERSION", "CLAUDE_CODE_SDK_READS_SESSION_STATE")
"""Set by the Claude Agent SDK for the process it starts, and handed on to ``claude`` when they are there."""


def agent_environment(plan: SandboxPlan) -> dict[str, str]:
    """The plan's own variables and the fixed ones, which win. :data:`INHERITED` comes on top at the start."""
    proxy = f"http://127.0.0.1:{PROXY_PORT}"
    return plan.environment | {
        "HOME": str(AGENT_HOME),
        "CLAUDE_CONFIG_DIR": str(CLAUDE_HOME),
        "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{MODEL_PORT}",
        "ANTHROPIC_API_KEY": "placeholder",
        "HTTPS_PROXY": proxy,
        "HTTP_PROXY": proxy,
        "https_proxy": proxy,
        "http_proxy": proxy,
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
    }


def expectations(plan: SandboxPlan) -> tuple[str, ...]:
    """Arguments for the entry: the folders that must be the ones that were meant."""
    known = [(mount.identity, mount.target) for mount in plan.mounts if mount.identity is not None]
    return tuple(part for (device, inode), target in known for part in ("--expect", f"{device}:{inode}:{target}"))
