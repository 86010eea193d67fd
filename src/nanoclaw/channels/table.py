"""The table ``[channels.NAME]`` of the configuration, checked against what a channel knows."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from nanoclaw.channels.contract import ChannelError

OptionsT = TypeVar("OptionsT", bound=BaseModel)


def parse_table(channel: str, shape: type[OptionsT], table: Mapping[str, Any]) -> OptionsT:
    """Check the table.

    Raises:
        ChannelError: an unknown key, or a value that is not allowed. Names the key.
    """
    try:
        return shape.model_validate(dict(table))
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc'])}: {_plain(problem['type'], problem['msg'])}"
            for problem in error.errors(include_input=False, include_url=False)
        )
        raise ChannelError(
            f"[channels.{channel}] {problems}", hint=f"The settings are: {', '.join(shape.model_fields)}."
        ) from error


def _plain(kind: str, message: str) -> str:
    return "there is no such setting" if kind == "extra_forbidden" else message.removeprefix("Value error, ").lower()
