"""Agents in Podman containers, which need no daemon and, run by an ordinary user, no root."""

import os

from nanoclaw.sandboxes.contract import SandboxKind
from nanoclaw.sandboxes.installation import Installation
from nanoclaw.sandboxes.oci import OciSandbox


class PodmanSandbox(OciSandbox):
    """Podman, rootless where the daemon is not root."""

    def __init__(self, installation: Installation) -> None:
        super().__init__(SandboxKind.PODMAN, installation)

    @property
    def end_event(self) -> str:
        """Podman's word."""
        return "died"

    @property
    def extra_arguments(self) -> tuple[str, ...]:
        """Rootless, the agent's user inside is the user outside, so that its files are the user's."""
        own = () if os.geteuid() == 0 else ("--userns", "keep-id")
        return ("--pull", "never", *own)
