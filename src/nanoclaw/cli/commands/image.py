"""``nanoclaw image``."""

import argparse
import asyncio
from typing import TYPE_CHECKING

from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.exits import Exit
from nanoclaw.cli.parsing import add_choices, add_command
from nanoclaw.cli.render import one_line

if TYPE_CHECKING:
    from nanoclaw.cli.parsing import Subparsers
    from nanoclaw.control.shapes import SandboxShape


def add_parser(subparsers: "Subparsers") -> None:
    """Three actions."""
    parser = add_command(
        subparsers,
        "image",
        "Build or look at the image that agents run in. The daemon builds it by itself when it is missing; bubblewrap"
        " needs none.",
        "nanoclaw image status",
    )
    actions = add_choices(parser)
    build = add_command(
        actions,
        "build",
        "Build the image if it is missing or outdated.",
        "nanoclaw image build",
        "nanoclaw image build --base registry.example.org/debian:bookworm-slim",
        "nanoclaw image build --debootstrap",
    )
    build.add_argument("--base", metavar="IMAGE", default=None, help="base image (default: the setting base_image)")
    build.add_argument(
        "--debootstrap", action="store_true", help="make the base from Debian's packages: needs root, but no registry"
    )
    add_command(
        actions, "status", "Show the sandbox and whether its image is there and current.", "nanoclaw image status"
    )
    prune = add_command(
        actions,
        "prune",
        "Remove agent images of earlier versions. The one that this home starts its agents with stays, and so does"
        " every one that a container uses. Another home on this machine that still needs one builds it again.",
        "nanoclaw image prune --dry-run",
    )
    prune.add_argument("--dry-run", action="store_true", help="only say what would go")


def run(arguments: argparse.Namespace, context: Context) -> Result:
    """A ``SandboxShape``. Exit status 1 when agents cannot be started with it. ``prune`` has a document of its own."""
    if arguments.action == "prune":
        from nanoclaw.cli.containers.pruning import prune_images  # noqa: PLC0415 - imports the sandboxes

        return prune_images(arguments, context)
    from nanoclaw.daemon.answers import images  # noqa: PLC0415 - imports the sandboxes

    if arguments.action == "build":

        def progress(line: str) -> None:
            context.say(one_line(line))

        asyncio.run(images.build_image(context.home, progress, base=arguments.base, debootstrap=arguments.debootstrap))
    return _result(asyncio.run(images.image_status(context.home)))


def _result(shape: "SandboxShape") -> Result:
    state = "ready" if shape.ready else "usable, image missing or outdated" if shape.usable else "not usable"
    lines = [f"{shape.kind} {shape.version}".strip() + f": {state}", shape.problem, shape.hint, *shape.notes]
    text = "\n".join(one_line(line) for line in lines if line)
    return Result(document=shape.model_dump(mode="json"), text=text, exit=Exit.OK if shape.ready else Exit.ERROR)
