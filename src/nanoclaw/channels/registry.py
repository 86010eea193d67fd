"""Which channels there are: the built-in ones and those of other packages. Read once by the composition root."""

import difflib
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from inspect import isclass

from nanoclaw.channels.contract import Capabilities, Channel, ChannelError
from nanoclaw.model.chats import ChannelName

ENTRY_POINT_GROUP = "nanoclaw.channels"
"""Where other packages announce channels: the entry point's name is the channel's, its object makes a ``Channel``."""

_METHODS = ("state", "run", "send", "show_typing")


class UnknownChannelError(ChannelError):
    """No built-in or installed channel has this name."""


class BrokenChannelError(ChannelError):
    """A channel from another package cannot be loaded, or is not what it says."""


def installed_channels() -> tuple[EntryPoint, ...]:
    """What other packages announce, of every name."""
    return tuple(entry_points(group=ENTRY_POINT_GROUP))


def load_channels(
    builtin: Mapping[str, Callable[[], Channel]],
    wanted: Iterable[str],
    installed: Iterable[EntryPoint] | None = None,
) -> dict[ChannelName, Channel]:
    """Make the wanted channels, in the order of their names in ``wanted``.

    A package is imported only when its channel is wanted. ``installed`` defaults to :func:`installed_channels`.

    Raises:
        UnknownChannelError: nobody offers that name.
        BrokenChannelError: importing or making it failed, its name is taken, or it is no channel.
    """
    offered = _by_name(builtin, installed_channels() if installed is None else installed)
    channels: dict[ChannelName, Channel] = {}
    for name in dict.fromkeys(wanted):
        if make := builtin.get(name):
            channels[ChannelName(name)] = make()
        elif point := offered.get(name):
            channels[ChannelName(name)] = _load(point)
        else:
            raise _unknown(name, [*builtin, *offered])
    return channels


def _by_name(builtin: Mapping[str, object], installed: Iterable[EntryPoint]) -> dict[str, EntryPoint]:
    offered: dict[str, EntryPoint] = {}
    for point in installed:
        if point.name in builtin:
            raise BrokenChannelError(
                f"{_origin(point)} brings a channel named {point.name!r}, which is built in",
                hint="Uninstall that package, or ask its author for another name.",
            )
        # The same object announced twice is one distribution that is found by two paths.
        if (other := offered.get(point.name)) and other.value != point.value:
            raise BrokenChannelError(
                f"{_origin(other)} and {_origin(point)} both bring a channel named {point.name!r}",
                hint="Uninstall one of them.",
            )
        offered[point.name] = point
    return offered


def _load(point: EntryPoint) -> Channel:
    try:
        made = point.load()()
    except Exception as error:
        # Code of others, whose failures can be of any kind: named here, so that the owner knows whom to ask.
        raise BrokenChannelError(
            f"The channel {point.name!r} of {_origin(point)} cannot be loaded from {point.value}: "
            f"{type(error).__name__}: {error}",
            hint=f"Update or reinstall that package, or remove [channels.{point.name}] from config.toml.",
        ) from error
    if lacking := _lacking(made):
        raise BrokenChannelError(
            f"What {_origin(point)} brings as the channel {point.name!r} is no channel: "
            f"{type(made).__name__} lacks {', '.join(lacking)}",
            hint="Its entry point must be a callable without arguments that returns a nanoclaw Channel.",
        )
    channel: Channel = made
    if channel.name != point.name:
        raise BrokenChannelError(
            f"The channel {point.name!r} of {_origin(point)} calls itself {channel.name!r}",
            hint="Both names must be the same; ask its author.",
        )
    return channel


def _lacking(made: object) -> list[str]:
    if isclass(made):
        return ["being an object rather than a class"]
    lacking = [method for method in _METHODS if not callable(getattr(made, method, None))]
    if not isinstance(getattr(made, "name", None), str):
        lacking.append("name")
    if not isinstance(getattr(made, "capabilities", None), Capabilities):
        lacking.append("capabilities")
    return lacking


def _origin(point: EntryPoint) -> str:
    return f"the package {point.dist.name}" if point.dist else f"the entry point {point.value}"


def _unknown(name: str, names: list[str]) -> UnknownChannelError:
    close = difflib.get_close_matches(name, names, n=1)
    meant = f"Did you mean {close[0]!r}? " if close else ""
    return UnknownChannelError(
        f"There is no channel named {name!r}",
        hint=f"{meant}There are: {', '.join(sorted(names))}. Another one needs its package installed.",
    )
