"""``nanoclaw tasks``."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.exits import Exit
from nanoclaw.cli.parsing import UsageError, add_choices, add_command
from nanoclaw.cli.reach import ask
from nanoclaw.cli.render import one_line, table, visible
from nanoclaw.model.errors import NanoclawError

if TYPE_CHECKING:
    from nanoclaw.cli.parsing import Parser, Subparsers
    from nanoclaw.control.task_shapes import AddTaskRequest, UpdateTaskRequest

_SCRIPT_LIMIT = 100_000
_ALL = 100_000
_DIGITS = 15
_BEGUN = "It runs now, or as soon as the daemon does; `nanoclaw tasks runs {}` shows what comes of it."
_CHANGES = {"pause": "Paused.", "resume": "It goes on.", "cancel": "Cancelled; its history stays."}


class ScriptFileError(NanoclawError):
    """A script cannot be read."""


def add_parser(subparsers: "Subparsers") -> None:
    """Ten actions."""
    parser = add_command(
        subparsers,
        "tasks",
        "Make and look after scheduled tasks: what an agent does by itself at a time, and what came of it. Works while"
        " the daemon is stopped, too.",
        "nanoclaw tasks add --group main --cron '30 8 * * 1-5' --prompt 'Summarise my mail.'",
        "nanoclaw tasks runs 3",
    )
    actions = add_choices(parser)
    listing = add_command(actions, "list", "List the tasks that are active or paused.", "nanoclaw tasks list")
    listing.add_argument("--group", metavar="FOLDER", default=None, help="only this group's")
    listing.add_argument(
        "--limit", metavar="N", type=int, default=500, help="how many at most, 1 to 100000 (default: 500)"
    )
    _identify(add_command(actions, "show", "Show one task with its next times.", "nanoclaw tasks show 3"))
    _add_parser_of_add(actions)
    _add_parser_of_update(actions)
    for verb, text in (
        ("pause", "Let a task rest."),
        ("resume", "Let a task go on with its next future time."),
        ("cancel", "End a task for good."),
        ("run", "Run a task once more, now, beside its schedule."),
    ):
        _identify(add_command(actions, verb, text, f"nanoclaw tasks {verb} 3"))
    runs = add_command(actions, "runs", "Show what came of a task's times, newest first.", "nanoclaw tasks runs 3")
    _identify(runs)
    runs.add_argument("--limit", metavar="N", type=int, default=20, help="how many at most, 1 to 500 (default: 20)")
    add_command(
        actions,
        "check",
        "Check all stored tasks: their times, their groups and chats, the folders that these may see. Status 4 if one"
        " cannot be run.",
        "nanoclaw tasks check",
    )


def _add_parser_of_add(actions: "Subparsers") -> None:
    add = add_command(
        actions,
        "add",
        "Make a task, and show its next five times.",
        "nanoclaw tasks add --group main --cron '0 18 * * *' --prompt 'What is on tomorrow?'",
        "nanoclaw tasks add --group family --once 2026-12-24T18:00 --prompt 'Wish everybody a merry Christmas.'",
    )
    add.add_argument("--group", metavar="FOLDER", required=True, help="the group whose agent does it")
    add.add_argument("--prompt", metavar="TEXT", required=True, help="what the agent is told")
    add.add_argument("--chat", metavar="CHANNEL:ID", default="", help="where results go (default: used last)")
    _describe_task(add, required=True)


def _add_parser_of_update(actions: "Subparsers") -> None:
    update = add_command(
        actions,
        "update",
        "Change a task; what is not named stays.",
        "nanoclaw tasks update 3 --cron '0 9 * * *'",
    )
    _identify(update)
    update.add_argument("--prompt", metavar="TEXT", default=None, help="what the agent is told")
    _describe_task(update, required=False)


def _describe_task(parser: "Parser", *, required: bool) -> None:
    when = parser.add_mutually_exclusive_group(required=required)
    when.add_argument("--cron", metavar="EXPR", default=None, help="minute hour day month weekday, in local time")
    when.add_argument("--interval", metavar="MS", default=None, help="every so many milliseconds")
    when.add_argument("--once", metavar="TIME", default=None, help="2026-12-24T18:00 (local), or with an offset")
    parser.add_argument(
        "--context",
        choices=("group", "isolated"),
        default=None,
        help="in the group's conversation, or in a new one each time (default: group)",
    )
    parser.add_argument(
        "--missed",
        metavar="POLICY",
        default=None,
        help="what to do about a time that passed while nothing ran: skip, once or window:2h (default: once)",
    )
    parser.add_argument(
        "--script",
        metavar="FILE",
        default=None,
        help="shell script that runs first and decides whether to wake the agent; '' for none",
    )
    parser.add_argument("--name", metavar="NAME", default=None, help="a name for people")


def _identify(parser: "Parser") -> None:
    parser.add_argument("task", metavar="TASK", type=_number, help="the task's number")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > _DIGITS:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not the number of a task")
    return int(text)


def run(arguments: argparse.Namespace, context: Context) -> Result:
    """A ``TaskList``, ``TaskShape``, ``RunShape`` or ``RunList``."""
    match arguments.action:
        case "list":
            return _list(arguments, context)
        case "check":
            return _check(context)
        case "add":
            return _add(arguments, context)
        case "update":
            return _update(arguments, context)
        case "runs":
            return _runs(arguments, context)
        case action:
            return _one(action, arguments.task, context)


def _list(arguments: argparse.Namespace, context: Context) -> Result:
    group, limit = arguments.group, arguments.limit
    if not 1 <= limit <= _ALL:
        raise UsageError(f"argument --limit: must be 1 to {_ALL}", "see: nanoclaw tasks list --help")
    found = ask(context, lambda client: client.tasks(group, limit), lambda service: service.tasks.all(group, limit))
    rows = [
        (str(task["id"]), task["group"], task["state"], _when(task), _next(task), task["name"] or task["prompt"][:40])
        for task in found["tasks"]
    ]
    text = table(("ID", "GROUP", "STATE", "WHEN", "NEXT", "WHAT"), rows) if rows else "No tasks."
    notes = (f"{found['more']:,} more, due later; --limit shows more.",) if found["more"] else ()
    return Result(document=found, text=text, notes=notes)


def _check(context: Context) -> Result:
    found = ask(context, lambda client: client.tasks(None, _ALL), lambda service: service.tasks.all(None, _ALL))
    bad = [task for task in found["tasks"] if task["problem"]]
    lines = [f"task {task['id']} ({one_line(task['group'])}): {one_line(task['problem'])}" for task in bad]
    lines.append(f"{len(found['tasks'])} checked, {len(bad)} cannot be run.")
    return Result(document=found, text="\n".join(lines), exit=Exit.FAILED if bad else Exit.OK)


def _add(arguments: argparse.Namespace, context: Context) -> Result:
    request = {"group": arguments.group, "prompt": arguments.prompt, "chat": arguments.chat, **_given(arguments)}
    added = ask(context, lambda client: client.add_task(request), lambda service: service.tasks.add(_new(request)))
    return Result(document=added, text=f"Added.\n{_describe(added)}")


def _update(arguments: argparse.Namespace, context: Context) -> Result:
    task, request = arguments.task, _given(arguments)
    if arguments.prompt is not None:
        request["prompt"] = arguments.prompt
    if not request:
        raise UsageError("nothing is named that should change", "see: nanoclaw tasks update --help")
    changed = ask(
        context,
        lambda client: client.update_task(task, request),
        lambda service: service.tasks.update(task, _changes(request)),
    )
    return Result(document=changed, text=f"Changed.\n{_describe(changed)}")


def _one(action: str, task: int, context: Context) -> Result:
    match action:
        case "show":
            shown = ask(context, lambda client: client.task(task), lambda service: service.tasks.get(task))
            return Result(document=shown, text=_describe(shown))
        case "run":
            begun = ask(
                context, lambda client: client.change_task(task, "run"), lambda service: service.tasks.run_now(task)
            )
            return Result(document=begun, text=_BEGUN.format(task))
        case _:
            changed = ask(
                context,
                lambda client: client.change_task(task, action),
                lambda service: getattr(service.tasks, action)(task),
            )
            return Result(document=changed, text=_CHANGES[action])


def _runs(arguments: argparse.Namespace, context: Context) -> Result:
    task, limit = arguments.task, arguments.limit
    if not 1 <= limit <= 500:
        raise UsageError("argument --limit: must be 1 to 500", "see: nanoclaw tasks runs --help")
    found = ask(context, lambda client: client.task_runs(task, limit), lambda service: service.tasks.runs(task, limit))
    rows = [
        (
            _spoken(one["due"]),
            one["state"] + (" by hand" if one["by_hand"] else ""),
            f"{one['late_seconds']:.0f} s" if one["late_seconds"] >= 1 else "",
            {True: "yes", False: "no", None: ""}[one["delivered"]],
            f"{one['cost_usd']:.4f}" if one["cost_usd"] else "",
            one_line(one["error"] or one["result"], 60),
        )
        for one in found["runs"]
    ]
    text = table(("DUE", "STATE", "LATE", "DELIVERED", "USD", "RESULT"), rows) if rows else "No runs yet."
    return Result(document=found, text=text)


def _given(arguments: argparse.Namespace) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for kind in ("cron", "interval", "once"):
        if (value := getattr(arguments, kind)) is not None:
            given |= {"schedule_type": kind, "schedule_value": value}
    for name, field in (("context", "context_mode"), ("missed", "missed"), ("name", "name")):
        if (value := getattr(arguments, name)) is not None:
            given[field] = value
    if arguments.script is not None:
        given["script"] = _read_script(Path(arguments.script)) if arguments.script else ""
    return given


def _read_script(path: Path) -> str:
    try:
        if not path.is_file():
            raise FileNotFoundError(path)
        with path.open("rb") as script:
            content = script.read(4 * _SCRIPT_LIMIT + 1)
        text = content.decode("utf-8", "strict" if len(content) <= 4 * _SCRIPT_LIMIT else "ignore")
    except (OSError, ValueError) as error:
        raise _cannot_read(path, "Name a text file that exists.") from error
    if len(text) > _SCRIPT_LIMIT:
        raise ScriptFileError(f"The script {path} is too long", hint=f"At most {_SCRIPT_LIMIT:,} characters fit.")
    if not text.strip() or "\0" in text:
        raise _cannot_read(path, "It is empty or no text.")
    return text


def _cannot_read(path: Path, hint: str) -> ScriptFileError:
    return ScriptFileError(f"Cannot read the script {path}", hint=hint)


def _new(request: dict[str, Any]) -> "AddTaskRequest":
    # Only without a daemon, which else checks it: then pydantic is imported anyway.
    from nanoclaw.control.requests import parse_values  # noqa: PLC0415
    from nanoclaw.control.task_shapes import AddTaskRequest  # noqa: PLC0415

    return parse_values(AddTaskRequest, request)


def _changes(request: dict[str, Any]) -> "UpdateTaskRequest":
    from nanoclaw.control.requests import parse_values  # noqa: PLC0415 - as above
    from nanoclaw.control.task_shapes import UpdateTaskRequest  # noqa: PLC0415

    return parse_values(UpdateTaskRequest, request)


def _when(task: dict[str, Any]) -> str:
    return f"{task['schedule_type']} {task['schedule_value']}"


def _next(task: dict[str, Any]) -> str:
    return task["next"][0].replace("T", " ") if task["next"] else ""


def _describe(task: dict[str, Any]) -> str:
    lines = [
        ("task", str(task["id"])),
        ("name", task["name"]),
        ("group", task["group"]),
        ("chat", f"{task['channel']}:{task['chat']}"),
        ("state", task["state"]),
        ("when", _when(task)),
        ("context", task["context_mode"]),
        ("missed", task["missed"]),
        ("script", f"{len(task['script'].splitlines())} lines" if task["script"] else ""),
        ("problem", task["problem"]),
    ]
    shown = [f"{head + ':':<10}{one_line(value)}" for head, value in lines if value]
    shown += [f"{'next:' if not index else '':<10}{_spoken(time)}" for index, time in enumerate(task["next"])]
    return "\n".join([*shown, "", visible(task["prompt"])])


def _spoken(time: str) -> str:
    return time.replace("T", " ")
