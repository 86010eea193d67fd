"""A sandbox kind with made-up places to mount, for tests that start programs in it."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from nanoclaw.model.groups import GroupFolder
from nanoclaw.sandboxes.contract import CLAUDE_HOME, GLOBAL_FOLDER, WORKSPACE, Limits, Mount, Sandbox, SandboxPlan
from nanoclaw.sandboxes.installation import Installation


@dataclass
class Lab:
    """One kind, ready to start programs in."""

    sandbox: Sandbox
    installation: Installation
    places: Path
    limits: Limits = field(default_factory=lambda: Limits(memory_mib=512, processes=96, tmp_mib=16, home_mib=16))
    started: int = 0

    def plan(self, *program: str, **limits: int) -> SandboxPlan:
        self.started += 1
        mounts = (
            Mount(source=self.places / "group", target=WORKSPACE, writable=True),
            Mount(source=self.places / "global", target=GLOBAL_FOLDER),
            Mount(source=self.places / "claude", target=CLAUDE_HOME, writable=True),
        )
        return SandboxPlan(
            name=f"nanoclaw-test-{self.installation.id}-{self.started}",
            group=GroupFolder("main"),
            mounts=mounts,
            gateway=self.places / "gateway",
            environment={"GREETING": "hello, you"},
            limits=replace(self.limits, **limits),
            program=program,
        )

    def run(self, plan: SandboxPlan, sent: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        command = self.sandbox.command(plan)
        return subprocess.run(command, input=sent, capture_output=True, check=False, env=self.environment, timeout=50)

    def python(self, code: str, **limits: int) -> str:
        """What a Python program prints inside; it must succeed."""
        done = self.run(self.plan("python3", "-c", code, **limits))
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().strip()

    @property
    def environment(self) -> dict[str, str]:
        return dict(self.installation.environment) | {"CLAUDE_CODE_ENTRYPOINT": "sdk-py", "SECRET": "not for agents"}

    @asynccontextmanager
    async def running(self, plan: SandboxPlan) -> AsyncIterator[asyncio.subprocess.Process]:
        """A sandbox that has said ``ready``."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *self.sandbox.command(plan), stdin=pipe, stdout=pipe, env=self.environment
        )
        try:
            assert process.stdout is not None
            async with asyncio.timeout(30):
                assert await process.stdout.readline() == b"ready\n"
            yield process
        finally:
            await self.sandbox.stop(plan.name)
            if process.returncode is None:
                process.kill()
            await process.communicate()
