"""Which kind of sandbox this machine can use."""

from typing import assert_never

from nanoclaw.sandboxes.apple import AppleSandbox
from nanoclaw.sandboxes.bubblewrap import BubblewrapSandbox
from nanoclaw.sandboxes.contract import EngineUnavailableError, Sandbox, SandboxKind, TendedSandbox
from nanoclaw.sandboxes.docker import DockerSandbox
from nanoclaw.sandboxes.installation import Installation
from nanoclaw.sandboxes.podman import PodmanSandbox

AUTO = "auto"
ORDER = (SandboxKind.DOCKER, SandboxKind.PODMAN, SandboxKind.BUBBLEWRAP)
"""What ``auto`` tries, best first."""


def make_sandbox(kind: SandboxKind, installation: Installation) -> TendedSandbox:
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
    """The configured kind, or with ``auto`` the best that can be used.

    Raises:
        EngineUnavailableError: the kind cannot be used here, or with ``auto`` none of them.
    """
    if kind != AUTO:
        sandbox = make_sandbox(SandboxKind(kind), installation)
        report = await sandbox.report()
        if report.usable:
            return sandbox
        raise EngineUnavailableError(f"Sandbox {kind}: {report.problem}", hint=report.hint)
    return await _choose_best(installation)


async def _choose_best(installation: Installation) -> Sandbox:
    """The best kind that needs nothing more; podman without its image only where nothing else can be used.

    Whoever runs Docker can mostly get an image for it; a Podman that merely came with the system often cannot.
    """
    problems: list[str] = []
    second_best: Sandbox | None = None
    for kind in ORDER:
        sandbox = make_sandbox(kind, installation)
        report = await sandbox.report()
        if report.usable and (report.ready or kind is not SandboxKind.PODMAN):
            return sandbox
        if report.usable:
            second_best = sandbox
        problems.append(f"{kind}: {report.problem}")
    if second_best is not None:
        return second_best
    raise EngineUnavailableError(
        f"No sandbox can be used. {'; '.join(problems)}",
        hint="Install Docker or Podman, or use Linux with user namespaces for bubblewrap.",
    )
