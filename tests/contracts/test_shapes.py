"""The JSON that others build on: a field that is removed, renamed or given another type fails here.

New fields are added to the list below; nothing in it is ever taken away within a major version.
"""

from typing import Any

import pytest
from pydantic import BaseModel

from nanoclaw.control import (
    channel_shapes,
    insight_shapes,
    pairing_shapes,
    people_shapes,
    shapes,
    task_shapes,
    trial_shapes,
    usage_shapes,
)

PROMISED = {
    "SendRequest": {
        "group": "string?",
        "sender": "string?",
        "text": "string",
        "wait_seconds": "number?",
        "client_id": "string?",
        "files": "[string]?",
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
        "primary": "boolean?",
    },
    "ChangeChatsRequest": {
        "verb": "ChatVerb",
        "channel": "string",
        "chat": "string",
    },
    "GroupShape": {
        "folder": "string",
        "name": "string",
        "trigger": "string",
        "requires_trigger": "boolean",
        "is_main": "boolean",
        "temporary": "boolean?",
        "chats": "[ChatShape]?",
        "session_id": "string|null?",
        "options": "object?",
    },
    "ChangeGroupRequest": {
        "changes": "object",
    },
    "OptionShape": {
        "name": "string",
        "allowed": "string",
    },
    "OptionList": {
        "options": "[OptionShape]",
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
        "search": "string|null?",
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
        "condition": "string?",
        "hint": "string?",
        "since": "string|null?",
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
    "PersonShape": {
        "channel": "string",
        "sender": "string",
        "role": "string",
        "group": "string|null?",
        "name": "string?",
    },
    "PersonList": {"people": "[PersonShape]"},
    "AddPersonRequest": {
        "channel": "string",
        "sender": "string",
        "role": "Role",
        "group": "string|null?",
        "name": "string?",
    },
    "RemovePersonRequest": {"channel": "string", "sender": "string", "group": "string|null?"},
    "DroppedShape": {
        "channel": "string",
        "chat": "string",
        "sender": "string",
        "name": "string",
        "reason": "string",
        "count": "integer",
        "first_at": "string",
        "last_at": "string",
    },
    "DroppedQuery": {"limit": "integer?"},
    "DroppedList": {"dropped": "[DroppedShape]"},
    "UsageQuery": {"by": "By?", "since": "string|null?"},
    "UsageLine": {
        "key": "string",
        "about": "string?",
        "calls": "integer",
        "input_tokens": "integer",
        "output_tokens": "integer",
        "cache_read_tokens": "integer",
        "cache_write_tokens": "integer",
        "cost_usd": "number",
    },
    "TrialRequest": {"model_url": "string", "real": "boolean?"},
    "TrialGroup": {"folder": "string", "trigger": "string", "diverted": "boolean", "chats": "[ChatShape]"},
    "TrialShape": {"groups": "[TrialGroup]"},
    "PairRequest": {"phone": "string?"},
    "PairingQuery": {"after": "integer?", "wait_seconds": "number?"},
    "AppliedShape": {
        "action": "string",
        "channel": "ChannelShape|null?",
    },
    "ChannelTestRequest": {
        "chat": "string?",
        "wait_seconds": "number?",
    },
    "ChannelTestShape": {
        "channel": "ChannelShape",
        "ok": "boolean",
        "probe": "string",
        "probe_detail": "string?",
        "probe_hint": "string?",
        "probe_ms": "number|null?",
        "message": "string",
        "message_detail": "string?",
        "message_hint": "string?",
        "message_ms": "number|null?",
        "chat": "string?",
    },
    "OwnerChatShape": {
        "channel": "string",
        "chat": "string",
        "name": "string?",
        "named": "boolean?",
        "up": "boolean|null?",
    },
    "OwnerChatList": {
        "chats": "[OwnerChatShape]",
        "next": "[string]",
        "ignored": "[string]",
        "possible": "[OwnerChatShape]",
    },
    "NameChatsRequest": {
        "chats": "[string]",
    },
    "PairingShape": {
        "channel": "string",
        "number": "integer?",
        "state": "string?",
        "qr": "string?",
        "picture": "[string]?",
        "code": "string?",
        "words": "string?",
        "expires_in": "number?",
        "account": "string?",
        "owner": "string?",
        "chat": "string?",
        "name": "string?",
        "fault": "string?",
        "problem": "string?",
        "hint": "string?",
    },
    "ProbeShape": {"channel": "string", "outcome": "string", "detail": "string?", "hint": "string?"},
    "UsageList": {"by": "string", "lines": "[UsageLine]", "total": "UsageLine"},
    "TaskShape": {
        "id": "integer",
        "group": "string",
        "channel": "string",
        "chat": "string",
        "name": "string",
        "prompt": "string",
        "schedule_type": "string",
        "schedule_value": "string",
        "context_mode": "string",
        "missed": "string",
        "script": "string",
        "state": "string",
        "created_at": "string",
        "next": "[string]?",
        "problem": "string?",
    },
    "TaskList": {"tasks": "[TaskShape]", "more": "integer?"},
    "TaskQuery": {"group": "string|null?", "limit": "integer?"},
    "AddTaskRequest": {
        "group": "string",
        "prompt": "string",
        "schedule_type": "ScheduleKind",
        "schedule_value": "string",
        "context_mode": "ContextMode?",
        "missed": "string?",
        "script": "string?",
        "name": "string?",
        "chat": "string?",
    },
    "UpdateTaskRequest": {
        "prompt": "string|null?",
        "schedule_type": "ScheduleKind|null?",
        "schedule_value": "string|null?",
        "context_mode": "ContextMode|null?",
        "missed": "string|null?",
        "script": "string|null?",
        "name": "string|null?",
    },
    "RunShape": {
        "id": "integer",
        "task": "integer",
        "scheduled_at": "string",
        "due": "string?",
        "state": "string",
        "started_at": "string|null?",
        "finished_at": "string|null?",
        "late_seconds": "number?",
        "result": "string?",
        "error": "string?",
        "cost_usd": "number?",
        "delivered": "boolean|null?",
        "by_hand": "boolean?",
    },
    "RunQuery": {"limit": "integer?"},
    "RunList": {"runs": "[RunShape]"},
    "FigureQuery": {"since": "string|null?"},
    "FigureSummary": {
        "count": "integer",
        "minimum": "number|null",
        "median": "number|null",
        "p95": "number|null",
        "maximum": "number|null",
    },
    "FigureShape": {
        "name": "string",
        "label": "string",
        "title": "string",
        "about": "string",
        "kind": "string",
        "unit": "string",
        "now": "number|null",
        "hour": "FigureSummary",
        "window": "FigureSummary",
        "trend": "[number|null]",
    },
    "FigureList": {
        "running": "boolean",
        "at": "string",
        "since": "string",
        "newest": "string|null",
        "figures": "[FigureShape]",
    },
    "PlainText": {"text": "string"},
    "CpuProfileRequest": {"seconds": "number?"},
    "FunctionShape": {"function": "string", "own_seconds": "number", "total_seconds": "number"},
    "CpuProfile": {
        "seconds": "number",
        "looks": "integer",
        "by_processor": "boolean",
        "busy_seconds": "number",
        "cost_seconds": "number",
        "functions": "[FunctionShape]",
        "collapsed": "string",
    },
    "MemoryProfileRequest": {"seconds": "number?", "top": "integer?"},
    "AllocationShape": {"place": "string", "bytes": "integer", "blocks": "integer"},
    "TypeShape": {"type": "string", "count": "integer", "grown": "integer"},
    "MemoryProfile": {
        "seconds": "number",
        "resident_bytes": "integer",
        "resident_bytes_before": "integer",
        "tracing_bytes": "integer",
        "pause_seconds": "number",
        "allocations": "[AllocationShape]",
        "types": "[TypeShape]",
    },
    "StackShape": {"name": "string", "calls": "[string]"},
    "StackList": {"threads": "[StackShape]", "tasks": "[StackShape]"},
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


def _public_shapes() -> dict[str, type[BaseModel]]:
    return {
        name: value
        for module in (
            channel_shapes,
            insight_shapes,
            pairing_shapes,
            shapes,
            people_shapes,
            task_shapes,
            trial_shapes,
            usage_shapes,
        )
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, shapes.Shape) and value is not shapes.Shape
    }


@pytest.mark.parametrize("name", PROMISED)
def test_no_promised_field_is_gone_or_changed(name: str) -> None:
    fields = fields_of(_public_shapes()[name])
    for field, kind in PROMISED[name].items():
        assert fields.get(field) == kind, f"{name}.{field}"


@pytest.mark.parametrize("name", PROMISED)
def test_every_field_is_promised(name: str) -> None:
    assert set(fields_of(_public_shapes()[name])) == set(PROMISED[name])


def test_every_shape_is_promised() -> None:
    assert set(_public_shapes()) == set(PROMISED)


def test_no_outcome_is_gone() -> None:
    assert {outcome.value for outcome in shapes.Outcome} >= OUTCOMES


def test_times_have_a_zone() -> None:
    for time in ("2026-11-22T10:00:00Z", "2026-11-22t10:00:00.123456+02:00"):
        assert shapes.MessageQuery(since=time).since == time.upper()
    for time in ("", "2026-11-22", "2026-11-22T10:00:00", "2026-13-22T10:00:00Z", "12345"):
        with pytest.raises(ValueError, match="since"):
            shapes.MessageQuery(since=time)
