"""Answers in JSON; a problem always says what failed and what to do."""

import json
from typing import Any

from aiohttp import web


def answer(content: dict[str, Any], *, status: int = 200) -> web.Response:
    """A JSON answer. Only ASCII leaves, so that whatever a text holds, the answer can be sent."""
    return web.Response(text=json.dumps(content), status=status, content_type="application/json")


def problem(status: int, what: str, hint: str) -> web.Response:
    """``{"error", "hint"}`` for the page to show."""
    return answer({"error": what, "hint": hint}, status=status)
