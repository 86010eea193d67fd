"""What a request asks the model's service itself to do."""

import gzip
import json
from typing import Any

import pytest

from nanoclaw.gateway.inspection import why_not
from nanoclaw.gateway.policy import GroupPolicy
from nanoclaw.model.options import GroupOptions, NetworkPolicy
from tests.fakes.clocks import HeldClock

ASKING = {
    "model": "claude",
    "messages": [{"role": "user", "content": "hello, look at https://example.org/?q=web_fetch"}],
}


def policy(network: NetworkPolicy) -> GroupPolicy:
    made = GroupPolicy((), HeldClock())
    made.set_options(GroupOptions(network=network))
    return made


def tool(kind: str) -> dict[str, Any]:
    return {**ASKING, "tools": [{"name": "Bash", "input_schema": {}}, {"type": kind, "name": kind}]}


def image(source: dict[str, str]) -> dict[str, Any]:
    block = {"type": "image", "source": source}
    result = {"type": "tool_result", "tool_use_id": "t", "content": [block]}
    return {"model": "claude", "messages": [{"role": "user", "content": [result]}]}


@pytest.mark.parametrize("network", list(NetworkPolicy))
def test_an_ordinary_request_leaves_under_every_policy(network: NetworkPolicy) -> None:
    assert why_not(json.dumps(ASKING).encode(), policy(network)) == ""
    local = image({"type": "base64", "media_type": "image/png", "data": "AAAA"})
    assert why_not(json.dumps(local).encode(), policy(network)) == ""


@pytest.mark.parametrize(
    "request_",
    [
        tool("web_fetch_20250910"),
        tool("code_execution_20250825"),
        {**ASKING, "mcp_servers": [{"type": "url", "url": "https://evil.example", "name": "x"}]},
        {**ASKING, "container": "c1"},
        image({"type": "url", "url": "https://evil.example/?secret"}),
        image({"type": "file", "file_id": "f"}),
    ],
)
def test_what_the_service_would_fetch_is_held_to_the_policy(request_: dict[str, Any]) -> None:
    body = json.dumps(request_).encode()
    assert why_not(body, policy(NetworkPolicy.NONE))
    assert why_not(body, policy(NetworkPolicy.ALLOWLIST))
    assert why_not(body, policy(NetworkPolicy.PUBLIC)) == ""


def test_the_service_may_search_unless_the_group_has_no_network() -> None:
    body = json.dumps(tool("web_search_20250305")).encode()
    assert why_not(body, policy(NetworkPolicy.ALLOWLIST)) == ""
    assert "web_search" in why_not(body, policy(NetworkPolicy.NONE))


@pytest.mark.parametrize(
    "body",
    [
        b'{"tools": [{"type": "web\\u005ffetch_20250910"}]}',
        b'{"tools": [], "tools": [{"type": "web_fetch_20250910"}]}',
        *('{"tools": [{"type": "web_fetch_20250910"}]}'.encode(name) for name in ("utf-16", "utf-16-le", "utf-32-be")),
        '{"tools": [{"type": "web_fetch_20250910"}]}'.encode("utf-8-sig"),
        gzip.compress(b'{"tools": [{"type": "web_fetch_20250910"}]}', mtime=0),
        b'{"tools": [{"type": "web_fetch_20250910"}], "tools": []}',
        b'{"mcp\\u005fservers": [{}]}',
        json.dumps(tool("web_fetch_20250910")).encode("utf-16")[2:] + b"web_fetch",
        b"[" * 100_000 + b'"web_fetch"',
        b'["web_fetch"]',
    ],
)
def test_a_request_in_disguise_is_refused(body: bytes) -> None:
    assert why_not(body, policy(NetworkPolicy.ALLOWLIST))
