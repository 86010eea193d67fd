"""``nanoclaw people``."""

import argparse
from typing import TYPE_CHECKING, Any

from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.parsing import add_choices, add_command
from nanoclaw.cli.reach import ask
from nanoclaw.cli.render import table
from nanoclaw.model.people import Role

if TYPE_CHECKING:
    from nanoclaw.cli.parsing import Parser, Subparsers
    from nanoclaw.control.people_shapes import AddPersonRequest, RemovePersonRequest


def add_parser(subparsers: "Subparsers") -> None:
    """Three actions."""
    parser = add_command(
        subparsers,
        "people",
        "Say who may do what: owners everything, admins talk and use commands in their group, members talk. People are"
        " known by the id that their network gives them, never by a name. Works while the daemon is stopped, too.",
        "nanoclaw people list",
        "nanoclaw people add whatsapp 41791234567@s.whatsapp.net --role member --group family --name Ann",
    )
    actions = add_choices(parser)
    add_command(actions, "list", "List everyone with a role.", "nanoclaw people list --json")
    add = add_command(
        actions,
        "add",
        "Give a person a role in a group, or everywhere. It replaces the one they have there.",
        "nanoclaw people add telegram 123456789 --role owner --name Me",
    )
    _identify(add)
    add.add_argument("--role", choices=[str(role) for role in Role], required=True, help="owner, admin or member")
    add.add_argument("--name", metavar="NAME", default="", help="name to show in lists")
    remove = add_command(
        actions,
        "remove",
        "Take a person's role in a group away, or the one they have everywhere.",
        "nanoclaw people remove telegram 123456789 --group family",
    )
    _identify(remove)


def _identify(parser: "Parser") -> None:
    parser.add_argument("channel", metavar="CHANNEL", help="the network, such as whatsapp")
    parser.add_argument("sender", metavar="ID", help="the network's own id of the person; `messages dropped` shows it")
    parser.add_argument("--group", metavar="FOLDER", default=None, help="only in this group (default: everywhere)")


def run(arguments: argparse.Namespace, context: Context) -> Result:
    """A ``PersonList``, ``PersonShape`` or ``Done``."""
    match arguments.action:
        case "list":
            return _list(context)
        case "add":
            return _add(arguments, context)
        case _:
            return _remove(arguments, context)


def _list(context: Context) -> Result:
    found = ask(context, lambda client: client.people(), lambda service: service.people.all())
    return Result(document=found, text=table(("ROLE", "WHERE", "CHANNEL", "ID", "NAME"), map(_row, found["people"])))


def _add(arguments: argparse.Namespace, context: Context) -> Result:
    request = {name: getattr(arguments, name) for name in ("channel", "sender", "role", "group", "name")}
    added = ask(
        context, lambda client: client.add_person(request), lambda service: service.people.add(_person(request))
    )
    role, where, channel, sender, _ = _row(added)
    return Result(document=added, text=f"{channel}:{sender} is {role} in {where} now.")


def _remove(arguments: argparse.Namespace, context: Context) -> Result:
    request = {name: getattr(arguments, name) for name in ("channel", "sender", "group")}
    done = ask(
        context,
        lambda client: client.remove_person(request),
        lambda service: service.people.remove(_removal(request)),
    )
    return Result(document=done, text="Removed." if done["changed"] else "They had no role there.")


def _person(request: dict[str, Any]) -> "AddPersonRequest":
    # Only without a daemon, which else checks it: then pydantic is imported anyway.
    from nanoclaw.control.people_shapes import AddPersonRequest  # noqa: PLC0415
    from nanoclaw.control.requests import parse_values  # noqa: PLC0415

    return parse_values(AddPersonRequest, request)


def _removal(request: dict[str, Any]) -> "RemovePersonRequest":
    from nanoclaw.control.people_shapes import RemovePersonRequest  # noqa: PLC0415 - as above
    from nanoclaw.control.requests import parse_values  # noqa: PLC0415

    return parse_values(RemovePersonRequest, request)


def _row(person: dict[str, Any]) -> tuple[str, str, str, str, str]:
    return person["role"], person["group"] or "every group", person["channel"], person["sender"], person["name"]
