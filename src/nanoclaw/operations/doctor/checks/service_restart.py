"""The service is started again after a crash, and goes on when nobody is logged in."""

import plistlib
import re
from collections.abc import Sequence
from xml.parsers.expat import ExpatError

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Section, Words, error, fine, warning
from nanoclaw.operations.doctor.fixes.service_file import renew_service_file
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.operations.doctor.installed import Service, need_service

_RESTART = re.compile(r"^Restart=(always|on-failure|on-abnormal)$", re.MULTILINE)


def restarts(text: str) -> bool:
    """Whether a unit or property list asks for a restart after a failure."""
    if not text.startswith("<?xml"):
        return _RESTART.search(text) is not None
    try:
        return bool(plistlib.loads(text.encode()).get("KeepAlive"))
    except (plistlib.InvalidFileException, ExpatError, ValueError, AttributeError):
        return False


def judge(found: Service, ground: Ground) -> list[Finding]:
    """What is to be said of a service that is there."""
    findings = []
    if not restarts(found.text):
        findings.append(
            error(
                Words(f"{found.keeper.path} asks for no restart", f"{found.keeper.path} 未配置自动重启"),
                Words("`nanoclaw service install` writes it anew.", "运行 `nanoclaw service install` 重新生成。"),
                renew_service_file(ground) if found.plan else None,
            )
        )
    if not found.lingers:
        user = found.plan.account.name if found.plan else "$USER"
        findings.append(
            warning(
                Words("it ends when you log out: lingering is off", "退出登录后服务会停止（未启用 linger）"),
                Words(f"Run `loginctl enable-linger {user}`.", f"运行 `loginctl enable-linger {user}`。"),
            )
        )
    count = found.report.restarts
    if count:
        findings.append(
            warning(
                Words(f"started again {count} times by itself", f"已自动重启 {count} 次"),
                Words("`nanoclaw service logs` shows why.", "用 `nanoclaw service logs` 查看原因。"),
            )
        )
    return findings or [fine(Words("after a crash, and without a session", "崩溃后自动重启，且不依赖登录会话"))]


async def _look(ground: Ground) -> Sequence[Finding]:
    return judge(await need_service(ground), ground)


SERVICE_RESTART = Check(
    id="service-restart",
    section=Section.SERVICE,
    title=Words("Restart policy", "自动重启策略"),
    why=Words("A crash at night would last until somebody looks.", "夜间崩溃会一直持续到有人发现。"),
    look=_look,
)
