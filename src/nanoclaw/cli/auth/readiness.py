"""Before an account is linked: what the channel needs is installed, and the running assistant has the channel."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from nanoclaw.cli.context import Context
from nanoclaw.control.errors import DaemonDownError
from nanoclaw.model.errors import NanoclawError
from nanoclaw.operations.extras.checkout import find_checkout
from nanoclaw.operations.extras.contract import EXTRAS
from nanoclaw.operations.extras.install import need
from nanoclaw.operations.extras.programs import absent
from nanoclaw.settings.edit import switch_channel
from nanoclaw.settings.load import load_settings
from nanoclaw.settings.schema import ChannelSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """How the assistant stands to a channel. ``live``: a daemon runs, with the channel in it."""

    live: bool
    switched: bool = False
    """It was switched on for this."""


def install_needs(context: Context, channel: str) -> None:
    """Have what the channel needs, and say what is absent that it could use.

    Raises:
        ExtraError: it is missing and cannot be installed here.
    """
    context.home.create()
    if extra := EXTRAS.get(channel):
        need(extra, find_checkout(), context.environment, context.say)
    for helper in absent(channel):
        how = f" ({helper.how()})" if helper.how() else ""
        context.say(f"{helper.name} is not on this machine{how}: {helper.without}.")


def make_ready(context: Context, channel: str) -> Readiness:
    """See that a daemon that runs has the channel at work.

    Raises:
        NanoclawError: it cannot be switched on; nothing is changed then.
    """
    try:
        channels = {str(one["name"]): one for one in context.client.status()["channels"]}
    except DaemonDownError:
        return Readiness(live=False)
    if channel not in channels:
        switch_channel(context.home, channel, on=True)
        try:
            context.client.apply_channel(channel)
        except NanoclawError:
            switch_channel(context.home, channel, on=False)
            raise
        return Readiness(live=True, switched=True)
    if channels[channel]["status"] == "down" and not channels[channel].get("condition"):
        # It has given up, maybe for what is installed by now.
        context.client.apply_channel(channel)
    return Readiness(live=True)


def take_back(context: Context, channel: str, readiness: Readiness) -> None:
    """Nothing was linked: what was switched on for it is switched off again, or it would be told as a trouble."""
    if readiness.switched:
        with suppress(NanoclawError):
            switch_channel(context.home, channel, on=False)
            context.client.apply_channel(channel)


def options_of(context: Context, channel: str) -> Mapping[str, Any]:
    """The channel's own options, whether it is switched on or not. Raises SettingsError."""
    table = load_settings(context.home).channels.get(channel, {})
    return {key: value for key, value in table.items() if key not in ChannelSettings.model_fields}
