import asyncio
import os
from collections.abc import Iterator

import pytest

from nanoclaw.sandboxes.choose import make_sandbox
from nanoclaw.sandboxes.contract import SandboxError, SandboxKind
from nanoclaw.sandboxes.installation import Installation
from tests.contracts.sandbox_lab import Lab

_KINDS = (SandboxKind.DOCKER, SandboxKind.PODMAN, SandboxKind.BUBBLEWRAP)


@pytest.fixture(scope="module", params=_KINDS)
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    places = tmp_path_factory.mktemp("sandbox")
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TERM", "DOCKER_HOST") if name in os.environ}
    (places / "home").mkdir()
    installation = Installation(
        id=f"{request.param.value[:3]}{os.getpid()}",
        state=places / "state",
        environment=kept | {"HOME": str(places / "home")},
    )
    sandbox = make_sandbox(request.param, installation)
    report = asyncio.run(sandbox.report())
    if not report.usable:
        pytest.skip(f"{request.param}: {report.problem}")
    try:
        asyncio.run(sandbox.prepare(print))
    except SandboxError as error:
        pytest.skip(f"{request.param}: {error} {error.hint}")
    for name in ("group", "global", "claude", "gateway"):
        (places / name).mkdir(mode=0o700)
        if sandbox.workspace_owner:
            os.chown(places / name, *sandbox.workspace_owner)
    (places / "global" / "CLAUDE.md").write_text("shared")
    (places / "global").chmod(0o755)
    yield Lab(sandbox, installation, places)
    asyncio.run(sandbox.reap())
