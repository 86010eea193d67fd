"""``nanoclaw service``."""

import argparse
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.exits import Exit
from nanoclaw.cli.parsing import UsageError, add_choices, add_command
from nanoclaw.cli.render import local_time, one_line, to_json
from nanoclaw.control.errors import ControlError
from nanoclaw.model.errors import NanoclawError

if TYPE_CHECKING:
    from nanoclaw.cli.parsing import Subparsers
    from nanoclaw.operations.service.contract import Scope, ServiceKeeper, ServicePlan
    from nanoclaw.operations.service.machine import Machine
    from nanoclaw.operations.service.output import Line

_MOST_LINES = 10_000


def add_parser(subparsers: "Subparsers") -> None:
    """Seven actions."""
    parser = add_command(
        subparsers,
        "service",
        "Have the assistant run for good: start with the machine, start again after a crash. Uses systemd on Linux and"
        " launchd on macOS.",
        "nanoclaw service install",
        "nanoclaw service status",
    )
    actions = add_choices(parser)
    _add_install(actions)
    for verb, description in (
        ("uninstall", "Stop the service and remove it. The home folder stays as it is."),
        ("start", "Start the service and wait until it works. Forgets earlier failed starts."),
        ("stop", "Stop the service in order. It starts again with the machine, or when asked to."),
        ("restart", "Stop the service in order and start it, such as after a change of settings."),
        ("status", "Show how the service is. Exit status 3 when it does not run."),
    ):
        _add_scope(add_command(actions, verb, description, f"nanoclaw service {verb}"))
    logs = add_command(
        actions,
        "logs",
        "Print the newest lines of the service: the daemon's log, and what systemd or launchd kept, by time.",
        "nanoclaw service logs -f",
        "nanoclaw service logs -n 500",
    )
    _add_scope(logs)
    logs.add_argument("-f", "--follow", action="store_true", help="go on printing what is added, until interrupted")
    logs.add_argument("-n", "--lines", metavar="N", type=int, default=100, help="how many at most (default: 100)")


def _add_install(actions: "Subparsers") -> None:
    install = add_command(
        actions,
        "install",
        "Make the service, have it start by itself, and start it. Again: bring it up to date.",
        "nanoclaw service install",
        "sudo nanoclaw --home /srv/nanoclaw service install --system --account nanoclaw",
        "nanoclaw service install --show",
    )
    _add_scope(install)
    install.add_argument("--account", metavar="NAME", help="with --system: who runs it (default: the home's owner)")
    install.add_argument("--env-file", metavar="FILE", help="a private file like .env that systemd hands to the daemon")
    install.add_argument("--no-start", action="store_true", help="do not start it now")
    install.add_argument("--show", action="store_true", help="print the unit or property list and change nothing")


def _add_scope(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--system", action="store_true", help="the machine's service rather than your account's own")


def run(arguments: argparse.Namespace, context: Context) -> Result:
    """The result of one action."""
    from nanoclaw.operations.service.machine import this_machine  # noqa: PLC0415 - needed by this command only

    machine = this_machine(context.environment)
    match arguments.action:
        case "install":
            return _install(arguments, context, machine)
        case "logs":
            return _logs(arguments, context, machine)
        case "status":
            return _status(arguments, context, machine)
        case _:
            return _change(arguments, context, machine)


def _scope(arguments: argparse.Namespace) -> "Scope | None":
    from nanoclaw.operations.service.contract import Scope  # noqa: PLC0415

    return Scope.SYSTEM if arguments.system else None


def _install(arguments: argparse.Namespace, context: Context, machine: "Machine") -> Result:
    from nanoclaw.operations.service import choose, fitness  # noqa: PLC0415
    from nanoclaw.operations.service.contract import Scope  # noqa: PLC0415
    from nanoclaw.operations.service.systemd import linger_advice  # noqa: PLC0415

    scope = _scope(arguments) or Scope.USER
    plan = _plan(arguments, context, machine, scope)
    keeper = choose.choose_keeper(machine, context.home.root, scope, plan.account)
    if plan.env_file is None:
        plan = replace(plan, env_file=keeper.env_file())
    text = keeper.text(plan)
    if arguments.show:
        return Result(document={"path": str(keeper.path), "text": text}, text=text.rstrip("\n"))
    keeper.require()
    choose.refuse_second(machine, plan)
    fitness.check_program(machine, plan)
    fitness.make_home(machine, context.home, plan.account)
    done = keeper.install(plan)
    word = "Unchanged" if not done.changed else "Updated" if done.was_there else "Installed"
    notes = list(_credential_notes(context, plan))
    if keeper.manager == "systemd" and scope is Scope.USER and not machine.lingers(plan.account):
        notes.append(linger_advice(plan.account))
    if not arguments.no_start:
        notes += _start(context, keeper, restart_advised=done.was_there and done.changed)
    document = {
        "changed": done.changed,
        "manager": keeper.manager,
        "scope": keeper.scope.value,
        "name": keeper.name,
        "path": str(done.path),
        "started": not arguments.no_start,
    }
    return Result(document=document, text=f"{word}: {keeper.name} in {one_line(str(done.path))}", notes=tuple(notes))


def _plan(arguments: argparse.Namespace, context: Context, machine: "Machine", scope: "Scope") -> "ServicePlan":
    from nanoclaw.operations.service import choose, fitness  # noqa: PLC0415

    account = choose.choose_account(machine, context.home.root, scope, arguments.account)
    plan = choose.draw_plan(context.home, _program(context), account, scope, context.environment)
    if arguments.env_file:
        plan = replace(plan, env_file=fitness.check_env_file(Path(arguments.env_file)))
    return plan


def _program(context: Context) -> tuple[str, ...]:
    python, *rest = context.daemon_command
    # -P: a file in the working directory must not stand in for a module of ours.
    return (python, "-P", *rest)


def _start(context: Context, keeper: "ServiceKeeper", *, restart_advised: bool) -> list[str]:
    """Start it; notes about what stands in the way."""
    from nanoclaw.operations.service.contract import ServiceState  # noqa: PLC0415

    if keeper.report().state is ServiceState.RUNNING:
        return ["It runs with what it was started with: `nanoclaw service restart` makes it new."] * restart_advised
    other = _other_daemon(context)
    if other is not None:
        return [f"{other}: `nanoclaw stop`, then `nanoclaw service start`."]
    _start_now(context, keeper)
    return []


def _other_daemon(context: Context) -> str | None:
    """Who has the home although the service does not run."""
    try:
        return f"An assistant runs in this home already, process {context.client.status()['pid']}"
    except (ControlError, LookupError):
        return None


def _credential_notes(context: Context, plan: "ServicePlan") -> list[str]:
    """A key that only stands in our environment is not there for the service."""
    from nanoclaw.settings.load import load_upstream  # noqa: PLC0415

    credential = load_upstream(context.home).credential
    if plan.env_file is not None or (credential is not None and ".env" in credential.source):
        return []
    where = f"{credential.source}; the service will not see it" if credential else "No key was found"
    return [f"{where}. Put one into {context.home.env_file} (mode 600)."]


def _change(arguments: argparse.Namespace, context: Context, machine: "Machine") -> Result:
    from nanoclaw.operations.service.choose import find_installed  # noqa: PLC0415
    from nanoclaw.operations.service.errors import NotInstalledError  # noqa: PLC0415

    verb = arguments.action
    try:
        keeper = find_installed(machine, context.home.root, _scope(arguments))
    except NotInstalledError:
        if verb != "uninstall":
            raise
        return Result(document={"changed": False}, text="There is no service.")
    match verb:
        case "uninstall":
            keeper.uninstall()
        case "stop":
            keeper.stop()
        case _:
            _start_now(context, keeper, anew=verb == "restart")
    words = {"uninstall": "Removed", "start": "Started", "stop": "Stopped", "restart": "Restarted"}
    return Result(document={"changed": True, "name": keeper.name}, text=f"{words[verb]}: {keeper.name}")


def _start_now(context: Context, keeper: "ServiceKeeper", *, anew: bool = False) -> None:
    from nanoclaw.operations.service.contract import ServiceState  # noqa: PLC0415
    from nanoclaw.operations.service.errors import ServiceError  # noqa: PLC0415

    state = keeper.report().state
    if state is ServiceState.RUNNING and not anew:
        return
    if state is not ServiceState.RUNNING and (other := _other_daemon(context)) is not None:
        raise ServiceError(other, hint="`nanoclaw stop` first: a home has one daemon.")
    _forget_failures(context)
    if anew or state is ServiceState.STARTING:
        # It may be waiting after failed starts; nobody who asks for it now wants to wait, too.
        keeper.restart()
    else:
        keeper.start()


def _forget_failures(context: Context) -> None:
    from nanoclaw.operations.service.breaker import StartBreaker  # noqa: PLC0415

    StartBreaker(context.home, context.clock).reset()


def _status(arguments: argparse.Namespace, context: Context, machine: "Machine") -> Result:
    from nanoclaw.operations.service import choose  # noqa: PLC0415
    from nanoclaw.operations.service.contract import Scope, ServiceState  # noqa: PLC0415
    from nanoclaw.operations.service.errors import NotInstalledError  # noqa: PLC0415

    try:
        keeper = choose.find_installed(machine, context.home.root, _scope(arguments))
    except NotInstalledError:
        keeper = choose.choose_keeper(machine, context.home.root, _scope(arguments) or Scope.USER)
    report = keeper.report(_fresh_plan(context, keeper))
    starts = _starts(context)
    document: dict[str, Any] = {
        "manager": keeper.manager,
        "scope": keeper.scope.value,
        "name": keeper.name,
        "path": str(keeper.path),
        "installed": report.state is not ServiceState.NOT_INSTALLED,
        **{name: list(value) if isinstance(value, tuple) else value for name, value in asdict(report).items()},
        "breaker": starts,
    }
    text = "\n".join(f"{head + ':':<14}{one_line(line)}" for head, line in _status_lines(document) if line)
    up = report.state in {ServiceState.RUNNING, ServiceState.STARTING}
    return Result(document=document, text=text, exit=Exit.OK if up else Exit.DAEMON_DOWN)


def _fresh_plan(context: Context, keeper: "ServiceKeeper") -> "ServicePlan | None":
    """What an installation would write now; None where the settings cannot be read."""
    from nanoclaw.operations.service.choose import draw_plan  # noqa: PLC0415

    try:
        return draw_plan(context.home, _program(context), keeper.account, keeper.scope, context.environment)
    except NanoclawError:
        return None


def _starts(context: Context) -> dict[str, Any]:
    from nanoclaw.operations.service.breaker import StartBreaker, next_start  # noqa: PLC0415

    starts = StartBreaker(context.home, context.clock).look()
    return {"failures": starts.failures, "wait_seconds": starts.wait_seconds, "next_start": next_start(starts)}


def _status_lines(status: dict[str, Any]) -> list[tuple[str, str]]:
    breaker = status["breaker"]
    state = ", ".join(part for part in (str(status["state"]), status["detail"], status["last_exit"]) if part)
    failed = f"{breaker['failures']} starts in a row failed" if breaker["failures"] else ""
    if breaker["next_start"]:
        failed += f"; the next begins at {local_time(breaker['next_start'])}"
    return [
        ("service", f"{status['name']} ({status['manager']}, {status['scope']})"),
        ("state", state),
        ("process", str(status["pid"] or "")),
        ("restarts", "" if status["restarts"] is None else str(status["restarts"])),
        ("by itself", ("yes" if status["enabled"] else "no") if status["installed"] else ""),
        ("failures", failed),
        ("unit", status["path"] if status["installed"] else "none; `nanoclaw service install` makes one"),
        *(("problem", problem) for problem in status["problems"]),
    ]


def _logs(arguments: argparse.Namespace, context: Context, machine: "Machine") -> Result:
    from nanoclaw.operations.service import choose, output  # noqa: PLC0415
    from nanoclaw.operations.service.property_list import output_file  # noqa: PLC0415

    if not 1 <= arguments.lines <= _MOST_LINES:
        raise UsageError(f"argument --lines: must be 1 to {_MOST_LINES}", "see: nanoclaw service logs --help")
    keeper = choose.find_installed(machine, context.home.root, _scope(arguments))
    printed = output_file(context.home.root) if keeper.manager == "launchd" else None
    journal = keeper.journal(arguments.lines, follow=False)
    found = output.last(output.recent(context.home.log, printed, journal, machine.environment), arguments.lines)
    if not arguments.follow:
        text = "\n".join(map(_shown, found)) or "Nothing is kept."
        return Result(document={"lines": [asdict(line) for line in found]}, text=text)
    for line in found:
        _print(line, context)
    coming = keeper.journal(0, follow=True)
    with output.followed(context.home.log, printed, coming, machine.environment) as lines:
        for line in lines:
            _print(line, context)
    return Result(document={"lines": []})


def _print(line: "Line", context: Context) -> None:
    shown = to_json(asdict(line), context.stdout.encoding).replace("\n", " ") if context.json else _shown(line)
    print(shown, file=context.stdout, flush=True)


def _shown(line: "Line") -> str:
    return " ".join(part for part in (local_time(line.at), line.level, one_line(line.text)) if part)
