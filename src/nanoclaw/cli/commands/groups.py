"""``nanoclaw groups``."""

import argparse
from typing import TYPE_CHECKING, Any

from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.parsing import UsageError, add_choices, add_command
from nanoclaw.cli.reach import ask
from nanoclaw.cli.render import local_time, one_line, table
from nanoclaw.model.groups import parse_folder
from nanoclaw.model.options import OPTION_NAMES

if TYPE_CHECKING:
    from nanoclaw.cli.parsing import Subparsers
    from nanoclaw.control.shapes import AddGroupRequest, ChangeChatsRequest, ChangeGroupRequest

_VERBS = {"add": "Added.", "remove": "Taken away; its history is kept.", "primary": "Its tasks and news go there now."}


def add_parser(subparsers: "Subparsers") -> None:
    """Six actions."""
    parser = add_command(
        subparsers,
        "groups",
        "List, add, show, set up or remove groups. A group is a registered chat with a folder, a memory and an"
        " agent of its own. Works while the daemon is stopped, too.",
        "nanoclaw groups list",
        "nanoclaw groups add Family --folder family --trigger @Andy",
        "nanoclaw groups set family network=none budget_day_usd=2",
    )
    actions = add_choices(parser)
    add_command(
        actions,
        "list",
        "List all groups, and the chats that wrote but are not registered.",
        "nanoclaw groups list --json",
    )
    _add_parser_of_add(actions)
    show = add_command(actions, "show", "Show one group.", "nanoclaw groups show main")
    show.add_argument("folder", metavar="FOLDER", help="the group's folder name")
    _add_parser_of_set(actions)
    _add_parser_of_chats(actions)
    remove = add_command(
        actions,
        "remove",
        "Forget a group's registration. Its files and its history stay.",
        "nanoclaw groups remove family",
    )
    remove.add_argument("folder", metavar="FOLDER", help="the group's folder name")


def _add_parser_of_add(actions: "Subparsers") -> None:
    add = add_command(
        actions,
        "add",
        "Register a group and its chat.",
        "nanoclaw groups add notes --no-trigger",
        "nanoclaw groups add Family --folder family --channel whatsapp --chat 120363041234567890@g.us",
    )
    add.add_argument("name", metavar="NAME", help="name for people")
    add.add_argument(
        "--folder", metavar="FOLDER", default=None, help="letters, digits, _ and -, 64 at most (default: the name)"
    )
    add.add_argument("--channel", metavar="CHANNEL", default="local", help="the chat's network (default: local)")
    add.add_argument("--chat", metavar="ID", default="", help="the network's id of the chat (default: the folder)")
    add.add_argument(
        "--trigger", metavar="WORD", default=None, help="word that wakes the agent (default: @ and its name)"
    )
    add.add_argument("--no-trigger", action="store_true", help="every message wakes the agent")
    add.add_argument(
        "--main", action="store_true", help="the owner's private chat: needs no trigger, may do everything"
    )


def _add_parser_of_chats(actions: "Subparsers") -> None:
    chats = add_command(
        actions,
        "chats",
        "List a group's chats, add one, take one away, or say which its tasks and news go to. The chats of a group"
        " share its files and its memory, and its conversation unless it is set to conversation=separate.",
        "nanoclaw groups chats family",
        "nanoclaw groups chats family add telegram:-1001234567890",
        "nanoclaw groups chats family primary telegram:-1001234567890",
    )
    chats.add_argument("folder", metavar="FOLDER", help="the group's folder name")
    chats.add_argument(
        "step",
        metavar="ACTION",
        nargs="?",
        choices=("list", *_VERBS),
        default="list",
        help="list, add, remove, primary",
    )
    chats.add_argument("chat", metavar="CHANNEL:CHAT", nargs="?", default="", help="the chat, for all but list")


def _add_parser_of_set(actions: "Subparsers") -> None:
    change = add_command(
        actions,
        "set",
        "Change a group's settings. There are: name, trigger, requires_trigger (yes or no), and options, which KEY="
        " puts back to their defaults: " + ", ".join(OPTION_NAMES) + ".",
        "nanoclaw groups set family senders=ask model=claude-haiku-4-5",
        "nanoclaw groups set work mounts=~/notes:rw allow=example.org,*.example.com",
    )
    change.add_argument("folder", metavar="FOLDER", help="the group's folder name")
    change.add_argument("settings", metavar="KEY=VALUE", nargs="+", help="a setting and its new value")


def run(arguments: argparse.Namespace, context: Context) -> Result:
    """A ``GroupList``, ``GroupShape`` or ``Done``."""
    match arguments.action:
        case "list":
            return _list(context)
        case "add":
            return _add(arguments, context)
        case "show":
            folder: str = arguments.folder
            shown = ask(context, lambda client: client.group(folder), lambda service: service.group(folder))
            return Result(document=shown, text=_describe(shown))
        case "chats":
            return _chats(arguments.folder, arguments.step, arguments.chat, context)
        case "set":
            return _set(arguments.folder, arguments.settings, context)
        case _:
            return _remove(arguments.folder, context)


def _list(context: Context) -> Result:
    found = ask(context, lambda client: client.groups(), lambda service: service.groups())
    rows_of_groups = [row for group in found["groups"] for row in _rows(group)]
    text = table(("FOLDER", "NAME", "TRIGGER", "CHATS"), rows_of_groups)
    if strangers := found["unregistered"]:
        rows = [(chat["channel"], chat["chat"], chat["name"], local_time(chat["last_activity"])) for chat in strangers]
        text += f"\n\nNot registered:\n{table(('CHANNEL', 'CHAT', 'NAME', 'LAST WROTE'), rows)}"
    return Result(document=found, text=text)


def _add(arguments: argparse.Namespace, context: Context) -> Result:
    request = {
        "name": arguments.name,
        "folder": parse_folder(arguments.name if arguments.folder is None else arguments.folder),
        "channel": arguments.channel,
        "chat": arguments.chat,
        "trigger": arguments.trigger,
        "requires_trigger": not (arguments.no_trigger or arguments.main),
        "is_main": arguments.main,
    }
    added = ask(
        context,
        lambda client: client.add_group(request),
        lambda service: service.add_group(_checked(request)),
    )
    return Result(document=added, text=f"Added.\n{_describe(added)}")


def _set(folder: str, settings: list[str], context: Context) -> Result:
    changes = dict(setting.partition("=")[::2] for setting in settings)
    if not all("=" in setting for setting in settings) or len(changes) < len(settings):
        raise UsageError("argument KEY=VALUE: write each setting once, as key=value", "see: nanoclaw groups set --help")
    changed = ask(
        context,
        lambda client: client.change_group(folder, changes),
        lambda service: service.change_group(folder, _checked_changes(changes)),
    )
    return Result(document=changed, text=f"Changed.\n{_describe(changed)}")


def _chats(folder: str, verb: str, address: str, context: Context) -> Result:
    if verb == "list":
        if address:
            raise UsageError("argument CHANNEL:CHAT: not with list", "see: nanoclaw groups chats --help")
        shown = ask(context, lambda client: client.group(folder), lambda service: service.group(folder))
        return Result(document=shown, text=_chat_table(shown))
    channel, _, chat = address.partition(":")
    if not channel or not chat:
        raise UsageError(
            "argument CHANNEL:CHAT: name the chat, such as telegram:-1001234567890",
            "`nanoclaw groups list` shows those that wrote",
        )
    request = {"verb": verb, "channel": channel, "chat": chat}
    changed = ask(
        context,
        lambda client: client.change_chats(folder, request),
        lambda service: service.change_chats(folder, _checked_chats(request)),
    )
    return Result(document=changed, text=f"{_VERBS[verb]}\n{_chat_table(changed)}")


def _chat_table(group: dict[str, Any]) -> str:
    rows = [
        (
            chat["channel"],
            chat["chat"],
            chat["name"],
            "primary" if chat["primary"] else "",
            local_time(chat["last_activity"]),
        )
        for chat in group["chats"]
    ]
    return table(("CHANNEL", "CHAT", "NAME", "", "LAST WROTE"), rows)


def _checked_chats(request: dict[str, str]) -> "ChangeChatsRequest":
    from nanoclaw.control.requests import parse_values  # noqa: PLC0415 - as below
    from nanoclaw.control.shapes import ChangeChatsRequest  # noqa: PLC0415

    return parse_values(ChangeChatsRequest, request)


def _checked_changes(changes: dict[str, str]) -> "ChangeGroupRequest":
    from nanoclaw.control.requests import parse_values  # noqa: PLC0415 - as below
    from nanoclaw.control.shapes import ChangeGroupRequest  # noqa: PLC0415

    return parse_values(ChangeGroupRequest, {"changes": changes})


def _checked(request: dict[str, Any]) -> "AddGroupRequest":
    # Only without a daemon, which else checks it: then pydantic is imported anyway.
    from nanoclaw.control.requests import parse_values  # noqa: PLC0415
    from nanoclaw.control.shapes import AddGroupRequest  # noqa: PLC0415

    return parse_values(AddGroupRequest, request)


def _remove(folder: str, context: Context) -> Result:
    done = ask(context, lambda client: client.remove_group(folder), lambda service: service.remove_group(folder))
    return Result(document=done, text="Removed. Its files and its history are still there.")


def _rows(group: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """A line for each of its chats: their ids are long."""
    trigger = group["trigger"] if group["requires_trigger"] else "not needed"
    mark = " (main)" if group["is_main"] else " (temporary)" if group.get("temporary") else ""
    first, *more = [f"{chat['channel']}:{chat['chat']}" for chat in group["chats"]] or [""]
    return [(group["folder"] + mark, group["name"], trigger, first), *(("", "", "", chat) for chat in more)]


def _describe(group: dict[str, Any]) -> str:
    rows = _rows(group)
    folder, name, trigger, chat = rows[0]
    lines = (("folder:", folder), ("name:", name), ("trigger:", trigger), ("chats:", chat))
    more = (("", row[-1]) for row in rows[1:])
    settings = ((f"{name}:", value) for name, value in group["options"].items())
    return "\n".join(f"{head:<20}{one_line(value)}" for head, value in (*lines, *more, *settings))
