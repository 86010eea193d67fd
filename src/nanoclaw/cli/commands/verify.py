"""``nanoclaw verify``."""

import argparse
import asyncio
from typing import TYPE_CHECKING

from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.exits import Exit
from nanoclaw.cli.parsing import add_command
from nanoclaw.cli.render import Paint, one_line

if TYPE_CHECKING:
    from nanoclaw.cli.parsing import Subparsers
    from nanoclaw.operations.verify.contract import Step

_WIDTH = 44


def add_parser(subparsers: "Subparsers") -> None:
    """One option."""
    parser = add_command(
        subparsers,
        "verify",
        "Try out the running installation: real messages, agents, tasks and a restore, with a scripted model, in"
        " temporary groups that are erased afterwards. Exit status 0: every step passed, 1: one did not.",
        "nanoclaw verify",
        "nanoclaw verify --real-model --json",
    )
    parser.add_argument(
        "--real-model", action="store_true", help="also make one true call to the model's service, which costs money"
    )


def run(arguments: argparse.Namespace, context: Context) -> Result:
    """A document with ``ok``, ``counts``, ``seconds`` and ``steps``; the table is printed while it goes."""
    from nanoclaw.daemon.lock import hold  # noqa: PLC0415 - imports what only this command needs
    from nanoclaw.operations.verify.contract import Order  # noqa: PLC0415 - as above
    from nanoclaw.operations.verify.report import report_shape  # noqa: PLC0415 - as above
    from nanoclaw.operations.verify.run import verify  # noqa: PLC0415 - as above
    from nanoclaw.settings.home import mount_allowlist  # noqa: PLC0415 - as above

    order = Order(
        home=context.home,
        clock=context.clock,
        real_model=arguments.real_model,
        daemon=context.daemon_command,
        environment=context.environment,
        hold=hold,
        mount_allowlist=mount_allowlist(),
    )
    paint = Paint(context.stdout, context.environment)

    def tell(step: "Step") -> None:
        if not context.json:
            print(_lines(step, paint), file=context.stdout, flush=True)

    report = report_shape(asyncio.run(verify(order, tell)))
    counts = report["counts"]
    verdict = "Everything works" if report["ok"] else "NOT everything works"
    text = (
        f"\n{verdict}: {counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped,"
        f" in {report['seconds']:.1f} s."
    )
    return Result(document=report, text=text, exit=Exit.OK if report["ok"] else Exit.ERROR)


def _lines(step: "Step", paint: Paint) -> str:
    colour = {"passed": paint.green, "failed": paint.red, "skipped": paint.yellow}[step.outcome]
    head = f"{colour(step.outcome.ljust(7))}  {one_line(step.title, _WIDTH).ljust(_WIDTH)}  {step.seconds:6.1f} s"
    lines = [head, *(paint.dim(f"         {one_line(fact)}") for fact in step.facts)]
    if step.hint:
        lines.append(f"         → {one_line(step.hint)}")
    if step.check:
        lines.append(paint.dim(f"         (doctor: {step.check})"))
    return "\n".join(lines)
