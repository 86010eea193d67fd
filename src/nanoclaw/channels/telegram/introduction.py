"""Who a token's bot is, asked once, before the token is kept."""

import asyncio

from telegram.error import InvalidToken, TelegramError

from nanoclaw.channels.contract import ChannelError
from nanoclaw.channels.telegram.credential import Token
from nanoclaw.channels.telegram.faults import trouble
from nanoclaw.channels.telegram.options import TelegramOptions
from nanoclaw.channels.telegram.session import open_session

_SECONDS = 30


def introduce(token: Token, options: TelegramOptions) -> str | None:
    """The bot's user name; None when the token is not accepted. Blocks, outside of any event loop.

    Raises:
        ChannelError: Telegram cannot be asked.
    """
    try:
        return asyncio.run(_ask(token, options))
    except InvalidToken:
        return None
    except TelegramError as error:
        found = trouble(error)
        raise ChannelError(
            found.detail.rstrip("."), hint=found.hint or f"Check the network of this machine: {options.api_url}."
        ) from error
    except TimeoutError:
        raise ChannelError(
            f"Telegram did not answer within {_SECONDS} s",
            hint=f"Check the network of this machine: {options.api_url}.",
        ) from None


async def _ask(token: Token, options: TelegramOptions) -> str:
    async with asyncio.timeout(_SECONDS), open_session(token, options) as session:
        return (await session.me()).username or ""
