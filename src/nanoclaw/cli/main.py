"""The entry point: reads arguments, runs one verb, and turns whatever happens into words and an exit status."""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from keyword import iskeyword
from types import ModuleType

from nanoclaw.cli.complaints import complain, no_room, record_crash
from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.exits import Exit
from nanoclaw.cli.parsing import Parser, UsageError, common_options
from nanoclaw.cli.render import to_json, visible
from nanoclaw.model.errors import NanoclawError
from nanoclaw.settings.home import find_home, process_environment

VERBS = {
    "chat": "talk to the assistant here, in the terminal",
    "demo": "the same with a scripted model, to try everything without a key",
    "run": "start the assistant and stay until it is stopped",
    "stop": "stop the assistant and wait until it is gone",
    "service": "have the assistant run for good: install, start, stop, look after the service",
    "status": "show how everything is",
    "send": "send a message and print the answer",
    "messages": "read and search the history",
    "groups": "list, add, show, set up or remove groups",
    "channels": "list channels, switch them on and off, try them out",
    "people": "say who may do what",
    "tasks": "make and look after scheduled tasks",
    "auth": "link your WhatsApp account, or a bot of Telegram",
    "usage": "show what calls to the model used",
    "doctor": "check the whole installation, and mend what is safe to mend",
    "verify": "try out the running installation, with a scripted model, and leave no trace",
    "db": "look after the databases",
    "logs": "read the assistant's own log",
    "alerts": "tell the owner by mail, SMS or a webhook when something is wrong",
    "figures": "show how it fares: memory, processors, waits, starts, answers",
    "profile": "look into the running assistant: processor, memory, stacks",
    "gateway": "see what agents reached, or tried to reach",
    "upgrade": "bring the databases to this version, or back to what they were",
    "import": "take over groups, history, tasks and files of another program",
    "backup": "make, check and restore backups",
    "containers": "look after the sandboxes that agents run in",
    "disk": "show where the space goes",
    "clean": "clear away what is of no more use",
    "image": "build or look at the image that agents run in",
    "uninstall": "remove what was installed; the data only if told",
    "openapi": "print the OpenAPI document of the control API",
    "model-stub": "serve a scripted model, for tests",
}
"""Each verb and its summary, in the order of ``--help``. Its module is named like it, with underscores."""

_DESCRIPTION = "A personal Claude assistant: chats routed to sandboxed agents, durably and safely."
_EPILOG = "examples:\n  nanoclaw chat\n  nanoclaw send 'What is on today?'\n  nanoclaw status --json"


def main(argv: Sequence[str] | None = None, context: Context | None = None) -> int:
    """Run one command and return its exit status; never raises. ``context`` replaces the machine's surroundings."""
    given = sys.argv[1:] if argv is None else list(argv)
    context = context or Context(home=find_home(None), environment=process_environment())
    previous = os.umask(0o077)
    try:
        return int(_guarded(given, context))
    finally:
        os.umask(previous)


def build_parser(*modules: str) -> argparse.ArgumentParser:
    """The parser of all verbs, of which only those named have their arguments: the others are not imported."""
    parser = Parser(
        prog="nanoclaw",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    common_options(parser, top=True)
    parser.add_argument("--version", action="store_true", help="print the versions of NanoClaw, the SDK and claude")
    subparsers = parser.add_subparsers(dest="verb", metavar="COMMAND", title="commands")
    for verb, summary in VERBS.items():
        if verb in modules:
            _module(verb).add_parser(subparsers)
        else:
            subparsers.add_parser(verb, help=summary)
    return parser


def _guarded(argv: list[str], context: Context) -> int:
    """Whatever a command raises becomes words here, the outermost boundary there is."""
    try:
        context = _at_home(argv, context)
        return _command(argv, context)
    except NanoclawError as error:
        complain(context, error)
        return Exit.ERROR
    except UsageError as error:
        print(f"error: {visible(str(error))}\n{error.usage}", file=context.stderr)
        return Exit.USAGE
    except (KeyboardInterrupt, SystemExit):
        return Exit.INTERRUPTED
    except BrokenPipeError:
        _discard_output()
        return Exit.BROKEN_PIPE
    except Exception as error:  # noqa: BLE001 - a defect of ours: the details go to a file, a person gets one line
        return _unexpected(context, error)


def _unexpected(context: Context, error: Exception) -> Exit:
    if (full := no_room(error)) is not None:
        complain(context, full)
        _flush_or_discard(context)
        return Exit.ERROR
    place = record_crash(context, error)
    print(f"error: nanoclaw failed unexpectedly ({type(error).__name__}); {place}", file=context.stderr)
    return Exit.CRASHED


def _command(argv: list[str], context: Context) -> int:
    verb = _verb_in(argv)
    parser = build_parser(*([verb] if verb else []))
    try:
        arguments = parser.parse_args(argv)
    except SystemExit:  # --help was printed
        context.stdout.flush()
        return Exit.OK
    context = replace(context, json=arguments.json)
    if arguments.version:
        return _show(_module("version").run(arguments, context), context)
    if not arguments.verb:
        context.stdout.write(parser.format_help())
        return Exit.USAGE
    return _show(_module(arguments.verb).run(arguments, context), context)


def _show(result: Result, context: Context) -> int:
    for note in result.notes:
        context.say(visible(note))
    if context.json and result.document is not None:
        print(to_json(result.document, context.stdout.encoding), file=context.stdout)
    elif result.text and not context.json:
        print(result.text, file=context.stdout)
    context.stdout.flush()
    return result.exit


def _at_home(argv: list[str], context: Context) -> Context:
    """The context with the home that was named, found before anything is parsed: a crash report belongs there too."""
    for number, argument in enumerate(argv):
        name, equals, value = argument.partition("=")
        if name == "--home" and (equals or number + 1 < len(argv)):
            context = replace(context, home=find_home(value if equals else argv[number + 1]))
        if argument == "--":
            break
    return context


def _verb_in(argv: list[str]) -> str | None:
    """The verb, found before anything is parsed, so that only its own module is imported."""
    skip = False
    for argument in argv:
        if skip:
            skip = False
        elif argument == "--home":
            skip = True
        elif not argument.startswith("-"):
            return argument if argument in VERBS else None
    return None


def _module(verb: str) -> ModuleType:
    name = f"{verb}_" if iskeyword(verb) else verb.replace("-", "_")
    return import_module(f"nanoclaw.cli.commands.{name}")


def _flush_or_discard(context: Context) -> None:
    try:
        context.stdout.flush()
    except OSError:
        _discard_output()


def _discard_output() -> None:
    """Keep the interpreter from complaining about what nobody takes when it flushes at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
