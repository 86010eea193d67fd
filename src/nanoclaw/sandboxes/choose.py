"""Which kind of sandbox this machine can use."""

from typing import assert_never

from nanoclaw.sandboxes.apple import AppleSandbox
from nanoclaw.sandboxes.bubblewrap import BubblewrapSandbox
from nanoclaw.sandboxes.contract import EngineUnavailableError, Sandbox, SandboxKind
from nanoclaw.sandboxes.docker import DockerSandbox
from nanoclaw.sandboxes.installation import Installation
from nanoclaw.sandboxes.podman import PodmanSandbox

AUTO = "auto"
ORDER = (SandboxKind.DOCKER, SandboxKind.PODMAN, SandboxKind.BUBBLEWRAP)
"""What ``auto`` tries, best first."""


def make_sandbox(kind: SandboxKind, installation: Installation) -> Sandbox:
    """A sandbox of this kind, whether it can be used here or not."""
    match kind:
        case SandboxKind.DOCKER:
            return DockerSandbox(installation)
        case SandboxKind.PODMAN:
            return PodmanSandbox(installation)
        case SandboxKind.APPLE:
            return AppleSandbox(installation)
        case SandboxKind.BUBBLEWRAP:
            return BubblewrapSandbox(installation)
        case _:
            assert_never(kind)


async def choose_sandbox(kind: str, installation: Installation) -> Sandbox:
    """The configured kind, or with ``auto`` the first of :data:`ORDER` that can be used.

    Raises:
        EngineUnavailableError: the kind cannot be used here, or with ``auto`` none of them.
    """
    kinds = ORDER if kind == AUTO else (SandboxKind(kind),)
    problems = []
    hint = ""
    for each in kinds:
        sandbox = make_sandbox(each, installation)
        report = await sandbox.report()
        if report.usable:
            return sandbox
        problems.append(f"{each}: {report.problem}")
        hint = report.hint
    raise EngineUnavailableError(
        f"No sandbox can be used. {'; '.join(problems)}" if kind == AUTO else f"Sandbox {problems[0]}",
        hint="Install Docker or Podman, or use Linux with user namespaces for bubblewrap." if kind == AUTO else hint,
    )
