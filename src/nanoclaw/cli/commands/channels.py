"""``nanoclaw channels``."""

import argparse
import time
from typing import TYPE_CHECKING, Any

from nanoclaw.cli.commands.status import channel_line
from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.exits import Exit
from nanoclaw.cli.parsing import add_choices, add_command
from nanoclaw.cli.render import one_line, table
from nanoclaw.control.errors import ControlError, DaemonDownError, RequestRefusedError
from nanoclaw.model.errors import NanoclawError

if TYPE_CHECKING:
    from nanoclaw.cli.parsing import Subparsers
    from nanoclaw.control.client import Document

_LOCAL = "local"
_SETTLE_SECONDS = 5.0
"""So long a channel that was just started may take before the command says how it is."""


class NotSwitchedError(NanoclawError):
    """A channel cannot be switched on or off."""


def add_parser(subparsers: "Subparsers") -> None:
    """Four actions."""
    parser = add_command(
        subparsers,
        "channels",
        "List the channels, switch them on and off, and try them out. Listing and switching also work while the"
        " assistant is stopped.",
        "nanoclaw channels list",
        "nanoclaw channels enable telegram",
        "nanoclaw channels test telegram",
    )
    actions = add_choices(parser)
    add_command(
        actions,
        "list",
        "List every channel there is: whether it is switched on, how it is, and what to do about it.",
        "nanoclaw channels list --json",
    )
    enable = add_command(
        actions,
        "enable",
        "Switch a channel on: in config.toml, whose comments and order stay, and in the running assistant at once.",
        "nanoclaw channels enable whatsapp",
    )
    disable = add_command(
        actions,
        "disable",
        "Switch a channel off, and keep its settings, its account and what waits for it.",
        "nanoclaw channels disable web",
    )
    test = add_command(
        actions,
        "test",
        "Try a channel out: go to its network and back where it can, and send yourself a message by it. Exit status 1"
        " when something failed. A message that does not get out in time is withdrawn.",
        "nanoclaw channels test telegram",
        "nanoclaw channels test whatsapp --chat 41791234567@s.whatsapp.net --wait 60",
    )
    _add_arguments(test, (enable, disable, test))


def _add_arguments(test: argparse.ArgumentParser, named: tuple[argparse.ArgumentParser, ...]) -> None:
    for one in named:
        one.add_argument("name", metavar="NAME", help="the channel, as `channels list` names it")
    test.add_argument("--chat", metavar="ID", default="", help="this chat of yours (default: where news go)")
    test.add_argument("--wait", metavar="SECONDS", type=float, default=30, help="for how long, 1 to 120 (default: 30)")


def run(arguments: argparse.Namespace, context: Context) -> Result:
    """A list, an ``AppliedShape`` with ``changed``, or a ``ChannelTestShape``."""
    match arguments.action:
        case "list":
            return _list(context)
        case "test":
            return _test(arguments, context)
        case _:
            return _switch(arguments.name, context, on=arguments.action == "enable")


def _list(context: Context) -> Result:
    from nanoclaw.settings.load import load_settings  # noqa: PLC0415 - pydantic, which few commands need

    settings, states = load_settings(context.home), _states(context)
    origins = _origins()
    names = [_LOCAL, *sorted({*origins, *settings.channels, *(states or {})} - {_LOCAL})]
    lines: list[dict[str, Any]] = []
    for name in names:
        state = (states or {}).get(name)
        lines.append({
            "name": name,
            "enabled": name == _LOCAL or name in settings.enabled_channels,
            "origin": origins.get(name, "built in" if name == _LOCAL else ""),
            "canary_minutes": settings.channel(name).canary_minutes,
            "state": state,
        })  # fmt: skip
    rows = [(line["name"], "on" if line["enabled"] else "off", one_line(_how(line, states))) for line in lines]
    text = table(("CHANNEL", "SWITCHED", "STATE"), rows)
    hints = [f"{line['name']}: {line['state']['hint']}" for line in lines if line["state"] and line["state"]["hint"]]
    return Result(document={"channels": lines}, text="\n".join([text, *(f"→ {one_line(hint)}" for hint in hints)]))


def _how(line: dict[str, Any], states: "dict[str, Document] | None") -> str:
    if not line["origin"]:
        return "there is no such channel: install its package, or remove its table from config.toml"
    if line["state"] is not None:
        return channel_line(line["state"]).partition(" ")[2]
    if states is None:
        return "the assistant is not running" if line["enabled"] else ""
    return "not started: restart the assistant" if line["enabled"] else ""


def _origins() -> dict[str, str]:
    """Where each channel comes from."""
    from nanoclaw.channels.registry import installed_channels  # noqa: PLC0415 - only for this command
    from nanoclaw.daemon.networks.built_in import built_in_channels  # noqa: PLC0415 - as above

    packages = {point.name: point.dist.name if point.dist else point.value for point in installed_channels()}
    return packages | dict.fromkeys(built_in_channels(), "built in")


def _states(context: Context) -> "dict[str, Document] | None":
    """How the channels of the running assistant are; None where none runs."""
    try:
        return {one["name"]: one for one in context.client.status()["channels"]}
    except DaemonDownError:
        return None


def _switch(name: str, context: Context, *, on: bool) -> Result:
    from nanoclaw.settings.edit import switch_channel  # noqa: PLC0415 - only for this command

    if name == _LOCAL:
        raise NotSwitchedError("The terminal's own channel is always there", hint="Switch another one.")
    _check(name, context, on=on)
    context.home.create()
    changed = switch_channel(context.home, name, on=on)
    states = _states(context)
    if states is None or (name in states) is on:
        document: Document = {"action": "none", "channel": (states or {}).get(name), "changed": changed}
        return Result(document=document, text=_unapplied(name, changed=changed, on=on, running=states is not None))
    try:
        document = context.client.apply_channel(name) | {"changed": changed}
    except RequestRefusedError as error:
        kept = "config.toml was changed, and" if changed else "As config.toml says,"
        raise NotSwitchedError(
            f"{kept} the running assistant could not follow: {error}", hint=error.hint or "Restart it."
        ) from error
    shape = _settled(name, context, document["channel"])
    document["channel"] = shape
    lines = [f"{name} is switched {'on' if on else 'off'}, at once and for good."]
    if shape:
        lines += [channel_line(shape), *([f"→ {shape['hint']}"] if shape["hint"] else [])]
    return Result(document=document, text="\n".join(one_line(line) for line in lines))


def _check(name: str, context: Context, *, on: bool) -> None:
    """Never leave a configuration with which the assistant would not start.

    Raises:
        ChannelError, NotSwitchedError: there is no such channel.
    """
    if on:
        from nanoclaw.channels.registry import load_channels  # noqa: PLC0415 - only for this command
        from nanoclaw.daemon.networks.built_in import built_in_channels  # noqa: PLC0415 - as above

        load_channels(built_in_channels(), (name,))
        return
    from nanoclaw.settings.load import load_settings  # noqa: PLC0415 - as above

    known = {*load_settings(context.home).channels, *_origins()}
    if name not in known:
        names = ", ".join(sorted(known))
        raise NotSwitchedError(f"There is no channel named {name[:64]!r}", hint=f"There are: {names}.")


def _unapplied(name: str, *, changed: bool, on: bool, running: bool) -> str:
    word = "on" if on else "off"
    if not changed:
        return f"{name} is switched {word} already."
    return f"{name} is switched {word}{'' if running else '; that counts when the assistant starts'}."


def _settled(name: str, context: Context, shape: "Document | None") -> "Document | None":
    """How a channel is after a moment: connecting takes one."""
    end = time.monotonic() + _SETTLE_SECONDS
    while shape is not None and shape["status"] == "starting" and time.monotonic() < end:
        time.sleep(0.1)
        try:
            shape = (_states(context) or {}).get(name, shape)
        except ControlError:
            break
    return shape


def _test(arguments: argparse.Namespace, context: Context) -> Result:
    request = {"chat": arguments.chat, "wait_seconds": arguments.wait}
    found = context.client.test_channel(arguments.name, request)
    lines = [channel_line(found["channel"])]
    for what, where in (("probe", ""), ("message", f" to {found['chat']}" if found["chat"] else "")):
        took = found[f"{what}_ms"]
        timing = f" in {took:.0f} ms" if took is not None else ""
        lines.append(f"{what}: {found[what]}{where}{timing}: {found[f'{what}_detail']}")
        lines += [f"→ {found[f'{what}_hint']}"] if found[f"{what}_hint"] else []
    if not found["ok"] and found["channel"]["hint"]:
        lines.append(f"→ {found['channel']['hint']}")
    text = "\n".join(one_line(line) for line in dict.fromkeys(lines))
    return Result(document=found, text=text, exit=Exit.OK if found["ok"] else Exit.ERROR)
