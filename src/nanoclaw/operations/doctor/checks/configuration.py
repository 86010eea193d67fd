"""``config.toml`` and ``.env`` can be read and say nothing that is not allowed."""

from collections.abc import Sequence

from nanoclaw.gateway.contract import GatewayError
from nanoclaw.gateway.policy import parse_rules
from nanoclaw.model.errors import NanoclawError
from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Section, Words, error, fine
from nanoclaw.operations.doctor.ground import Ground


async def _look(ground: Ground) -> Sequence[Finding]:
    findings = [_wrong(problem) for problem in (ground.settings_problem, ground.upstream_problem) if problem]
    if ground.settings is not None:
        try:
            parse_rules(ground.settings.gateway.allow)
        except GatewayError as problem:
            findings.append(_wrong(problem))
    if findings:
        return findings
    if not ground.home.config.exists():
        return [fine(Words("no config.toml: all settings at their defaults", "没有 config.toml，全部使用默认设置"))]
    return [fine(Words("config.toml can be read and is valid", "config.toml 可读且有效"))]


def _wrong(problem: NanoclawError) -> Finding:
    return error(
        Words(str(problem), f"配置有误：{problem}"),
        Words(problem.hint or "Mend that line.", "请改正该处；全部设置见 docs/reference/settings.md。"),
    )


CONFIGURATION = Check(
    id="configuration",
    section=Section.CONFIGURATION,
    title=Words("Configuration", "配置文件"),
    why=Words("The assistant does not start with a wrong one.", "配置有误时助手无法启动。"),
    look=_look,
)
