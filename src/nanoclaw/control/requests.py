"""Requests as they come in: parsed once, refused in words that never repeat what was sent."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from nanoclaw.control.errors import InvalidRequestError, MalformedRequestError

ShapeT = TypeVar("ShapeT", bound=BaseModel)


def parse_body(shape: type[ShapeT], body: bytes) -> ShapeT:
    """Read a JSON body.

    Raises:
        MalformedRequestError: it is not JSON in UTF-8.
        InvalidRequestError: it is JSON of another shape, or holds half of a surrogate pair.
    """
    try:
        return shape.model_validate_json(body, strict=True)
    except ValidationError as error:
        raise refusal(shape, error) from None


def parse_query(shape: type[ShapeT], query: Mapping[str, str], names: list[str]) -> ShapeT:
    """Read a query string, given its values and all the names in it.

    Raises:
        MalformedRequestError: a name comes twice.
        InvalidRequestError: a value is not allowed.
    """
    if len(set(names)) < len(names):
        raise MalformedRequestError("A query parameter comes twice", hint="Name each parameter once.")
    try:
        return shape.model_validate(dict(query))
    except ValidationError as error:
        raise refusal(shape, error) from None


def refusal(shape: type[BaseModel], error: ValidationError) -> InvalidRequestError:
    """Say what is wrong with a request without repeating any of it."""
    problems = error.errors(include_url=False, include_input=False)
    broken = next((problem for problem in problems if problem["type"] == "json_invalid"), None)
    if broken is None:
        what = "; ".join(_describe(shape, problem) for problem in problems[:5])
        return InvalidRequestError(what, hint="See the command's --help, or the reference of the control API.")
    if "hex escape" in broken["msg"]:
        return InvalidRequestError("A \\u escape is cut off, or half of a surrogate pair", hint="Send valid Unicode.")
    return MalformedRequestError("The body is not valid JSON in UTF-8", hint="Send one JSON object.")


def _describe(shape: type[BaseModel], problem: ErrorDetails) -> str:
    known = ", ".join(shape.model_fields)
    if problem["type"] == "extra_forbidden":
        return f"unknown field; the fields are {known}"
    place = ".".join(str(part) for part in problem["loc"])
    return f"{place or 'body'}: {_sentence(problem['msg'])}"


def _sentence(text: Any) -> str:
    words = str(text).removeprefix("Value error, ")
    return words[:1].lower() + words[1:]


def parse_values(shape: type[ShapeT], values: Mapping[str, Any]) -> ShapeT:
    """Check values that never were JSON as if they had been, so that no rule depends on the way a request takes.

    Raises:
        InvalidRequestError: a value is not allowed.
    """
    return parse_body(shape, json.dumps(dict(values)).encode())
