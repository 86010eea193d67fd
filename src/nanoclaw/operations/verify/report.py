"""A verification as ``--json`` prints it: a stable shape."""

from collections.abc import Sequence
from typing import Any

from nanoclaw.operations.verify.contract import Outcome, Step


def step_shape(step: Step) -> dict[str, Any]:
    """One step."""
    return {
        "id": step.id,
        "title": step.title,
        "outcome": str(step.outcome),
        "seconds": step.seconds,
        "facts": list(step.facts),
        "hint": step.hint,
        "check": step.check,
    }


def report_shape(steps: Sequence[Step]) -> dict[str, Any]:
    """``ok`` and every step."""
    counts = {str(outcome): sum(step.outcome is outcome for step in steps) for outcome in Outcome}
    return {
        "ok": counts["failed"] == 0,
        "counts": counts,
        "seconds": round(sum(step.seconds for step in steps), 3),
        "steps": [step_shape(step) for step in steps],
    }
