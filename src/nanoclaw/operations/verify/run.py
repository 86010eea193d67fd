"""Verify an installation, step by step, and leave it as it was."""

import asyncio
import secrets
import time
from collections.abc import Callable
from contextlib import ExitStack
from urllib.parse import urlsplit

from nanoclaw import __version__
from nanoclaw.control.client import ControlClient, Document
from nanoclaw.model.errors import NanoclawError
from nanoclaw.operations.verify.backup import try_the_way_back
from nanoclaw.operations.verify.channels import channel_steps
from nanoclaw.operations.verify.contract import Field, Order, Outcome, Party, Step, StepFailedError, StepSkippedError
from nanoclaw.operations.verify.inside import look_from_inside, look_from_outside
from nanoclaw.operations.verify.isolation import keep_apart
from nanoclaw.operations.verify.real import ask_the_service
from nanoclaw.operations.verify.script import MARK, write_script
from nanoclaw.operations.verify.storage import look_at_databases
from nanoclaw.operations.verify.task import run_a_task
from nanoclaw.stub_model.script import Script
from nanoclaw.stub_model.server import StubModel

Tell = Callable[[Step], None]
_READY_SECONDS = 60
_GONE_SECONDS = 40
_STEPS: tuple[tuple[str, str, Callable[[Field], list[str]]], ...] = (
    ("isolation", "Two groups cannot see each other", keep_apart),
    ("inside", "What an agent can reach from inside", look_from_inside),
    ("engine", "Agents as their engine reports them", look_from_outside),
    ("task", "A task run by hand", run_a_task),
    ("databases", "Databases and write-ahead logs", look_at_databases),
    ("backup", "Backup and restore drill", try_the_way_back),
    ("real-model", "One true call to the model", ask_the_service),
)


async def verify(order: Order, tell: Tell) -> tuple[Step, ...]:
    """Every step; a failed one does not keep the others from being tried.

    Raises:
        ControlError: the daemon does not run, or refuses: another verification is going on.
    """
    client = ControlClient(order.home.control_socket)
    status = await asyncio.to_thread(client.status)
    steps: list[Step] = []

    def done(step: Step) -> None:
        steps.append(step)
        tell(step)

    done(await _timed("running", "The assistant runs", lambda: _running(client)))
    model = StubModel(Script(), order.clock)
    url = await model.start()
    folders: list[str] = []
    try:
        with ExitStack() as stack:
            request = {"model_url": url, "real": order.real_model}
            trial = await asyncio.to_thread(lambda: stack.enter_context(client.hold_trial(request)))
            folders = [group["folder"] for group in trial["groups"]]
            field = _field(order, client, status, model, trial)
            model.replace_script(write_script((field.first, field.second), str(order.home.root), _ports(url, status)))
            for name, title, look in (*channel_steps(status), *_STEPS):
                done(await _timed(name, title, lambda look=look: look(field)))  # type: ignore[misc]
    finally:
        await model.close()
    done(await _timed("traces", "Nothing is left of it", lambda: _gone(order, client, folders)))
    return tuple(steps)


def _field(order: Order, client: ControlClient, status: Document, model: StubModel, trial: Document) -> Field:
    parties = [
        Party(
            folder=group["folder"],
            trigger=group["trigger"],
            nonce=f"n{secrets.token_hex(6)}",
            secret=f"{MARK}{secrets.token_hex(8)}",
            web=any(chat["channel"] == "web" for chat in group["chats"]),
        )
        for group in trial["groups"]
    ]
    first, second, *real = parties
    return Field(
        order=order,
        client=client,
        status=status,
        model=model,
        first=first,
        second=second,
        real=real[0] if real else None,
    )


def _ports(url: str, status: Document) -> tuple[int, ...]:
    """Ports of the host's loopback that are open for sure: an agent must reach none of them."""
    links = [url, *(channel.get("link") or "" for channel in status["channels"])]
    return tuple(port for link in links if (port := urlsplit(link).port) is not None)


async def _timed(name: str, title: str, look: Callable[[], list[str]]) -> Step:
    began = time.monotonic()

    def step(outcome: Outcome, *facts: str, hint: str = "", check: str = "") -> Step:
        seconds = round(time.monotonic() - began, 3)
        return Step(id=name, title=title, outcome=outcome, seconds=seconds, facts=facts, hint=hint, check=check)

    try:
        return step(Outcome.PASSED, *await asyncio.to_thread(look))
    except StepSkippedError as reason:
        return step(Outcome.SKIPPED, str(reason))
    except StepFailedError as error:
        return step(Outcome.FAILED, str(error), hint=error.hint, check=error.check)
    except NanoclawError as error:
        return step(Outcome.FAILED, str(error), hint=error.hint or "See `nanoclaw status`.")


def _running(client: ControlClient) -> list[str]:
    status, ends = client.status(), time.monotonic() + _READY_SECONDS
    # Shortly after its start it still looks at its sandbox, or builds the image.
    while not (status.get("sandbox") or {}).get("ready") and time.monotonic() < ends:
        time.sleep(0.2)
        status = client.status()
    if status["version"] != __version__:
        what = f"Version {status['version']} runs, and {__version__} is installed"
        raise StepFailedError(
            what, hint="Restart it: `nanoclaw service restart`, or `nanoclaw stop` and `nanoclaw run`."
        )
    box = status.get("sandbox") or {}
    if not box.get("ready"):
        what = f"The sandbox is not ready: {box.get('problem') or 'it is still being prepared'}"
        raise StepFailedError(
            what, hint=box.get("hint") or "`nanoclaw image build` shows its progress.", check="engine"
        )
    agents = len(status["agents"])
    return [f"version {status['version']}, pid {status['pid']}; {box['kind']} {box['version']}; {agents} agents alive"]


def _gone(order: Order, client: ControlClient, folders: list[str]) -> list[str]:
    home, ends = order.home, time.monotonic() + _GONE_SECONDS
    places = [
        place / folder for place in (home.groups, home.root / "data" / "sessions", home.ipc) for folder in folders
    ]
    while True:
        groups = {group["folder"] for group in client.groups()["groups"]} & set(folders)
        left = [str(place) for place in places if place.exists()]
        if not groups and not left:
            return ["its groups, messages, tasks and files are erased; lines in the logs stay"]
        if time.monotonic() > ends:
            raise StepFailedError(
                f"There are still {', '.join([*groups, *left])}", hint="The next start of the assistant erases them."
            )
        time.sleep(0.1)
