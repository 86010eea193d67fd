"""The Messages API as bytes and values, without any I/O: read a request's body, build the answer's body."""

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nanoclaw.stub_model.errors import BadRequestError
from nanoclaw.stub_model.script import TokenCounts, ToolCall

_REMINDER = re.compile(r"<system-reminder>.*?</system-reminder>\s*", re.DOTALL)
_MESSAGE = re.compile(r"<message(?:\s[^>]*)?>(.*?)</message>", re.DOTALL)
# A person's own "<" is escaped, so whatever still looks like an element is a quotation or an attachment.
_INNER_ELEMENT = re.compile(r"<(\w[\w-]*)\b[^<>]*>.*?</\1>|<[^<>]*>", re.DOTALL)
# claude hands on what a person wrote while a tool ran in a message of role "system", one such passage for each.
_WRITTEN_MEANWHILE = re.compile(
    r"The user sent a new message while you were working:\n(.*?)\n\nThis is how Claude Code surfaces", re.DOTALL
)
_INTERRUPTED = re.compile(r"\[Request interrupted by user[^\]\n]*\]\s*")

# How claude asks for the summary when it compacts a conversation; it offers its tools with that, too.
_COMPACTION = "CRITICAL: Respond with TEXT ONLY. Do NOT call any tools."

_ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """What a tool answered, as the request carries it."""

    tool_use_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRequest:
    """A request to ``/v1/messages``, reduced to what a script looks at."""

    model: str
    stream: bool
    is_side_request: bool
    """``claude`` asks on its own account, for a title or a summary: it offers no tools, or forbids their use."""
    wants_summary: bool
    """The side request with which ``claude`` compacts a conversation; it asks again unless it gets a ``<summary>``."""
    user_text: str
    """All text since the last assistant message, without what ``claude`` adds."""
    newest_text: str
    """What the person wrote in the newest ``<message>`` element, unescaped; without one, the ``user_text``."""
    tool_results: tuple[ToolResult, ...]
    interrupted: bool
    """The person stopped the turn before this request."""
    output_schema: Mapping[str, Any] | None
    """The JSON schema that the answer has to fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A complete answer, ready to be sent whole or in pieces."""

    id: str
    model: str
    text: str
    tool: ToolCall | None
    tool_use_id: str
    tokens: TokenCounts


def read_request(raw: bytes, *, needs_max_tokens: bool = True) -> ModelRequest:
    """Read the body of a request to ``/v1/messages`` or, without ``max_tokens``, to ``count_tokens``.

    Raises:
        BadRequestError: The Messages API would refuse it.
    """
    try:
        body: object = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadRequestError("The request body is not valid JSON.") from error
    if not isinstance(body, dict):
        raise BadRequestError("The request body must be an object.")
    if needs_max_tokens and not _is_positive(body.get("max_tokens")):
        raise BadRequestError("max_tokens: must be a positive integer")
    if not isinstance(body.get("stream", False), bool):
        raise BadRequestError("stream: must be a boolean")
    return _read_parts(body, _new_blocks(_list_of_objects(body, "messages")))


def _read_parts(body: Mapping[str, Any], blocks: list[tuple[str, Mapping[str, Any]]]) -> ModelRequest:
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise BadRequestError("model: must be a non-empty string")
    said = [_text_of(role, block) for role, block in blocks if block["type"] == "text"]
    raw_text = "\n".join(text for text in said if text)
    user_text = _INTERRUPTED.sub("", raw_text).strip()
    return ModelRequest(
        model=model,
        stream=body.get("stream", False),
        is_side_request=_offers_no_tools(body) or user_text.startswith(_COMPACTION),
        wants_summary=user_text.startswith(_COMPACTION),
        user_text=user_text,
        newest_text=_newest_text(user_text),
        tool_results=tuple(_tool_result(block) for _, block in blocks if block["type"] == "tool_result"),
        interrupted=_INTERRUPTED.search(raw_text) is not None,
        output_schema=_output_schema(body),
    )


def _offers_no_tools(body: Mapping[str, Any]) -> bool:
    return not (body.get("tools") and _list_of_objects(body, "tools"))


def _is_positive(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _list_of_objects(body: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    items = body.get(key)
    if not isinstance(items, list) or not items or not all(isinstance(item, dict) for item in items):
        raise BadRequestError(f"{key}: must be a non-empty list of objects")
    return items


def _new_blocks(messages: list[dict[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
    """The content blocks after the last assistant message, each with the role of its message."""
    found: list[tuple[str, Mapping[str, Any]]] = []
    for number, message in enumerate(messages):
        role = message.get("role")
        if not isinstance(role, str) or role not in {"user", "assistant", "system"}:
            raise BadRequestError(f"messages.{number}.role: must be user, assistant or system")
        blocks = _blocks(message.get("content"), f"messages.{number}.content")
        if role == "assistant":
            found.clear()
        else:
            found.extend((role, block) for block in blocks)
    return found


def _blocks(content: object, where: str) -> list[dict[str, Any]]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    if not isinstance(content, list):
        raise BadRequestError(f"{where}: must be a string or a list")
    for block in content:
        if not isinstance(block, dict) or not isinstance(block.get("type"), str):
            raise BadRequestError(f"{where}: each block must be an object with a type")
        required = {"text": "text", "tool_result": "tool_use_id"}.get(block["type"])
        if required and not isinstance(block.get(required), str):
            raise BadRequestError(f"{where}: a {block['type']} block must have a {required}")
    return content


def _text_of(role: str, block: Mapping[str, Any]) -> str:
    text: str = block["text"]
    if role == "system":
        return "\n".join(_WRITTEN_MEANWHILE.findall(text))
    return _REMINDER.sub("", text)


def _tool_result(block: Mapping[str, Any]) -> ToolResult:
    content = block.get("content") or ""
    blocks = _blocks(content, "tool_result.content")
    text = "\n".join(inner["text"] for inner in blocks if inner["type"] == "text")
    return ToolResult(tool_use_id=block["tool_use_id"], text=_REMINDER.sub("", text).rstrip())


def _newest_text(user_text: str) -> str:
    elements = _MESSAGE.findall(user_text)
    if not elements:
        return user_text
    return html.unescape(_INNER_ELEMENT.sub("", elements[-1])).strip()


def _output_schema(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    config = body.get("output_config")
    wanted = config.get("format") if isinstance(config, dict) else None
    schema = wanted.get("schema") if isinstance(wanted, dict) else None
    return schema if isinstance(schema, dict) else None


def fit_schema(schema: object, text: str, *, depth: int = 8) -> Any:
    """The smallest value that fits a plain JSON schema, with ``text`` for every string; ``None`` past ``depth``."""
    if not isinstance(schema, dict) or depth == 0:
        return None
    choices = schema.get("enum")
    if isinstance(choices, list) and choices:
        return choices[0]
    match schema.get("type"):
        case "object":
            properties = schema.get("properties")
            inner = properties if isinstance(properties, dict) else {}
            return {key: fit_schema(value, text, depth=depth - 1) for key, value in inner.items()}
        case "string":
            return text
        case "array" | "boolean" | "integer" | "number" as kind:
            return {"array": [], "boolean": False, "integer": 0, "number": 0}[kind]
        case _:
            return None


def estimate_tokens(size: int) -> int:
    """Roughly how many tokens a text of ``size`` bytes has; at least 1."""
    return max(1, size // 4)


def error_body(status: int, message: str) -> bytes:
    """The JSON with which the Messages API reports an error."""
    kind = _ERROR_TYPES.get(status, "api_error")
    return json_bytes({"type": "error", "error": {"type": kind, "message": message or kind.replace("_", " ")}})


def reply_body(reply: Reply) -> bytes:
    """The answer to a request that did not ask for a stream."""
    content: list[dict[str, Any]] = [{"type": "text", "text": reply.text}] if reply.text else []
    if reply.tool:
        content.append({**_tool_block(reply.tool, reply.tool_use_id), "input": reply.tool.input})
    return json_bytes(_message(reply, content, _stop_reason(reply)))


def reply_events(reply: Reply, *, chunk_size: int) -> Iterator[bytes]:
    """The answer as server-sent events, in pieces: an opening, one for each ``chunk_size`` characters, a closing."""
    yield from broken_events(reply, len(reply.text), chunk_size=chunk_size)
    yield _closing(reply)


def broken_events(reply: Reply, length: int, *, chunk_size: int) -> Iterator[bytes]:
    """The same pieces up to ``length`` characters of the text, and no closing."""
    yield _opening(reply)
    text = reply.text[:length]
    for start in range(0, len(text), chunk_size):
        piece = text[start : start + chunk_size]
        yield _event("content_block_delta", index=0, delta={"type": "text_delta", "text": piece})


def _opening(reply: Reply) -> bytes:
    start = _event("message_start", message=_message(reply, [], None))
    if not reply.text:
        return start + _event("ping")
    return start + _event("content_block_start", index=0, content_block={"type": "text", "text": ""}) + _event("ping")


def _closing(reply: Reply) -> bytes:
    events = [_event("content_block_stop", index=0)] if reply.text else []
    if reply.tool:
        index = len(events)
        partial = json.dumps(reply.tool.input)
        events += [
            _event("content_block_start", index=index, content_block=_tool_block(reply.tool, reply.tool_use_id)),
            _event("content_block_delta", index=index, delta={"type": "input_json_delta", "partial_json": partial}),
            _event("content_block_stop", index=index),
        ]
    delta = {"stop_reason": _stop_reason(reply), "stop_sequence": None}
    events.append(_event("message_delta", delta=delta, usage={"output_tokens": reply.tokens.output_tokens}))
    events.append(_event("message_stop"))
    return b"".join(events)


def _message(reply: Reply, content: list[dict[str, Any]], stop_reason: str | None) -> dict[str, Any]:
    tokens = reply.tokens
    return {
        "id": reply.id,
        "type": "message",
        "role": "assistant",
        "model": reply.model,
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": {
            "input_tokens": tokens.input_tokens,
            "output_tokens": tokens.output_tokens,
            "cache_read_input_tokens": tokens.cache_read_tokens,
            "cache_creation_input_tokens": tokens.cache_write_tokens,
        },
    }


def _tool_block(tool: ToolCall, tool_use_id: str) -> dict[str, Any]:
    return {"type": "tool_use", "id": tool_use_id, "name": tool.name, "input": {}}


def _stop_reason(reply: Reply) -> str:
    return "tool_use" if reply.tool else "end_turn"


def _event(kind: str, **fields: object) -> bytes:
    return b"event: " + kind.encode() + b"\ndata: " + json_bytes({"type": kind, **fields}) + b"\n\n"


def json_bytes(value: object) -> bytes:
    """Compact JSON in ASCII."""
    return json.dumps(value, separators=(",", ":")).encode()
