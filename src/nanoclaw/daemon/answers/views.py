"""Inner values as the control API shows them."""

from collections.abc import Callable
from dataclasses import dataclass

from nanoclaw.control.shapes import ChannelShape, SandboxShape
from nanoclaw.model.groups import Group
from nanoclaw.sandboxes.contract import SandboxReport
from nanoclaw.sandboxes.preparation import Preparation


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """What the status shows of parts that the service need not know."""

    channels: Callable[[], list[ChannelShape]]
    sandbox: Callable[[], SandboxShape]
    model_key: str
    """Where the credential was found; empty when there is none."""
    at_once: int
    """Agents that may live at the same time."""
    group_changed: Callable[[Group], None]
    """Told when a group's settings were changed."""


def report_shape(report: SandboxReport) -> SandboxShape:
    """A sandbox's report."""
    return SandboxShape(
        kind=report.kind,
        usable=report.usable,
        ready=report.ready,
        version=report.version,
        problem=report.problem,
        hint=report.hint,
        notes=list(report.notes),
    )


def sandbox_shape(preparation: Preparation) -> SandboxShape:
    """The sandbox in use, with what its preparation is doing as the first note."""
    shape = report_shape(preparation.report)
    if preparation.progress:
        return shape.model_copy(update={"notes": [preparation.progress, *shape.notes]})
    return shape
