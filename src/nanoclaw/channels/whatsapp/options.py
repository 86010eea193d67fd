"""The table ``[channels.whatsapp]``."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from nanoclaw.channels.table import parse_table

_Rate = Annotated[int, Field(ge=1, le=600)]


class WhatsAppOptions(BaseModel):
    """What the owner can choose about the account."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    read_receipts: Annotated[bool, Field(description="Whether messages of registered chats are shown as read")] = True
    typing: Annotated[bool, Field(description="Whether chats see that an answer is being written")] = True
    self_chat: Annotated[
        bool, Field(description="Whether what the owner writes to themselves is a chat, such as the main one")
    ] = True
    mentions: Annotated[
        bool, Field(description="Whether a mention of the account in a group wakes the assistant as its trigger does")
    ] = True
    prefix: Annotated[str, Field(max_length=60, description="What every message of the assistant begins with")] = ""
    chat_per_minute: Annotated[_Rate, Field(description="Messages a minute to one chat; further ones wait")] = 20
    all_per_minute: Annotated[_Rate, Field(description="Messages a minute to all chats together")] = 60
    history_days: Annotated[
        int, Field(ge=0, le=365, description="How old a message from before the account was linked may be; 0: none")
    ] = 7


def parse_options(table: Mapping[str, Any]) -> WhatsAppOptions:
    """Check the table.

    Raises:
        ChannelError: an unknown key, or a value that is not allowed. Names the key.
    """
    return parse_table("whatsapp", WhatsAppOptions, table)
