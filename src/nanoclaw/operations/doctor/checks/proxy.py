"""The proxy settings can be used, and with ``--live`` somebody answers there."""

import asyncio
from collections.abc import Sequence
from urllib.parse import urlsplit

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, NotKnownError, Section, Words, error, fine
from nanoclaw.operations.doctor.ground import Ground

_SECONDS = 5.0
_PORTS = {"http": 80, "https": 443}


async def _look(ground: Ground) -> Sequence[Finding]:
    if ground.upstream is None:
        problem = ground.upstream_problem
        if problem is None or "HTTPS_PROXY" not in str(problem):
            raise NotKnownError(Words("the .env file cannot be read, or is wrong", ".env 文件无法读取或有误"))
        return [
            error(
                Words(str(problem), f"代理地址无效：{problem}"),
                Words(problem.hint, "请写成 https://主机名 的形式，或不设置该变量。"),
            )
        ]
    if ground.upstream.proxy is None:
        return [fine(Words("none set", "未设置代理"))]
    parts = urlsplit(ground.upstream.proxy.get_secret_value())
    host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 443)
    where = f"{parts.scheme}://{host}:{port}"
    if not ground.live:
        return [
            fine(
                Words(
                    f"HTTPS_PROXY is {where} (not tried; --live does)", f"HTTPS_PROXY 为 {where}（未验证，可加 --live）"
                )
            )
        ]
    return [await _tried(host, port, where)]


async def _tried(host: str, port: int, where: str) -> Finding:
    try:
        async with asyncio.timeout(_SECONDS):
            _, writer = await asyncio.open_connection(host, port)
            writer.close()
    except (OSError, TimeoutError) as problem:
        reason = getattr(problem, "strerror", None) or type(problem).__name__
        return error(
            Words(f"nobody answers at {where}: {reason}", f"代理 {where} 无响应：{reason}"),
            Words("Start the proxy, or correct HTTPS_PROXY.", "请启动代理，或更正 HTTPS_PROXY。"),
        )
    return fine(Words(f"{where} answers", f"{where} 有响应"))


PROXY = Check(
    id="proxy",
    section=Section.PREFLIGHT,
    title=Words("Proxy", "代理设置"),
    why=Words("With a wrong proxy the model cannot be reached.", "代理设置错误会导致无法访问模型。"),
    look=_look,
)
