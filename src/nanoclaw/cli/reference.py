"""Writes ``docs/reference/commands.md``: ``python -m nanoclaw.cli.reference > docs/reference/commands.md``.

Made of the parser; a test holds the file to it.
"""

import argparse
from collections.abc import Iterator

from nanoclaw.cli.exits import Exit
from nanoclaw.cli.main import VERBS, build_parser

_HEAD = """# Commands

`nanoclaw [--home FOLDER] [--json] COMMAND …`

Every command takes these options, before or after its name:

- `--home FOLDER`: the home folder. Default: `$NANOCLAW_HOME`, else `~/.nanoclaw`.
- `--json`: print the result as one JSON document, in the shapes of the [control API](control-api.md).
- `--help`: print what the command takes.

`nanoclaw --version` prints the versions of NanoClaw, of the Claude Agent SDK and of the `claude` program in it.

Results go to standard output, everything else to standard error. An error is one line that says what failed, and one
that says what to do about it. Text that others wrote is printed with its control characters made visible. Colours are
used on a terminal only, and not where `NO_COLOR` is set.

`status`, `groups` and `messages` work while no daemon runs, on its files. `doctor` works then, too, and on a home that
is broken or missing; its document is described in [how to check an installation](../how-to/check-an-installation.md).
"""
_EXITS = f"""
## Exit status

| status | meaning |
| --- | --- |
| {Exit.OK.value} | done |
| {Exit.ERROR.value} | it failed, and said why; `doctor`: there are warnings |
| {Exit.USAGE.value} | the arguments are wrong; `doctor`: there are errors |
| {Exit.NOT_TRIGGERED.value} | `send`, `chat` from a pipe: stored, but it woke nobody; `status`: no daemon runs |
| {Exit.FAILED.value} | `send`, `chat` from a pipe: the turn failed or was stopped |
| {Exit.TIMED_OUT.value} | `send`, `chat` from a pipe: stored, the answer comes later; `auth`: nobody used a code |
| {Exit.STAY_DOWN.value} | `run` under systemd: stopped by `nanoclaw stop`; systemd does not start it again |
| {Exit.CRASHED.value} | a defect: the line names the file in `logs/` that holds the details |
| {Exit.NEEDS_A_PERSON.value} | `run`: a restart would not help: the configuration, or a damaged or newer database |
| {Exit.INTERRUPTED.value} | Ctrl-C, or a signal to end |
| {Exit.BROKEN_PIPE.value} | whoever read the output went away |
"""
_COMMON = {"help", "home", "json"}


def commands_reference() -> str:
    """The whole page, Markdown."""
    parser = build_parser(*VERBS)
    sections = [section for verb, child in _children(parser) for section in _sections(f"nanoclaw {verb}", child, 2)]
    return _HEAD + _EXITS + "".join(sections)


def _sections(name: str, parser: argparse.ArgumentParser, level: int) -> Iterator[str]:
    lines = ["", f"{'#' * level} `{name}`", "", " ".join((parser.description or "").split())]
    options = [action for action in parser._actions if _is_own(action)]  # noqa: SLF001 - argparse offers no other way
    if options:
        lines += ["", "| argument | meaning |", "| --- | --- |"]
        lines += [f"| `{_spelling(action)}` | {action.help} |" for action in options]
    if parser.epilog:
        lines += ["", "```sh", *(line.strip() for line in parser.epilog.splitlines()[1:]), "```"]
    yield "\n".join(lines) + "\n"
    for verb, child in _children(parser):
        yield from _sections(f"{name} {verb}", child, level + 1)


def _children(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in parser._actions:  # noqa: SLF001 - as above
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - as above
            yield from action.choices.items()


def _is_own(action: argparse.Action) -> bool:
    return action.dest not in _COMMON and not isinstance(action, argparse._SubParsersAction)  # noqa: SLF001 - as above


def _spelling(action: argparse.Action) -> str:
    if not action.option_strings:
        return str(action.metavar)
    return f"{action.option_strings[0]} {action.metavar}" if action.metavar else action.option_strings[0]


if __name__ == "__main__":
    print(commands_reference(), end="")
