"""Writes ``docs/reference/control-api.md``: ``python -m nanoclaw.control.reference > docs/reference/control-api.md``.

Made of the route table and the OpenAPI document; a test holds the file to it.
"""

import sys
from collections.abc import Iterator
from typing import Any

from nanoclaw.control.openapi import PROBLEMS, openapi_document
from nanoclaw.control.route import Route
from nanoclaw.control.routes import OPENAPI_PATH, ROUTES

_HEAD = f"""# Control API

HTTP with JSON on the Unix socket `data/ipc/control.sock` of the home folder, which only its owner can open. There is no
other authentication. `GET {OPENAPI_PATH}` and `nanoclaw openapi` give the OpenAPI 3.1 document of it.

```sh
curl --unix-socket ~/.nanoclaw/data/ipc/control.sock http://nanoclaw/v1/status
curl --unix-socket ~/.nanoclaw/data/ipc/control.sock http://nanoclaw/v1/messages \\
  --json '{{"text": "What is on today?", "wait_seconds": 60}}'
curl --unix-socket ~/.nanoclaw/data/ipc/control.sock --no-buffer http://nanoclaw/v1/groups/main/events
```

- Times are ISO 8601 in UTC with milliseconds. Texts are UTF-8; a body may have 4 MiB, a text 1,048,576 characters.
- Unknown fields and values of another type are refused. So is half of a surrogate pair in a `\\u` escape, with 422.
- Every refusal is a `Problem`, which never repeats what was sent.
- Within a major version no field is removed or given another meaning; new ones may come.
- An event stream is a line of JSON for each event. An empty line comes at once, then every 15 s in which nothing else
  does. Events are a preview: what counts is what `GET /v1/messages` shows.

## Operations
"""


def control_reference() -> str:
    """The whole page, Markdown."""
    document = openapi_document()
    operations = [line for route in ROUTES for line in _operation(route, document["paths"])]
    shapes = [line for name, schema in document["components"]["schemas"].items() for line in _shape(name, schema)]
    problems = [f"| {status} | {meaning} |" for status, meaning in sorted(PROBLEMS.items())]
    return "\n".join([
        _HEAD,
        *operations,
        "## Statuses of refusals",
        "",
        "| status | meaning |",
        "| --- | --- |",
        *problems,
        "",
        "Paths that do not exist answer 404, and methods that a path does not take 405.",
        "",
        "## Shapes",
        "",
        *shapes,
    ]).rstrip() + "\n"  # fmt: skip


def _operation(route: Route, paths: dict[str, Any]) -> Iterator[str]:
    yield f"### `{route.method} {route.path}`"
    yield ""
    takes = f" Takes {_link(route.body.__name__)}." if route.body else ""
    gives = "A stream of" if route.streams else "Answers"
    refusals = ", ".join(str(status) for status in (*route.problems, 500))
    yield f"{route.summary}{takes} {gives} {_link(route.response.__name__)}, {route.status}. Refusals: {refusals}."
    yield ""
    for parameter in paths[route.path][route.method.lower()].get("parameters", []):
        if parameter["in"] == "query":
            yield f"- `{parameter['name']}`: {_kind(parameter['schema'])}"
    if route.query:
        yield ""


def _shape(name: str, schema: dict[str, Any]) -> Iterator[str]:
    yield f"### {name}"
    yield ""
    yield " ".join(schema.get("description", "").replace("``", "`").split())
    yield ""
    if "enum" in schema:
        yield "One of " + ", ".join(f"`{value}`" for value in schema["enum"]) + "."
        yield ""
        return
    yield "| field | type | |"
    yield "| --- | --- | --- |"
    required = schema.get("required", [])
    for field, detail in schema["properties"].items():
        default = "always there" if field in required else f"default `{_default(detail)}`"
        yield f"| `{field}` | {_kind(detail)} | {default} |"
    yield ""


def _default(detail: dict[str, Any]) -> str:
    value = detail.get("default", {})
    return {"": '""', None: "null", True: "true", False: "false"}.get(value, value) if _is_plain(value) else str(value)


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, str | bool)


def _kind(detail: dict[str, Any]) -> str:
    if "$ref" in detail:
        return _link(detail["$ref"].rsplit("/", 1)[1])
    if "anyOf" in detail:
        return " or ".join(_kind(option) for option in detail["anyOf"])
    if detail.get("type") == "array":
        return f"list of {_kind(detail['items'])}"
    bounds = {"minimum": "≥", "maximum": "≤", "minLength": "length ≥", "maxLength": "length ≤", "format": ""}
    limits = [f"{word} {detail[key]}".strip() for key, word in bounds.items() if key in detail]
    pattern = [f"`{detail['pattern']}`"] if "pattern" in detail else []
    return ", ".join([str(detail.get("type", "any")), *limits, *pattern])


def _link(name: str) -> str:
    return f"[{name}](#{name.lower()})"


if __name__ == "__main__":
    sys.stdout.write(control_reference())
