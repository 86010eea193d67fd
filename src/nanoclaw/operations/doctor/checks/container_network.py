"""Running agents have no network but their own loopback: as the kernel shows it, and with ``--live`` by a trial."""

import asyncio
from collections.abc import Sequence

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.containers import Container, containers, interfaces, processes, running
from nanoclaw.operations.doctor.contract import Finding, NotKnownError, Section, Words, error, fine, skipped
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.sandboxes.oci import OciSandbox

# Port 443 of a public address, a name, and the engine's own gateway: each must fail at once, without a route.
_TRIAL = """
import socket
open_ = []
for host in ("1.1.1.1", "example.com", "172.17.0.1", "169.254.169.254"):
    try:
        socket.create_connection((host, 443), 1).close()
        open_.append(host)
    except ConnectionRefusedError:
        open_.append(host)
    except OSError:
        pass
print("open:", *open_)
"""
_TODO = Words(
    "Stop it now: `nanoclaw stop`. Agents reach the outside through the gateway only.",
    "请立即用 `nanoclaw stop` 停止。智能体只能通过网关访问外部。",
)


def judge(name: str, seen: tuple[str, ...] | None) -> Finding | None:
    """What the interfaces of an agent tell; None when it has the loopback alone."""
    if seen is None:
        return skipped(
            Words(
                f"{name}: the kernel does not show its interfaces here; --live tries",
                f"{name}：无法从内核读取其网络接口，可加 --live 实测",
            )
        )
    others = sorted(set(seen) - {"lo"})
    if not others:
        return None
    return error(
        Words(f"{name} has the interfaces {', '.join(others)}", f"{name} 拥有网络接口 {'、'.join(others)}"), _TODO
    )


def judge_trial(name: str, said: str) -> Finding | None:
    """What the trial inside an agent's container printed."""
    if not said.startswith("open:"):
        return skipped(Words(f"{name}: the trial could not run", f"{name}：无法在容器内进行测试"))
    reached = said.removeprefix("open:").split()
    if not reached:
        return None
    return error(Words(f"{name} reaches {', '.join(reached)}", f"{name} 可以连接 {'、'.join(reached)}"), _TODO)


async def _look(ground: Ground) -> Sequence[Finding]:
    engine = await running(ground)
    alone = await asyncio.to_thread(processes, ground, engine)
    found: tuple[Container, ...] = () if alone else await containers(ground)
    first = [(one.name, one.pid) for one in alone] + [(one.name, one.pid) for one in found]
    seen = [judge(name, await asyncio.to_thread(interfaces, ground.processes, pid)) for name, pid in first]
    if ground.live and isinstance(engine.sandbox, OciSandbox):
        client = engine.sandbox.client
        for container in found:
            outcome = await client.call("exec", container.name, "python3", "-I", "-c", _TRIAL, seconds=10)
            seen.append(judge_trial(container.name, outcome.text))
    if not first:
        raise NotKnownError(Words("the agents ended meanwhile", "智能体已结束运行"))
    how = ", tried from inside" if ground.live and found else ""
    how_zh = "（已在容器内实测）" if ground.live and found else ""
    return [finding for finding in seen if finding] or [
        fine(Words(f"{len(first)} running, each closed{how}", f"{len(first)} 个运行中，网络均已封闭{how_zh}"))
    ]


CONTAINER_NETWORK = Check(
    id="container-network",
    section=Section.SANDBOX,
    title=Words("Network of agents", "容器网络隔离"),
    why=Words("With a network, an agent can send out what it reads.", "一旦联网，智能体就能把读到的内容发送出去。"),
    look=_look,
)
