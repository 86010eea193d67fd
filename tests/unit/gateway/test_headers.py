from multidict import CIMultiDict
from pydantic import SecretStr

from nanoclaw.gateway.headers import answer_headers, request_headers
from nanoclaw.settings.schema import Credential

KEY = Credential(api_key=SecretStr("sk-real"))
TOKEN = Credential(oauth_token=SecretStr("oat-real"))


def test_only_headers_on_the_list_leave_and_the_credential_is_ours() -> None:
    client = CIMultiDict(
        {
            "X-Api-Key": "sk-of-the-agent",
            "Authorization": "Bearer other",
            "Proxy-Authorization": "Basic x",
            "Cookie": "a=b",
            "Host": "evil.test",
            "Connection": "x-app",
            "Transfer-Encoding": "chunked",
            "Accept-Encoding": "gzip, br",
            "X-Forwarded-For": "1.2.3.4",
            "X-Claude-Code-Session-Id": "s",
            "X-App": "cli",
            "X-Stainless-Lang": "js",
            "Anthropic-Version": "2023-06-01",
            "User-Agent": "claude",
        }
    )
    assert request_headers(client, KEY) == {
        "x-app": "cli",
        "x-stainless-lang": "js",
        "anthropic-version": "2023-06-01",
        "user-agent": "claude",
        "accept-encoding": "identity",
        "x-api-key": "sk-real",
    }


def test_an_oauth_token_goes_as_bearer_with_its_beta_once() -> None:
    client = CIMultiDict([("anthropic-beta", "a, oauth-2025-04-20"), ("Anthropic-Beta", "b,a")])
    headers = request_headers(client, TOKEN)
    assert headers["authorization"] == "Bearer oat-real"
    assert headers["anthropic-beta"] == "a,oauth-2025-04-20,b"
    assert "x-api-key" not in headers
    assert request_headers({}, TOKEN)["anthropic-beta"] == "oauth-2025-04-20"


def test_only_headers_on_the_list_come_back() -> None:
    upstream = {
        "Set-Cookie": "a=b",
        "Location": "https://evil.test",
        "Anthropic-Organization-Id": "org",
        "Server": "cloudflare",
        "Content-Type": "application/json",
        "Request-Id": "req_1",
        "Retry-After": "3",
        "Anthropic-RateLimit-Requests-Remaining": "5",
    }
    assert answer_headers(upstream) == {
        "content-type": "application/json",
        "request-id": "req_1",
        "retry-after": "3",
        "anthropic-ratelimit-requests-remaining": "5",
        "server": "nanoclaw",
    }
