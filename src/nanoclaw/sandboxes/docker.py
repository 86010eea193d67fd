"""Agents in Docker containers."""

from nanoclaw.sandboxes.contract import SandboxKind
from nanoclaw.sandboxes.installation import Installation
from nanoclaw.sandboxes.oci import OciSandbox


class DockerSandbox(OciSandbox):
    """Docker, or whatever answers to the ``docker`` program."""

    def __init__(self, installation: Installation) -> None:
        super().__init__(SandboxKind.DOCKER, installation)

    @property
    def extra_arguments(self) -> tuple[str, ...]:
        """Docker brings a small first process that collects orphans."""
        return ("--init",)
