"""The OpenAPI document of the control API, made of its route table and its shapes."""

from typing import Any

from pydantic.json_schema import models_json_schema

from nanoclaw import __version__
from nanoclaw.control.route import CHANNEL_NAME, Route
from nanoclaw.control.routes import EVENT_STREAM, OPENAPI_PATH, PLAIN_TEXT, ROUTES
from nanoclaw.control.shapes import Problem

PROBLEMS = {
    400: "The request cannot be read",
    404: "There is no such group, task or other thing",
    409: "It contradicts what is there",
    413: "The body is larger than 4 MiB",
    422: "A field is missing, unknown or not allowed",
    500: "The daemon failed; its log says how",
    503: "The daemon is shutting down",
}
_PLACES = {
    "folder": ("The group's folder name", {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"}),
    "channel": (
        "The channel's name in the configuration",
        {"type": "string", "pattern": CHANNEL_NAME},
    ),
    "id": ("Its number", {"type": "string", "pattern": "^[0-9]{1,18}$"}),
}


def openapi_document() -> dict[str, Any]:
    """The whole document, OpenAPI 3.1, ready for JSON."""
    schemas, references = _schemas()
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, references)
    paths[OPENAPI_PATH] = {
        "get": {
            "operationId": "openapi",
            "summary": "This document.",
            "responses": {"200": _answer("Done", "application/json", {"type": "object"})},
        }
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "NanoClaw control API",
            "version": __version__,
            "description": "Served over HTTP on the Unix socket data/ipc/control.sock of the home folder.",
        },
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _schemas() -> tuple[dict[str, Any], dict[Any, dict[str, Any]]]:
    incoming = {route.body for route in ROUTES if route.body}
    outgoing = {route.response for route in ROUTES} | {Problem}
    wanted = [(shape, "validation") for shape in incoming] + [(shape, "serialization") for shape in outgoing]
    wanted.sort(key=lambda pair: pair[0].__name__)
    references, document = models_json_schema(
        wanted,  # type: ignore[arg-type] # the literals are inferred as plain strings
        ref_template="#/components/schemas/{model}",
    )
    return document["$defs"], {shape: reference for (shape, _mode), reference in references.items()}


def _operation(route: Route, references: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    media_type = EVENT_STREAM if route.streams else "application/json"
    done = _answer("Done", media_type, references[route.response])
    if route.plain:
        done = _answer("Done", PLAIN_TEXT, {"type": "string"})
    responses = {str(route.status): done}
    for status in (*route.problems, 500):
        responses[str(status)] = _answer(PROBLEMS[status], "application/json", references[Problem])
    operation: dict[str, Any] = {"operationId": route.name, "summary": route.summary, "responses": responses}
    if parameters := _parameters(route):
        operation["parameters"] = parameters
    if route.body:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": references[route.body]}},
        }
    return operation


def _parameters(route: Route) -> list[dict[str, Any]]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "description": description, "schema": schema}
        for name, (description, schema) in _PLACES.items()
        if f"{{{name}}}" in route.path
    ]
    if route.query:
        for name, schema in route.query.model_json_schema()["properties"].items():
            parameters.append({"name": name, "in": "query", "required": False, "schema": _without_null(schema)})
    return parameters


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A query parameter is absent rather than null."""
    [kind] = [option for option in schema.get("anyOf", [{}]) if option.get("type") != "null"]
    hidden = {"anyOf", "default"} if schema.get("default", 0) is None else {"anyOf"}
    return {**kind, **{key: value for key, value in schema.items() if key not in hidden}}


def _answer(description: str, media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {media_type: {"schema": schema}}}
