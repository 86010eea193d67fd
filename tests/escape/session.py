"""Makes all attempts in one installation on one kind of sandbox, and watches the host meanwhile."""

import asyncio
import subprocess
import traceback
from collections.abc import Awaitable
from dataclasses import dataclass, field
from pathlib import Path

from nanoclaw.model.clock import SystemClock
from nanoclaw.stub_model.recording import RecordedRequest
from nanoclaw.stub_model.script import Script, ToolCall
from nanoclaw.stub_model.server import StubModel
from tests.escape.attempt import Attempt
from tests.escape.catalogue import INSIDE, key_of
from tests.escape.field import SANDBOX, Baits, Field, Result
from tests.escape.trials import TRIALS
from tests.integration.installation import Installation

_SECONDS = 95
_TRIAL_SECONDS = 110


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Why an attempt was not blocked, empty when it was; and what came back."""

    problem: str
    reason: str


@dataclass(slots=True)
class Session:
    """What came of all of them, and what the host saw."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    controls: dict[str, str] = field(default_factory=dict)
    """What the harmless ones printed when they were run outside a sandbox."""
    connections: int = 0
    requests: tuple[RecordedRequest, ...] = ()
    groups: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)
    """What lies beside nanoclaw's home when all is over."""


async def run_session(folder: Path, environment: dict[str, str], kind: str) -> Session:
    """Make every attempt."""
    model = StubModel(Script(), SystemClock())
    url = await model.start()
    installation = Installation(folder / "nc", model, url, environment, kind, sandbox=SANDBOX)
    ground = Field(installation=installation, folder=folder)
    baits, session = Baits(), Session()
    port = await baits.start()
    try:
        await installation.start()
        await ground.bait()
        ground.places |= {"port": port, "abstract": baits.abstract}
        await _attempts(ground, session)
        session.connections = baits.seen
        session.controls = await asyncio.to_thread(_run_outside, ground)
        await _bombs(ground, session)
        for topic, trials in TRIALS:
            for trial in trials:
                session.outcomes[key_of(topic, trial)] = await _try(trial.run(ground))
        session.groups = sorted(group["folder"] for group in (await installation.get("/v1/groups"))["groups"])
        session.beside = ground.beside()
    finally:
        baits.stop()
        if installation.process is not None and installation.process.poll() is None:
            await installation.stop()
        await model.close()
    return session


async def _attempts(ground: Field, session: Session) -> None:
    """A turn for each topic and each of the two groups."""
    for topic, some in INSIDE:
        for group in ("family", "main"):
            made = [one for one in some if one.main == (group == "main") and not one.alone]
            if not made:
                continue
            before = len(ground.installation.model.requests)
            calls = [_call(ground, one, group) for one in made]
            outcome, results = await ground.turn(f"{topic} by {group}", *calls, wait=_SECONDS, group=group)
            assert outcome["outcome"] == "answered", (outcome, ground.installation.log_events()[-20:])
            session.requests += tuple(ground.installation.model.requests[before:])
            assert len(results) == len(made), (topic, len(results), len(made))
            for attempt, came in zip(made, results, strict=True):
                session.outcomes[key_of(topic, attempt)] = _judged(attempt, came)
    await ground.begin_anew()


async def _bombs(ground: Field, session: Session) -> None:
    for topic, some in INSIDE:
        for attempt in some:
            if attempt.alone:
                session.outcomes[key_of(topic, attempt)] = await _try(_bomb(ground, attempt))


async def _bomb(ground: Field, attempt: Attempt) -> str:
    broken = ground.installation.log_events().count("agent broke")
    _, results = await ground.turn(attempt.name, _call(ground, attempt, "family"))
    await ground.goes_on()
    if not results:
        assert ground.installation.log_events().count("agent broke") > broken, "it was not made"
        return "the sandbox is ended"
    problem = attempt.judge(results[0].text, is_error=results[0].is_error)
    assert not problem, problem
    return attempt.reasons(results[0].text)


def _judged(attempt: Attempt, came: Result) -> Outcome:
    problem = attempt.judge(came.text, is_error=came.is_error)
    return Outcome(problem=problem, reason="" if problem else attempt.reasons(came.text))


async def _try(trial: Awaitable[str]) -> Outcome:
    try:
        async with asyncio.timeout(_TRIAL_SECONDS):
            return Outcome(problem="", reason=await trial)
    except Exception:  # noqa: BLE001 - one attempt that succeeds must not hide the others
        return Outcome(problem=traceback.format_exc(limit=-3), reason="")


def _call(ground: Field, attempt: Attempt, group: str) -> ToolCall:
    if attempt.tool:
        return ToolCall(name=attempt.tool, input={name: ground.fill_value(value) for name, value in attempt.arguments})
    script = _written(ground, attempt, ground.home / "groups" / group / "attempts")
    command = f"timeout 25 sh attempts/{script.name} 2>&1 | head -c 6000; echo; echo ENDED"
    return ToolCall(name="Bash", input={"command": command, "description": attempt.name})


def _written(ground: Field, attempt: Attempt, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    script = folder / ("".join(letter if letter.isalnum() else "-" for letter in attempt.name) + ".sh")
    script.write_text(ground.fill(attempt.script))
    script.chmod(0o644)
    return script


def _run_outside(ground: Field) -> dict[str, str]:
    """The harmless attempts, made by this very user without a sandbox."""
    place = ground.folder.with_name(ground.folder.name + "-outside")
    found = {}
    for topic, some in INSIDE:
        for attempt in some:
            if attempt.control:
                script = _written(ground, attempt, place)
                environment = ground.installation.environment
                done = subprocess.run(
                    ["sh", str(script)],
                    cwd=place,
                    env=environment,
                    capture_output=True,
                    text=True,
                    check=False,
                    timeout=30,
                )
                found[key_of(topic, attempt)] = done.stdout
    return found
