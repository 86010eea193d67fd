"""Unlinks an account, with a daemon or without."""

import asyncio
from collections.abc import Callable

from nanoclaw.channels.contract import Channel, ChannelError
from nanoclaw.channels.telegram.credential import forget_token, token_path
from nanoclaw.channels.telegram.options import parse_options
from nanoclaw.channels.whatsapp.session_file import SESSION_FILE
from nanoclaw.cli.auth.own_channel import Plan, running
from nanoclaw.cli.auth.readiness import make_ready, options_of
from nanoclaw.cli.context import Context
from nanoclaw.control.errors import ControlError, DaemonDownError
from nanoclaw.daemon.lock import hold
from nanoclaw.settings.edit import switch_channel
from nanoclaw.store.files import SIDES

_WORDS = {
    "whatsapp": "WhatsApp is unlinked. Should the telephone still list the device, remove it there.",
    "telegram": "The bot's token is forgotten here. It stays good until you send /revoke to @BotFather.",
}
_LEFT_BEHIND = {
    "whatsapp": "The session is forgotten here. WhatsApp was not told: your telephone still lists the device under"
    " Linked devices; remove it there.",
    "telegram": _WORDS["telegram"],
}
_HINT = "Try again when its network can be reached; or `nanoclaw auth logout {channel} --force` forgets it here alone."
_LOGOUT_SECONDS = 60


def leave(context: Context, channel: str, make: Callable[[str], Channel] | None = None) -> str:
    """End the session, forget it, and switch the channel off, which would else be told as a trouble. What is so now.

    Raises:
        ChannelError: the network could not be told; nothing was changed.
    """
    context.home.create()
    running_channels = _running_channels(context)
    if channel == "telegram" and channel not in (running_channels or ()):
        # Telegram knows no session: the token is all there is, and needs nothing that may not be installed.
        options = parse_options(options_of(context, channel))
        forget_token(token_path(context.home.channel(channel), options.token_file))
    else:
        try:
            _tell_network(context, channel, make, live=running_channels is not None)
        except (ChannelError, ControlError) as error:
            raise ChannelError(str(error), hint=_HINT.format(channel=channel)) from error
    switch_channel(context.home, channel, on=False)
    if running_channels is not None:
        context.client.apply_channel(channel)
    return _WORDS[channel]


def _tell_network(context: Context, channel: str, make: Callable[[str], Channel] | None, *, live: bool) -> None:
    if live:
        make_ready(context, channel)
        context.client.logout(channel)
    else:
        _alone(context, channel, make)


def forget(context: Context, channel: str) -> str:
    """Switch the channel off and forget its session without a word to the network. What is so now.

    Raises:
        NanoclawError: nothing of it could be done, and why.
    """
    context.home.create()
    running_channels = _running_channels(context)
    switch_channel(context.home, channel, on=False)
    if running_channels is None:
        with hold(context.home.lock):
            _remove_session(context, channel)
    else:
        # It returns when the channel has ended, and its client with it.
        context.client.apply_channel(channel)
        _remove_session(context, channel)
    return _LEFT_BEHIND[channel]


def _remove_session(context: Context, channel: str) -> None:
    folder = context.home.channel(channel)
    if channel == "telegram":
        forget_token(token_path(folder, parse_options(options_of(context, channel)).token_file))
        return
    for name in (f"{SESSION_FILE}{side}" for side in (*SIDES, "")):
        (folder / name).unlink(missing_ok=True)


def _running_channels(context: Context) -> frozenset[str] | None:
    """The daemon's; None while none runs."""
    try:
        return frozenset(str(one["name"]) for one in context.client.status()["channels"])
    except DaemonDownError:
        return None


def _alone(context: Context, channel: str, make: Callable[[str], Channel] | None) -> None:
    options = options_of(context, channel)
    plan = Plan(home=context.home, name=channel, options=options, clock=context.clock)
    with hold(context.home.lock):
        asyncio.run(_end(plan, make))


async def _end(plan: Plan, make: Callable[[str], Channel] | None) -> None:
    try:
        async with asyncio.timeout(_LOGOUT_SECONDS), running(plan, make) as pairing:
            await pairing.logout()
    except TimeoutError:
        raise ChannelError(f"{plan.name} did not answer within {_LOGOUT_SECONDS} s") from None
