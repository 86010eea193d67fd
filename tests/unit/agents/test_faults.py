"""Errors in plain words."""

import pytest
from claude_agent_sdk import ClaudeSDKError, CLIConnectionError, CLIJSONDecodeError, ProcessError, ResultMessage

from nanoclaw.agents.faults import fault_of_error, fault_of_result
from nanoclaw.agents.outcomes import FaultKind
from nanoclaw.sandboxes.contract import EndReason

PRIVATE = "what Ann wrote"


def result(status: int | None = None, terminal_reason: str | None = None) -> ResultMessage:
    return ResultMessage(
        subtype="error_during_execution",
        duration_ms=1,
        duration_api_ms=1,
        is_error=True,
        num_turns=1,
        session_id="s",
        result=PRIVATE,
        errors=[PRIVATE],
        api_error_status=status,
        terminal_reason=terminal_reason,
    )


@pytest.mark.parametrize(
    ("status", "kind", "lasting"),
    [
        (400, FaultKind.REFUSED, True),
        (401, FaultKind.CREDENTIAL, True),
        (402, FaultKind.CREDENTIAL, True),
        (403, FaultKind.CREDENTIAL, True),
        (404, FaultKind.REFUSED, True),
        (413, FaultKind.REFUSED, True),
        (408, FaultKind.OVERLOADED, False),
        (429, FaultKind.OVERLOADED, False),
        (500, FaultKind.OVERLOADED, False),
        (529, FaultKind.OVERLOADED, False),
        (None, FaultKind.LOST, False),
    ],
)
def test_a_result_is_judged_by_its_status(status: int | None, kind: FaultKind, lasting: bool) -> None:  # noqa: FBT001 - a table
    fault = fault_of_result(result(status))
    assert (fault.kind, fault.lasting) == (kind, lasting)
    assert bool(fault.hint) or kind is FaultKind.LOST
    assert PRIVATE not in f"{fault.what} {fault.hint}"
    if status:
        assert str(status) in fault.what


def test_a_service_that_cannot_be_reached_is_taken_for_overloaded() -> None:
    assert fault_of_result(result(terminal_reason="api_error")).kind is FaultKind.OVERLOADED


@pytest.mark.parametrize(
    ("error", "reason", "kind"),
    [
        (ProcessError("x", exit_code=137), EndReason.OUT_OF_MEMORY, FaultKind.OUT_OF_MEMORY),
        (CLIConnectionError("x"), EndReason.ENGINE_LOST, FaultKind.ENGINE),
        (CLIJSONDecodeError(PRIVATE, ValueError(PRIVATE)), EndReason.EXITED, FaultKind.BAD_OUTPUT),
        (TypeError(PRIVATE), EndReason.UNKNOWN, FaultKind.BAD_OUTPUT),
        (ProcessError(PRIVATE, exit_code=3), EndReason.EXITED, FaultKind.LOST),
        (ClaudeSDKError(PRIVATE), EndReason.UNKNOWN, FaultKind.LOST),
    ],
)
def test_an_error_is_judged_by_its_kind_and_by_how_the_sandbox_ended(
    error: Exception, reason: EndReason, kind: FaultKind
) -> None:
    fault = fault_of_error(error, reason)
    assert (fault.kind, fault.lasting) == (kind, False)
    assert PRIVATE not in f"{fault.what} {fault.hint}"
