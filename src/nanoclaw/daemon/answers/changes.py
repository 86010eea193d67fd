"""What ``groups set`` can change about a group, read from its words."""

import re
from collections.abc import Mapping

from nanoclaw.gateway.contract import GatewayError
from nanoclaw.gateway.policy import parse_rules
from nanoclaw.intake.trigger import check_trigger
from nanoclaw.model.chats import ChannelName
from nanoclaw.model.groups import Group
from nanoclaw.model.options import OPTION_NAMES, InvalidOptionError, with_option
from nanoclaw.store.groups import GroupChange

_YES, _NO = {"yes", "true", "on", "1"}, {"no", "false", "off", "0"}
_NAME_LIMIT = 100
_CHANNEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}", re.ASCII)


def read_changes(group: Group, changes: Mapping[str, str]) -> GroupChange:
    """The change that these words ask for.

    Raises:
        InvalidOptionError, InvalidTriggerError: one of them is not a setting of a group, or cannot have this value.
    """
    name, trigger, needed, options = None, None, None, group.options
    for key, text in changes.items():
        match key:
            case "name":
                name = check_name(text)
            case "trigger":
                trigger = check_trigger(text)
            case "requires_trigger":
                needed = _flag(text)
            case _ if key not in OPTION_NAMES:
                raise InvalidOptionError(
                    f"{key[:40]!r} is not a setting of a group",
                    hint=f"There are name, trigger, requires_trigger, {', '.join(OPTION_NAMES)}.",
                )
            case _:
                options = with_option(options, key, text)
    try:
        parse_rules(options.allow)
    except GatewayError as error:
        raise InvalidOptionError(str(error), hint=error.hint) from error
    return GroupChange(name=name, trigger=trigger, requires_trigger=needed, options=options)


def check_name(text: str) -> str:
    """A group's name for people, without surrounding space. Raises InvalidOptionError."""
    name = text.strip()
    if not 0 < len(name) <= _NAME_LIMIT or not name.isprintable():
        raise InvalidOptionError("name cannot be that", hint=f"It is 1 to {_NAME_LIMIT} printable characters.")
    return name


def check_channel(text: str) -> ChannelName:
    """The name of a network as ``config.toml`` could have it. Raises InvalidOptionError."""
    if not _CHANNEL.fullmatch(text):
        raise InvalidOptionError(
            f"channel cannot be {text[:60]!r}", hint="It is the name of a network in config.toml, such as whatsapp."
        )
    return ChannelName(text)


def _flag(text: str) -> bool:
    word = text.strip().lower()
    if word not in _YES | _NO:
        raise InvalidOptionError(f"requires_trigger cannot be {text[:60]!r}", hint="It is yes or no.")
    return word in _YES
