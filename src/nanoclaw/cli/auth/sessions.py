"""What is linked already, as far as it can be seen from outside: files, the configuration, and the daemon's status."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nanoclaw.channels.telegram.credential import NoTokenError, read_token, token_path
from nanoclaw.channels.telegram.options import parse_options
from nanoclaw.channels.whatsapp.session_file import SESSION_FILE
from nanoclaw.cli.auth.readiness import options_of
from nanoclaw.cli.context import Context
from nanoclaw.control.client import Document
from nanoclaw.control.errors import ControlError
from nanoclaw.model.errors import NanoclawError
from nanoclaw.operations.extras.contract import EXTRAS, lacking
from nanoclaw.settings.load import load_settings
from nanoclaw.store.errors import StoreError
from nanoclaw.store.whatsapp import is_device_linked

CHANNELS = ("whatsapp", "telegram")


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """One channel's account. ``linked`` is None where that cannot be known; ``problem`` then says why."""

    channel: str
    enabled: bool
    installed: bool
    linked: bool | None
    status: str = ""
    """The daemon's word; empty while none runs."""
    detail: str = ""
    hint: str = ""
    problem: str = ""


def look(context: Context) -> list[Login]:
    """Every channel that has an account to link. Raises SettingsError."""
    enabled = load_settings(context.home).enabled_channels
    try:
        live = {str(one["name"]): one for one in context.client.status()["channels"]}
    except ControlError:
        live = {}
    return [_login(context, channel, live.get(channel, {}), enabled=channel in enabled) for channel in CHANNELS]


def _login(context: Context, channel: str, live: Document, *, enabled: bool) -> Login:
    linked, problem = _linked(context, channel)
    return Login(
        channel=channel,
        enabled=enabled,
        installed=not lacking(EXTRAS[channel]),
        linked=linked,
        status=live.get("status", ""),
        detail=live.get("detail", ""),
        hint=live.get("hint", ""),
        problem=problem,
    )


def _linked(context: Context, channel: str) -> tuple[bool | None, str]:
    folder = context.home.channel(channel)
    try:
        if channel == "whatsapp":
            return is_device_linked(folder / SESSION_FILE), ""
        return _has_token(folder, parse_options(options_of(context, channel))), ""
    except (StoreError, NoTokenError) as error:
        return None, f"{error}. {error.hint}"
    except NanoclawError as error:
        return None, str(error)


def _has_token(folder: Path, options: Any) -> bool:
    path = token_path(folder, options.token_file)
    if not path.exists():
        return False
    read_token(path)
    return True
