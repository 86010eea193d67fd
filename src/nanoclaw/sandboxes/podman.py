"""Agents in Podman containers, which need no daemon and, run by an ordinary user, no root."""

import os

from nanoclaw.sandboxes.contract import SandboxKind
from nanoclaw.sandboxes.installation import Installation
from nanoclaw.sandboxes.oci import OciSandbox
from nanoclaw.sandboxes.oci_arguments import GROUP_LABEL

_PROCESSES = 16_384


class PodmanSandbox(OciSandbox):
    """Podman, rootless where the daemon is not root."""

    def __init__(self, installation: Installation) -> None:
        super().__init__(SandboxKind.PODMAN, installation)

    @property
    def end_event(self) -> str:
        """Podman's word."""
        return "died"

    def event_window(self, since: int, now: int) -> tuple[str, ...]:
        """Podman knows whole seconds only, and would wait for the end of the present one."""
        del now
        return ("--since", str(since // 1000), "--stream=false")

    @property
    def extra_arguments(self) -> tuple[str, ...]:
        """Rootless, the agent's user inside is the user outside, so that its files are the user's.

        No ``--init``: Podman wants a program for it that not every machine has, and the entry script does the same.
        """
        own = () if os.geteuid() == 0 else ("--userns", "keep-id")
        # Podman would ask for a million processes a user, which fails where the hard limit is lower. This one counts
        # the processes of all agents; --pids-limit holds each of them.
        return ("--pull", "never", "--ulimit", f"nproc={_PROCESSES}:{_PROCESSES}", *own)

    @property
    def home_is_owned(self) -> bool:
        """Podman knows no owner of a tmpfs."""
        return False

    @property
    def group_field(self) -> str:
        """Podman's labels are a map."""
        return f'{{{{index .Labels "{GROUP_LABEL}"}}}}'

    @property
    def removal(self) -> tuple[str, ...]:
        """Podman would wait 10 s for a kind answer."""
        return (*super().removal, "--time", "0")
