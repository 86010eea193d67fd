"""There is a key to the model, and with ``--live`` the model's service takes it."""

from collections.abc import Sequence

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.contract import Finding, NotKnownError, Section, Words, error, fine, skipped, warning
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.settings.schema import Credential, Upstream

_SECONDS = 15.0
_MODEL = "claude-sonnet-4-5"
_REFUSED = {401, 403}
_SET = Words(
    "Set ANTHROPIC_API_KEY in .env; `nanoclaw chat` asks for it.",
    "在 .env 中设置 ANTHROPIC_API_KEY；运行 `nanoclaw chat` 时会提示输入。",
)


async def _look(ground: Ground) -> Sequence[Finding]:
    if ground.upstream is None:
        raise NotKnownError(Words("the .env file cannot be read", "无法读取 .env 文件"))
    credential = ground.upstream.credential
    if credential is None:
        return [error(Words("none found", "未找到密钥"), _SET)]
    if not ground.live:
        return [
            fine(Words(f"{credential.source} (not tried; --live does)", f"{credential.source}（未验证，可加 --live）"))
        ]
    return [await _tried(ground.upstream, credential)]


async def _tried(upstream: Upstream, credential: Credential) -> Finding:
    """Ask the service to count the tokens of a word, which costs nothing."""
    from aiohttp import ClientError, ClientSession, ClientTimeout  # noqa: PLC0415 - slow to import, and rarely needed

    body = {"model": _MODEL, "messages": [{"role": "user", "content": "hello"}]}
    proxy = upstream.proxy.get_secret_value() if upstream.proxy else None
    try:
        async with (
            ClientSession(timeout=ClientTimeout(total=_SECONDS), headers=_headers(credential)) as session,
            session.post(f"{upstream.base_url}/v1/messages/count_tokens", json=body, proxy=proxy) as response,
        ):
            return judge(response.status, credential.source)
    except (ClientError, OSError, TimeoutError) as problem:
        name = type(problem).__name__
        return warning(
            Words(f"the model's service cannot be reached ({name})", f"无法连接模型服务（{name}）"),
            Words(
                "Check the network, HTTPS_PROXY and ANTHROPIC_BASE_URL.",
                "请检查网络、HTTPS_PROXY 和 ANTHROPIC_BASE_URL。",
            ),
        )


def judge(status: int, source: str) -> Finding:
    """What the service's answer says about the key."""
    if status in _REFUSED:
        return error(Words(f"{source} is refused (status {status})", f"{source} 被拒绝（状态码 {status}）"), _SET)
    if status == 200:
        return fine(Words(f"{source}, taken by the service", f"{source}，已通过服务验证"))
    return skipped(
        Words(
            f"{source}; the service answered {status}, which says nothing about the key",
            f"{source}；服务返回 {status}，无法据此判断密钥是否有效",
        )
    )


def _headers(credential: Credential) -> dict[str, str]:
    version = {"anthropic-version": "2023-06-01"}
    if credential.oauth_token is not None:
        token = credential.oauth_token.get_secret_value()
        return {**version, "authorization": f"Bearer {token}", "anthropic-beta": "oauth-2025-04-20"}
    key = credential.api_key.get_secret_value() if credential.api_key else ""
    return {**version, "x-api-key": key}


CREDENTIAL = Check(
    id="credential",
    section=Section.PREFLIGHT,
    title=Words("Key to the model", "模型密钥"),
    why=Words("Without a valid key no message is answered.", "没有有效密钥，任何消息都得不到回答。"),
    look=_look,
)
