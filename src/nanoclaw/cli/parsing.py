"""How every verb describes its arguments."""

import argparse
import textwrap
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no public name for it


class UsageError(Exception):
    """The arguments are wrong; ``usage`` is the line that says how they should be."""

    def __init__(self, message: str, usage: str) -> None:
        super().__init__(message)
        self.usage = usage


class Parser(argparse.ArgumentParser):
    """A parser that raises instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        """Refuse the arguments."""
        raise UsageError(message, self.format_usage().strip())


def common_options(parser: argparse.ArgumentParser, *, top: bool = False) -> None:
    """``--home`` and ``--json``, before or after the verb; the later one wins."""
    parser.add_argument(
        "--home",
        metavar="FOLDER",
        default=None if top else argparse.SUPPRESS,
        help="home folder (default: $NANOCLAW_HOME, else ~/.nanoclaw)",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        default=False if top else argparse.SUPPRESS,
        help="print the result as one JSON document",
    )


def add_command(subparsers: "Subparsers", name: str, description: str, *examples: str) -> Parser:
    """A verb with the common options. The first sentence of the description is its summary."""
    parser = subparsers.add_parser(
        name,
        help=summary_of(description),
        description=textwrap.fill(description, 78),
        epilog="\n".join(["examples:", *(f"  {example}" for example in examples)]) if examples else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    common_options(parser)
    assert isinstance(parser, Parser)  # noqa: S101 - argparse makes them of the class of the parser above
    return parser


def add_choices(parser: argparse.ArgumentParser) -> "Subparsers":
    """Verbs below a verb, one of which must be given."""
    return parser.add_subparsers(dest="action", metavar="ACTION", required=True, title="actions")


def summary_of(description: str) -> str:
    """Its first sentence, without the full stop, beginning small."""
    sentence = description.partition(". ")[0].rstrip(".")
    return sentence[:1].lower() + sentence[1:]
