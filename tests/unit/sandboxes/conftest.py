from collections.abc import Callable
from pathlib import Path

import pytest

from nanoclaw.model.groups import GroupFolder
from nanoclaw.sandboxes.contract import CLAUDE_HOME, WORKSPACE, Mount, SandboxPlan


@pytest.fixture
def make_plan(tmp_path: Path) -> Callable[..., SandboxPlan]:
    """A plan whose folders exist below the given one."""

    def make(root: Path = tmp_path, *, environment: dict[str, str] | None = None) -> SandboxPlan:
        for name in ("group", "claude", "gateway"):
            (root / name).mkdir(parents=True, exist_ok=True)
        return SandboxPlan(
            name="nanoclaw-x-1",
            group=GroupFolder("main"),
            mounts=(
                Mount(source=root / "group", target=WORKSPACE, writable=True),
                Mount(source=root / "claude", target=CLAUDE_HOME),
            ),
            gateway=root / "gateway",
            environment=environment or {},
        )

    return make
