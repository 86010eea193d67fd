"""From the SDK's errors and results to faults in plain words."""

from claude_agent_sdk import ClaudeSDKError, CLIJSONDecodeError, ProcessError, ResultMessage

from nanoclaw.agents.outcomes import Fault, FaultKind
from nanoclaw.sandboxes.contract import EndReason
from nanoclaw.workspaces.quota import Excess

_UNAUTHORIZED, _FORBIDDEN, _PAYMENT, _TOO_LARGE = 401, 403, 402, 413


def fault_of_result(result: ResultMessage) -> Fault:
    """Why a result is an error. The program's own text is not repeated: it may quote what people wrote."""
    status = result.api_error_status
    if status in {_UNAUTHORIZED, _FORBIDDEN}:
        return Fault(
            kind=FaultKind.CREDENTIAL,
            what=f"The model's service does not accept the key (HTTP {status})",
            hint="Put a valid ANTHROPIC_API_KEY or CLAUDE_CODE_OAUTH_TOKEN into .env of the home folder and restart.",
            lasting=True,
        )
    if status == _PAYMENT:
        return Fault(
            kind=FaultKind.CREDENTIAL,
            what="The model's service wants payment (HTTP 402)",
            hint="Check the balance and the limits of the account that the key belongs to.",
            lasting=True,
        )
    if status in {400, 404, _TOO_LARGE}:
        return Fault(
            kind=FaultKind.REFUSED,
            what=f"The model's service refused the request (HTTP {status})",
            hint="Check assistant.model in config.toml; a very long conversation may have to begin anew.",
            lasting=True,
        )
    if status is not None or result.terminal_reason == "api_error":
        detail = f"HTTP {status}" if status else "no answer"
        return Fault(
            kind=FaultKind.OVERLOADED,
            what=f"The model's service is overloaded or unreachable ({detail})",
            hint="Usually this passes by itself.",
        )
    return Fault(kind=FaultKind.LOST, what=f"The agent gave up ({result.subtype})")


def disk_fault(folder: str, excess: Excess) -> Fault:
    """The group's folders hold too much."""
    return Fault(
        kind=FaultKind.DISK,
        what=f"The group's folder is full: {excess.what}",
        hint=f"Delete what is not needed, or raise it: nanoclaw groups set {folder} disk_mib=…",
        lasting=True,
    )


def fault_of_error(error: Exception, reason: EndReason) -> Fault:
    """Why the connection to an agent broke, given what its sandbox says of its end."""
    if reason is EndReason.OUT_OF_MEMORY:
        return Fault(
            kind=FaultKind.OUT_OF_MEMORY,
            what="The agent ran out of memory",
            hint="Ask for less at once, or raise sandbox.memory_mib in config.toml.",
        )
    if reason is EndReason.ENGINE_LOST:
        return Fault(
            kind=FaultKind.ENGINE, what="The container engine went away", hint="See `nanoclaw status` once it is back."
        )
    if isinstance(error, CLIJSONDecodeError) or not isinstance(error, ClaudeSDKError):
        return Fault(kind=FaultKind.BAD_OUTPUT, what="The agent printed something that cannot be read")
    if isinstance(error, ProcessError):
        return Fault(kind=FaultKind.LOST, what=f"The agent's program ended unexpectedly (exit code {error.exit_code})")
    return Fault(kind=FaultKind.LOST, what="The connection to the agent broke")


def circle_fault(tool: str) -> Fault:
    """The agent repeats itself."""
    return Fault(
        kind=FaultKind.LOOP,
        what=f"The agent went in a circle: it used {tool[:60]} again and again with the same input",
        hint="Ask in other words. agents.same_call_limit in config.toml says how often is too often.",
        lasting=True,
    )
