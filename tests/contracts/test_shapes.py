"""The JSON that others build on: a field that is removed, renamed or given another type fails here.

The promises stand in ``promised_shapes``.
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
from tests.contracts.promised_shapes import PROMISED

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
