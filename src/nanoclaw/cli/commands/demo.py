"""``nanoclaw demo``."""

import argparse
import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from nanoclaw.cli.chat.session import hold
from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.parsing import add_command
from nanoclaw.settings.home import Home

if TYPE_CHECKING:
    from nanoclaw.cli.parsing import Subparsers

_NOTICE = """This is a demonstration. A scripted model answers: no AI is involved, and nothing leaves this machine.
The queue, the sandbox, the memory and the tools are the real ones. Home folder: {home}"""
_KEYS = ("CLAUDE_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN", "HTTPS_PROXY", "https_proxy")


def add_parser(subparsers: "Subparsers") -> None:
    """Takes nothing of its own."""
    add_command(
        subparsers,
        "demo",
        "Talk to a scripted model, to try everything without a key. No AI is involved. It works in a home folder of its"
        " own, named like the real one with -demo at its end.",
        "nanoclaw demo",
    )


def run(_arguments: argparse.Namespace, context: Context) -> Result:
    """Talk until the person leaves."""
    return talk(context)


def talk(context: Context) -> Result:
    """The same chat, in the demo's home, with the scripted model behind it."""
    home = Home(context.home.root.with_name(context.home.root.name + "-demo"))
    context = replace(context, home=home)
    context.say(_NOTICE.format(home=home.root))
    with _scripted_model() as address:
        # Only what the daemon needs: the owner's real keys stay out of it, and no proxy stands in between.
        environment = {name: value for name, value in context.environment.items() if name not in _KEYS}
        environment |= {"ANTHROPIC_BASE_URL": address, "ANTHROPIC_API_KEY": "demo"}
        return Result(exit=hold(context, "main", environment))


@contextmanager
def _scripted_model() -> Iterator[str]:
    """Serve the demo's script in a thread, and yield its address."""
    from nanoclaw.stub_model.demo import demo_script  # noqa: PLC0415 - imports a web server
    from nanoclaw.stub_model.serve import serve  # noqa: PLC0415

    loop = asyncio.new_event_loop()
    address: list[str] = []
    listening = threading.Event()

    def announce(url: str) -> None:
        address.append(url)
        listening.set()

    async def serve_until_cancelled() -> None:
        try:
            await serve(0, demo_script(), announce)
        finally:
            listening.set()

    task = loop.create_task(serve_until_cancelled(), name="scripted model")
    thread = threading.Thread(target=_run, args=(loop, task), name="scripted model", daemon=True)
    thread.start()
    listening.wait(30)
    if task.done():
        task.result()
    try:
        yield address[0]
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(10)


def _run(loop: asyncio.AbstractEventLoop, task: "asyncio.Task[None]") -> None:
    try:
        loop.run_until_complete(asyncio.wait({task}))
    finally:
        loop.close()
