"""The agent image is built, and of this version."""

from collections.abc import Sequence

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, NotKnownError, Section, Words, error, fine
from nanoclaw.operations.doctor.fixes.image import build_image
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.sandboxes.contract import SandboxKind


async def _look(ground: Ground) -> Sequence[Finding]:
    engine = await ground.engine.get()
    if engine.sandbox is None or engine.report is None:
        raise NotKnownError(Words("no sandbox can be used", "没有可用的沙箱"))
    if engine.report.kind is SandboxKind.BUBBLEWRAP:
        return [fine(Words("bubblewrap needs none", "bubblewrap 无需镜像"))]
    if engine.report.ready:
        return [fine(Words("built, and current", "已构建，且为当前版本"))]
    return [
        error(
            Words(engine.report.problem or "missing or outdated", "镜像缺失或已过期"),
            Words(
                "Run `nanoclaw image build`; without a registry, add --debootstrap.",
                "运行 `nanoclaw image build`；没有镜像仓库时加 --debootstrap。",
            ),
            build_image(engine.sandbox),
        )
    ]


IMAGE = Check(
    id="image",
    section=Section.SANDBOX,
    title=Words("Agent image", "智能体镜像"),
    why=Words(
        "The first message waits until it is built, and fails if it cannot be.",
        "第一条消息要等镜像构建完成；若无法构建则会失败。",
    ),
    look=_look,
)
