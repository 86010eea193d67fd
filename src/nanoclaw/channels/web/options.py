"""The table ``[channels.web]``."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from nanoclaw.channels.table import parse_table


class WebOptions(BaseModel):
    """What the owner can choose about the page."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    port: Annotated[int, Field(ge=0, le=65535, description="Port on 127.0.0.1; 0: one that is free")] = 8787


def parse_options(table: Mapping[str, Any]) -> WebOptions:
    """Check the table.

    Raises:
        ChannelError: an unknown key, or a value that is not allowed. Names the key.
    """
    return parse_table("web", WebOptions, table)
