"""What went wrong at Telegram, in the contract's words. No text of ours holds an address, a token or a message."""

from dataclasses import dataclass

from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, TelegramError

from nanoclaw.channels.contract import ChannelCondition, ChannelError, PermanentSendError, TemporarySendError
from nanoclaw.channels.telegram.credential import AUTH_COMMAND, AUTH_HINT
from nanoclaw.channels.telegram.transport import FloodError

_LONGEST = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why polling failed. ``wait``: seconds until it may be tried again, 0 where that is for us to say."""

    condition: ChannelCondition
    detail: str
    hint: str = ""
    wait: float = 0.0


def trouble(error: TelegramError) -> Trouble:
    """What a failed poll says about the channel."""
    match error:
        case InvalidToken():
            return Trouble(
                condition=ChannelCondition.REFUSED,
                detail="Telegram does not accept the bot's token any more.",
                hint=f"Ask BotFather for a new one (/token), then run {AUTH_COMMAND}.",
            )
        case Conflict():
            webhook = "webhook" in str(error)
            return Trouble(
                condition=ChannelCondition.REPLACED,
                detail="Another program takes this bot's messages" + (" by a webhook." if webhook else "."),
                hint="Stop that program, and this goes on by itself; or make the bot yours alone: /revoke at BotFather,"
                f" then {AUTH_COMMAND}.",
            )
        case FloodError():
            return Trouble(
                condition=ChannelCondition.PAUSED,
                detail=f"Telegram wants to be left alone for {error.seconds:.0f} seconds.",
                wait=error.seconds,
            )
        case _:
            return Trouble(
                condition=ChannelCondition.UNREACHABLE, detail=f"Telegram cannot be reached: {_words(error)}."
            )


def failed_send(error: TelegramError) -> ChannelError:
    """What a failed request says about the message that it was to carry."""
    match error:
        case FloodError():
            return TemporarySendError("Telegram wants fewer messages", after=error.seconds)
        case Forbidden():
            return PermanentSendError(
                f"Telegram does not let the bot write in this chat: {_words(error)}",
                hint="Unblock the bot there, or take it into the group again.",
            )
        case InvalidToken():
            return TemporarySendError("Telegram does not accept the bot's token", hint=AUTH_HINT)
        case BadRequest():
            return PermanentSendError(f"Telegram refuses this message: {_words(error)}")
        case _:
            return TemporarySendError(f"Telegram cannot be reached: {_words(error)}")


def _words(error: TelegramError) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
