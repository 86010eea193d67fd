"""What the scheduler is given by the root."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.tasks import RunId, Task, TaskId, TaskRun
from nanoclaw.model.turns import TurnState


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOutcome:
    """What came of a run's turn. ``delivered`` None: it said nothing."""

    state: TurnState
    finished_at: Milliseconds
    result: str = ""
    error: str = ""
    cost_usd: float = 0.0
    delivered: bool | None = None
    quiet: bool = False
    """The owner is not told, whatever came of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StillGoing:
    """The run's turn has not ended, or what it said is still on its way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeverHandedOver:
    """There is no turn for the run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptVerdict:
    """What a task's script decided. An ``error`` means that the script itself failed."""

    wake: bool
    data: str = ""
    error: str = ""
    gone: bool = False
    """There is nobody any more whose script it could be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """What the scheduler sets in motion, as functions that the root passes in."""

    submit: Callable[[TaskRun, Task, str], Awaitable[bool]]
    """Queue a run as a turn with this prompt, once however often it is asked; False: its group or chat is gone."""
    outcome: Callable[[RunId], Awaitable[RunOutcome | StillGoing | NeverHandedOver]]
    run_script: Callable[[Task], Awaitable[ScriptVerdict]]
    tell_owner: Callable[[str, str, TaskId], Awaitable[None]]
    """A text, a key, and the task it is about: the same key is told once."""
