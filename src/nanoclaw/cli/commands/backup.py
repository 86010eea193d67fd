"""``nanoclaw backup``."""

import argparse
from typing import TYPE_CHECKING

from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.parsing import UsageError, add_choices, add_command

if TYPE_CHECKING:
    from nanoclaw.cli.parsing import Parser, Subparsers

_KINDS = ("manual", "hourly", "daily", "weekly", "change")


def add_parser(subparsers: "Subparsers") -> None:
    """Eight actions."""
    parser = add_command(
        subparsers,
        "backup",
        "Make, check and restore backups of the home folder. The daemon makes them by itself; everything here works"
        " while it is stopped, and all but restore while it runs.",
        "nanoclaw backup create",
        "nanoclaw backup restore --at '2026-11-25 10:00'",
    )
    actions = add_choices(parser)
    _add_create(actions)
    _add_readers(actions)
    _add_restore(actions)
    _add_upkeep(actions)


def _add_create(actions: "Subparsers") -> None:
    create = add_command(
        actions,
        "create",
        "Make a backup now: databases, logins, groups, conversations and configuration, with the keys in .env. What did"
        " not change takes no room again.",
        "nanoclaw backup create",
        "nanoclaw backup create --kind daily --gently",
    )
    create.add_argument(
        "--kind",
        choices=_KINDS,
        default="manual",
        help="which policy keeps it; daily and weekly read all again, change takes only logins and configuration",
    )
    _gently(create)


def _add_readers(actions: "Subparsers") -> None:
    _reads(add_command(actions, "list", "List the backups, oldest first.", "nanoclaw backup list"))
    show = add_command(
        actions,
        "show",
        "Show what a backup holds.",
        "nanoclaw backup show",
        "nanoclaw backup show 0a1b2c --files groups/family",
    )
    _names(show)
    show.add_argument("--files", metavar="PATH", nargs="?", const="", default=None, help="list files, below PATH")
    _reads(show)
    verify = add_command(
        actions,
        "verify",
        "Read every backup again and check every byte. Status 1 if something is missing or damaged, or there is none.",
        "nanoclaw backup verify",
        "nanoclaw backup verify --repair",
    )
    verify.add_argument("snapshot", metavar="BACKUP", nargs="?", default=None, help="only this one")
    verify.add_argument(
        "--repair", action="store_true", help="set damaged parts aside: the next backup writes them anew if it can"
    )
    _gently(verify)
    _reads(verify)


def _add_restore(actions: "Subparsers") -> None:
    restore = add_command(
        actions,
        "restore",
        "Put the home back as it was in a backup. The daemon must be stopped. What is replaced is kept, and named.",
        "nanoclaw backup restore",
        "nanoclaw backup restore --at '2026-11-25 10:00' --only databases",
        "nanoclaw backup restore --only groups/family --to /tmp/look",
    )
    _names(restore)
    restore.add_argument("--at", metavar="TIME", default=None, help="the newest backup that is not younger, local time")
    restore.add_argument(
        "--only",
        metavar="PART",
        action="append",
        default=[],
        help="databases, auth, groups, sessions, config, or a path such as groups/family; may be repeated",
    )
    restore.add_argument("--to", metavar="FOLDER", default=None, help="into an empty folder instead of the home")
    _reads(restore)


def _add_upkeep(actions: "Subparsers") -> None:
    prune = add_command(
        actions,
        "prune",
        "Remove the backups that the policy in config.toml does not keep, here and in the copies.",
        "nanoclaw backup prune --dry-run",
    )
    prune.add_argument("--dry-run", action="store_true", help="only say what would go")
    _reads(prune)
    schedule = add_command(
        actions,
        "schedule",
        "Show when the daemon makes backups.",
        "nanoclaw backup schedule",
        "nanoclaw backup schedule --print-cron",
    )
    schedule.add_argument("--print-cron", action="store_true", help="print lines for a crontab that does the same")
    drill = add_command(
        actions,
        "drill",
        "Try a restore out: into a scratch home, with its databases checked and counted, and a daemon started on it"
        " that opens no channel, runs no agent and sends nothing. Works while the daemon runs.",
        "nanoclaw backup drill",
    )
    _names(drill)
    _gently(drill)
    _reads(drill)


def _gently(parser: "Parser") -> None:
    parser.add_argument("--gently", action="store_true", help="at low priority, as the daemon does it")


def _names(parser: "Parser") -> None:
    parser.add_argument(
        "snapshot",
        metavar="BACKUP",
        nargs="?",
        default=None,
        help="its name, the beginning of it, or its last six digits; default: the newest",
    )


def _reads(parser: "Parser") -> None:
    parser.add_argument(
        "--from", metavar="FOLDER", dest="place", default=None, help="the backups in another folder, such as a copy"
    )
    parser.add_argument("--key-file", metavar="FILE", default=None, help="what they were encrypted with")


def run(arguments: argparse.Namespace, context: Context) -> Result:
    """Each action's own document."""
    match arguments.action:
        case "create" | "prune" | "schedule" as action:
            from nanoclaw.cli.backup import making  # noqa: PLC0415 - heavy, and only for these

            makers = {"create": making.create, "prune": making.prune, "schedule": making.schedule}
            return makers[action](arguments, context)
        case "restore" if arguments.snapshot and arguments.at:
            raise UsageError(
                "BACKUP and --at both say which one: give one of them", "see: nanoclaw backup restore --help"
            )
        case "restore" | "drill" as action:
            from nanoclaw.cli.backup import returning  # noqa: PLC0415 - as above

            return (returning.restore if action == "restore" else returning.drill)(arguments, context)
        case action:
            from nanoclaw.cli.backup import looking  # noqa: PLC0415 - as above

            lookers = {"list": looking.listing, "show": looking.show, "verify": looking.verify}
            return lookers[action](arguments, context)
