"""The JSON that others build on: a field that is removed, renamed or given another type fails here.

New fields are added to the list below; nothing in it is ever taken away within a major version.
"""

from typing import Any

import pytest
from pydantic import BaseModel

from nanoclaw.control import shapes

PROMISED = {
    "SendRequest": {
        "group": "string?",
        "sender": "string?",
        "text": "string",
        "wait_seconds": "number?",
        "client_id": "string?",
    },
    "ReplyShape": {
        "id": "integer",
        "text": "string",
        "state": "string",
    },
    "Timings": {
        "accepted": "number|null?",
        "turn_started": "number|null?",
        "model_request": "number|null?",
        "first_reply": "number|null?",
        "delivered": "number|null?",
    },
    "SendResult": {
        "outcome": "Outcome",
        "message_id": "integer",
        "turn_id": "integer|null?",
        "replies": "[ReplyShape]?",
        "timings_ms": "Timings?",
        "error": "string|null?",
    },
    "ChatShape": {
        "channel": "string",
        "chat": "string",
        "name": "string?",
        "last_activity": "string|null?",
    },
    "GroupShape": {
        "folder": "string",
        "name": "string",
        "trigger": "string",
        "requires_trigger": "boolean",
        "is_main": "boolean",
        "chats": "[ChatShape]?",
        "session_id": "string|null?",
    },
    "GroupList": {
        "groups": "[GroupShape]",
        "unregistered": "[ChatShape]?",
    },
    "AddGroupRequest": {
        "name": "string",
        "folder": "string",
        "channel": "string?",
        "chat": "string?",
        "trigger": "string|null?",
        "requires_trigger": "boolean?",
        "is_main": "boolean?",
    },
    "MessageLine": {
        "id": "string",
        "time": "string",
        "direction": "string",
        "channel": "string",
        "chat": "string",
        "group": "string|null",
        "sender": "string",
        "text": "string",
        "state": "string",
    },
    "MessageQuery": {
        "group": "string|null?",
        "limit": "integer?",
        "since": "string|null?",
    },
    "MessageList": {
        "messages": "[MessageLine]",
    },
    "SandboxShape": {
        "kind": "string",
        "usable": "boolean",
        "ready": "boolean",
        "version": "string?",
        "problem": "string?",
        "hint": "string?",
        "notes": "[string]?",
    },
    "ChannelShape": {
        "name": "string",
        "status": "string",
        "detail": "string?",
        "link": "string|null?",
    },
    "AgentShape": {
        "group": "string",
        "state": "string",
        "since": "string",
    },
    "QueueShape": {
        "waiting_turns": "integer",
        "running_turns": "integer",
        "undelivered_replies": "integer",
        "agents_at_once": "integer",
    },
    "ErrorShape": {
        "at": "string",
        "what": "string",
        "hint": "string?",
    },
    "Status": {
        "running": "boolean",
        "version": "string",
        "home": "string",
        "pid": "integer|null?",
        "started_at": "string|null?",
        "model_key": "string?",
        "sandbox": "SandboxShape|null?",
        "channels": "[ChannelShape]?",
        "agents": "[AgentShape]?",
        "queue": "QueueShape|null?",
        "groups": "[string]?",
        "last_errors": "[ErrorShape]?",
    },
    "LiveEvent": {
        "kind": "string",
        "turn_id": "integer|null?",
        "message_id": "integer|null?",
        "state": "string?",
        "text": "string?",
        "sender": "string?",
    },
    "Problem": {
        "error": "string",
        "hint": "string?",
    },
    "Done": {
        "changed": "boolean?",
    },
}
OUTCOMES = {"answered", "not_triggered", "failed", "stopped", "timed_out"}


def fields_of(shape: type[BaseModel]) -> dict[str, str]:
    schema = shape.model_json_schema()
    required = schema.get("required", [])
    return {name: kind_of(detail) + ("" if name in required else "?") for name, detail in schema["properties"].items()}


def kind_of(detail: dict[str, Any]) -> str:
    if "$ref" in detail:
        return str(detail["$ref"]).rsplit("/", 1)[1]
    if "anyOf" in detail:
        return "|".join(kind_of(option) for option in detail["anyOf"])
    if detail["type"] == "array":
        return f"[{kind_of(detail['items'])}]"
    return str(detail["type"])


@pytest.mark.parametrize("name", PROMISED)
def test_no_promised_field_is_gone_or_changed(name: str) -> None:
    fields = fields_of(getattr(shapes, name))
    for field, kind in PROMISED[name].items():
        assert fields.get(field) == kind, f"{name}.{field}"


@pytest.mark.parametrize("name", PROMISED)
def test_every_field_is_promised(name: str) -> None:
    assert set(fields_of(getattr(shapes, name))) == set(PROMISED[name])


def test_every_shape_is_promised() -> None:
    public = {
        name
        for name, value in vars(shapes).items()
        if isinstance(value, type) and issubclass(value, BaseModel) and not name.startswith(("_", "BaseModel"))
    }
    assert public == set(PROMISED)


def test_no_outcome_is_gone() -> None:
    assert {outcome.value for outcome in shapes.Outcome} >= OUTCOMES


def test_times_have_a_zone() -> None:
    for time in ("2026-11-22T10:00:00Z", "2026-11-22t10:00:00.123456+02:00"):
        assert shapes.MessageQuery(since=time).since == time.upper()
    for time in ("", "2026-11-22", "2026-11-22T10:00:00", "2026-13-22T10:00:00Z", "12345"):
        with pytest.raises(ValueError, match="since"):
            shapes.MessageQuery(since=time)
