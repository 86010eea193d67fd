"""``nanoclaw openapi``."""

import argparse
from typing import TYPE_CHECKING

from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.parsing import add_command
from nanoclaw.cli.render import to_json

if TYPE_CHECKING:
    from nanoclaw.cli.parsing import Subparsers


def add_parser(subparsers: "Subparsers") -> None:
    """Takes nothing of its own."""
    add_command(
        subparsers,
        "openapi",
        "Print the OpenAPI document of the control API. Needs no daemon.",
        "nanoclaw openapi > control-api.json",
    )


def run(_arguments: argparse.Namespace, context: Context) -> Result:
    """The document, as JSON with or without ``--json``."""
    from nanoclaw.control.openapi import openapi_document  # noqa: PLC0415 - imports pydantic

    document = openapi_document()
    return Result(document=document, text=to_json(document, context.stdout.encoding))
