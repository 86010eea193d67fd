"""``nanoclaw doctor``."""

import argparse
import asyncio
from typing import TYPE_CHECKING

from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.diagnosis import show_report
from nanoclaw.cli.exits import Exit
from nanoclaw.cli.parsing import add_command
from nanoclaw.cli.render import Paint

if TYPE_CHECKING:
    from nanoclaw.cli.parsing import Subparsers

SECTIONS = (
    *("preflight", "security", "configuration", "sandbox", "service", "channels", "storage", "backup", "monitoring"),
)
"""Written here again, because the parser must not import the checks; a test compares them."""
_EXITS = {"ok": Exit.OK, "warning": Exit.WARNINGS, "error": Exit.ERRORS}


def add_parser(subparsers: "Subparsers") -> None:
    """What to look at, and how."""
    parser = add_command(
        subparsers,
        "doctor",
        "Check the whole installation, and say what is wrong, why it matters and what to do. Exit status 0: in order,"
        " 1: warnings, 2: errors. Works while the assistant is down, and when its configuration is broken.",
        "nanoclaw doctor",
        "nanoclaw doctor --section security --fix",
        "nanoclaw doctor --live --json",
        "nanoclaw doctor --zh",
    )
    parser.add_argument("--section", metavar="NAME", choices=SECTIONS, default=None, help=f"only {', '.join(SECTIONS)}")
    parser.add_argument("--fix", action="store_true", help="mend what is safe to mend, and say what was done")
    parser.add_argument(
        "--live", action="store_true", help="also ask others: the model's service, the proxy, the agents; slower"
    )
    parser.add_argument("--zh", action="store_true", help="in Chinese (中文)")


def run(arguments: argparse.Namespace, context: Context) -> Result:
    """A document with ``status``, ``findings`` and ``repairs``."""
    from nanoclaw.operations.doctor.contract import Language, Section  # noqa: PLC0415 - imports the sandboxes
    from nanoclaw.operations.doctor.examination import Order, examine_home  # noqa: PLC0415 - as above

    order = Order(
        section=Section(arguments.section) if arguments.section else None,
        fix=arguments.fix,
        live=arguments.live,
        language=Language.CHINESE if arguments.zh else Language.ENGLISH,
    )
    report = asyncio.run(examine_home(context.home, context.clock, order))
    text = show_report(report, Paint(context.stdout, context.environment))
    return Result(document=report, text=text, exit=_EXITS[report["status"]])
