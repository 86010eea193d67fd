"""What a request asks the model's service itself to do: a way round the network policy if nobody looked.

The service can search the web, fetch addresses, load images by their address and talk to other servers, all named in
the body of a request. Bodies are large and nearly always harmless, so they are parsed only when something in them
could matter: a telling word, or ASCII written as escapes, which no JSON writer does by itself.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from nanoclaw.gateway.policy import GroupPolicy

_TELLING = re.compile(
    rb'web_fetch|web_search|mcp_servers|mcp_toolset|code_execution|"container"|"url"|"file"|\\u00[2-7]', re.ASCII
)
_BLANK = b" \t\r\n"
_SEARCH = "web_search"
_FETCHING = ("web_fetch", "code_execution", "mcp_toolset")


class _UnclearError(ValueError):
    """A request that two readers could take in two ways."""


def why_not(body: bytes, policy: GroupPolicy) -> str:
    """Why a request may not leave under this policy; empty when it may."""
    if policy.fetches:
        return ""
    if body.lstrip(_BLANK)[:1] != b"{" or b"\0" in body:
        # UTF-16 and UTF-32, which some readers of JSON take, and what is packed: nothing telling would be found in it.
        return "the request is not plain JSON in UTF-8"
    if _TELLING.search(body) is None:
        return ""
    try:
        request = json.loads(body.decode("utf-8"), object_pairs_hook=_object)
    except (ValueError, RecursionError):
        return "the request is not plain JSON in UTF-8"
    return _why_not(request, policy) if isinstance(request, dict) else "the request is not a JSON object"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _UnclearError("a name comes twice")
    return found


def _why_not(request: dict[str, Any], policy: GroupPolicy) -> str:
    if request.get("mcp_servers") or request.get("container"):
        return "servers and containers of the model's service are not open to this group"
    tools = request.get("tools")
    for tool in tools if isinstance(tools, list) else ():
        kind = str(tool.get("type", "")) if isinstance(tool, dict) else ""
        if kind.startswith(_FETCHING) or (kind.startswith(_SEARCH) and not policy.searches):
            return f"the model's service may not use {kind[:40]} for this group"
    for part in (request.get("messages"), request.get("system")):
        if any(source.get("type") in {"url", "file"} for source in _sources(part)):
            return "the model's service may not load addresses for this group"
    return ""


def _sources(part: object) -> Iterator[dict[str, Any]]:
    """Every ``source`` of an image or a document, however deep it lies in results of tools."""
    waiting = [part]
    while waiting:
        match waiting.pop():
            case list() as many:
                waiting += many
            case {"type": "image" | "document", "source": dict() as source}:
                yield source
            case {"type": "tool_result", "content": content}:
                waiting.append(content)
            case {"content": content}:
                waiting.append(content)
            case _:
                pass
