"""The assistant is installed as a service, up to date, with absolute paths, and starts by itself."""

from collections.abc import Sequence

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, Section, Words, error, fine, warning
from nanoclaw.operations.doctor.fixes.service_file import renew_service_file
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.operations.doctor.installed import Service, find_service, find_stray
from nanoclaw.operations.service.contract import ServiceState

_RENEW = Words("`nanoclaw service install` brings it up to date.", "运行 `nanoclaw service install` 更新。")


def judge(found: Service, ground: Ground) -> list[Finding]:
    """What is to be said of a service that is there."""
    name, report = found.keeper.name, found.report
    fix = renew_service_file(ground) if found.plan else None
    findings = []
    if not found.current:
        findings.append(warning(Words(f"{name} is not up to date", f"{name} 与当前安装不一致"), _RENEW, fix))
    if report.state is ServiceState.FAILED:
        findings.append(
            error(
                Words(f"{name} failed: {report.last_exit}", f"{name} 已失败：{report.last_exit}"),
                Words("`nanoclaw service logs` shows why.", "用 `nanoclaw service logs` 查看原因。"),
            )
        )
    if report.state is ServiceState.UNKNOWN:
        why = next(iter(report.problems), "")
        findings.append(
            warning(
                Words(f"{name} is installed, but its manager does not answer", f"{name} 已安装，但服务管理器无响应"),
                Words(why, f"请检查服务管理器。{why}"),
            )
        )
    elif not report.enabled:
        findings.append(
            warning(Words(f"{name} does not start with the machine", f"{name} 未设为开机自启"), _RENEW, fix)
        )
    return findings or [
        fine(Words(f"{name}, {report.state}, starts by itself", f"{name}，{_STATES[report.state]}，开机自启"))
    ]


_STATES = {
    ServiceState.NOT_INSTALLED: "未安装",
    ServiceState.RUNNING: "运行中",
    ServiceState.STARTING: "正在启动",
    ServiceState.STOPPING: "正在停止",
    ServiceState.STOPPED: "已停止",
    ServiceState.FAILED: "已失败",
    ServiceState.UNKNOWN: "状态未知",
}


async def _look(ground: Ground) -> Sequence[Finding]:
    found = await find_service(ground)
    if found is None and (stray := await find_stray(ground)) is not None:
        path, home = stray
        return [
            warning(
                Words(f"{path.name} is for {home}, which is gone", f"{path.name} 指向已不存在的主目录 {home}"),
                Words(
                    f"If it was moved: `nanoclaw --home '{home}' service uninstall`, then install it here.",
                    f"若主目录已移动：先运行 `nanoclaw --home '{home}' service uninstall`，再在此重新安装。",
                ),
            )
        ]
    if found is None:
        return [
            warning(
                Words("none is installed", "未安装系统服务"),
                Words("`nanoclaw service install` makes one.", "运行 `nanoclaw service install` 安装。"),
            )
        ]
    return judge(found, ground)


SERVICE = Check(
    id="service",
    section=Section.SERVICE,
    title=Words("Service", "系统服务"),
    why=Words("Without one it ends with your session, or a crash.", "没有系统服务时，退出登录或崩溃后助手就会停止。"),
    look=_look,
)
