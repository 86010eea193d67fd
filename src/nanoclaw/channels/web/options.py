"""The table ``[channels.web]``."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nanoclaw.channels.contract import ChannelError


class WebOptions(BaseModel):
    """What the owner can choose about the page."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    port: Annotated[int, Field(ge=0, le=65535, description="Port on 127.0.0.1; 0: one that is free")] = 8787


def parse_options(table: Mapping[str, Any]) -> WebOptions:
    """Check the table.

    Raises:
        ChannelError: an unknown key, or a value that is not allowed. Names the key.
    """
    try:
        return WebOptions.model_validate(dict(table))
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc'])}: {_plain(problem['type'], problem['msg'])}"
            for problem in error.errors(include_input=False, include_url=False)
        )
        raise ChannelError(
            f"[channels.web] {problems}", hint=f"The settings are: {', '.join(WebOptions.model_fields)}."
        ) from error


def _plain(kind: str, message: str) -> str:
    return "there is no such setting" if kind == "extra_forbidden" else message.lower()
