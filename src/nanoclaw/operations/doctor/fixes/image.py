"""Build the agent image."""

from nanoclaw.operations.doctor.contract import Fix, Words
from nanoclaw.sandboxes.contract import Sandbox
from nanoclaw.sandboxes.preparation import prepare


def build_image(sandbox: Sandbox) -> Fix:
    """Build it if it is missing or outdated. Takes a minute or more, and may download the base image."""

    async def apply() -> tuple[Words, ...]:
        if (await sandbox.report()).ready:
            return ()
        await prepare(sandbox, lambda _line: None)
        return (Words(f"built the agent image for {sandbox.kind}", f"已为 {sandbox.kind} 构建智能体镜像"),)

    return Fix(description=Words("build the agent image (takes a minute)", "构建智能体镜像（约需一分钟）"), apply=apply)
