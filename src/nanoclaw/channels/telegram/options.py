"""The table ``[channels.telegram]``."""

import ipaddress
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from nanoclaw.channels.table import parse_table

OFFICIAL = "https://api.telegram.org"


class TelegramOptions(BaseModel):
    """What the owner can choose about the bot."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    token_file: Annotated[
        str, Field(description="Absolute path of the file that holds the bot's token; empty: store/auth/telegram/token")
    ] = ""
    api_url: Annotated[str, Field(description="Where the Bot API answers; another one is a server of your own")] = (
        OFFICIAL
    )
    proxy: Annotated[str, Field(description="An HTTP proxy on the way there, such as http://127.0.0.1:3128")] = ""
    poll_seconds: Annotated[int, Field(ge=1, le=50, description="How long a question for news stays open")] = 30

    @field_validator("token_file")
    @classmethod
    def _absolute(cls, value: str) -> str:
        if value and not value.startswith("/"):
            raise ValueError("it must be an absolute path")
        return value

    @field_validator("api_url")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = _split(value, {"https", "http"})
        if parts.query or parts.fragment or parts.username is not None:
            raise ValueError("it must be an address without a query, a name or a password")
        if parts.scheme == "http" and not _is_near(parts.hostname or ""):
            raise ValueError("it must begin with https://: the bot's token is a part of every request")
        return value.rstrip("/")

    @field_validator("proxy")
    @classmethod
    def _proxy(cls, value: str) -> str:
        if value:
            _split(value, {"http"})
        return value


def _split(value: str, schemes: set[str]) -> Any:
    parts = urlsplit(value)
    if parts.scheme not in schemes or not parts.hostname or not value.isprintable() or " " in value:
        raise ValueError(f"it must be an address that begins with {' or '.join(sorted(schemes))}://")
    if parts.port == 0:
        raise ValueError("it must have a port that there is")
    return parts


def _is_near(host: str) -> bool:
    """Whether a host is this machine, or one of the owner's own network: there plain HTTP is usual."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host


def parse_options(table: Mapping[str, Any]) -> TelegramOptions:
    """Check the table.

    Raises:
        ChannelError: an unknown key, or a value that is not allowed. Names the key.
    """
    return parse_table("telegram", TelegramOptions, table)
