"""The channels that come with the program. A channel's own libraries are imported once it runs, not before."""

from collections.abc import Callable

from nanoclaw.channels.contract import Channel
from nanoclaw.channels.telegram.channel import TelegramChannel
from nanoclaw.channels.web.channel import WebChannel
from nanoclaw.channels.web.operations import Operations
from nanoclaw.channels.whatsapp.channel import whatsapp_channel
from nanoclaw.settings.home import process_environment


def built_in_channels(operations: Operations | None = None) -> dict[str, Callable[[], Channel]]:
    """How each is made. ``operations``: what the page may do beside chats."""
    return {
        "telegram": TelegramChannel,
        "web": lambda: WebChannel(operations=operations),
        "whatsapp": lambda: whatsapp_channel(process_environment()),
    }
