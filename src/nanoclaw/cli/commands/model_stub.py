"""``nanoclaw model-stub``."""

import argparse
import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.parsing import UsageError, add_command

if TYPE_CHECKING:
    from nanoclaw.cli.parsing import Subparsers

_LAST_PORT = 65535


def add_parser(subparsers: "Subparsers") -> None:
    """A port and a script."""
    parser = add_command(
        subparsers,
        "model-stub",
        "Serve a scripted model on 127.0.0.1 until Ctrl-C, for tests. It speaks the Anthropic Messages API, and is no"
        " AI: it answers by rules. Point ANTHROPIC_BASE_URL at the address that it prints.",
        "nanoclaw model-stub --port 8787",
        "nanoclaw model-stub --port 0 --script rules.toml",
    )
    parser.add_argument("--port", metavar="P", type=int, default=0, help="port to listen on (default: 0, a free one)")
    parser.add_argument(
        "--script", metavar="FILE", default=None, help="TOML or JSON file of rules (default: the demo's)"
    )


def run(arguments: argparse.Namespace, context: Context) -> Result:
    """Serve until interrupted."""
    if not 0 <= arguments.port <= _LAST_PORT:
        raise UsageError(f"argument --port: must be 0 to {_LAST_PORT}", "see: nanoclaw model-stub --help")
    from nanoclaw.stub_model.demo import demo_script  # noqa: PLC0415 - imports a web server
    from nanoclaw.stub_model.script import load_script  # noqa: PLC0415
    from nanoclaw.stub_model.serve import serve  # noqa: PLC0415

    script = load_script(Path(arguments.script)) if arguments.script else demo_script()

    def announce(address: str) -> None:
        print(address, file=context.stdout, flush=True)

    asyncio.run(serve(arguments.port, script, announce))
    return Result()
