"""The MCP server ``nanoclaw``: a call comes in as plain data, a text or a refusal goes out."""

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError

from nanoclaw import __version__
from nanoclaw.agents.tools import files, groups, messages, questions, search, tasks
from nanoclaw.agents.tools.contract import Caller, Reason, ToolRefusedError
from nanoclaw.agents.tools.desk import Desk
from nanoclaw.agents.tools.tally import Allowance, Tally, TurnTally, call_name
from nanoclaw.agents.tools.tool import AgentTool, Arguments, Call, wire_schema
from nanoclaw.model.errors import NanoclawError

if TYPE_CHECKING:
    from claude_agent_sdk import McpSdkServerConfig

logger = logging.getLogger(__name__)

SERVER_NAME = "nanoclaw"
"""The model knows a tool as ``mcp__nanoclaw__<name>``."""
TOOLS: tuple[AgentTool[Any], ...] = (
    *messages.TOOLS,
    *files.TOOLS,
    *questions.TOOLS,
    *search.TOOLS,
    *tasks.TOOLS,
    *groups.TOOLS,
)
_CALL_SECONDS = 60.0


def build(desk: Desk, caller: Callable[[], Caller]) -> "McpSdkServerConfig":
    """The server of one agent. ``caller`` says, at each call, for whom and in which turn the agent works.

    Loads the Claude Agent SDK, which takes a second or two unless it is loaded already.
    """
    from claude_agent_sdk import ToolAnnotations, create_sdk_mcp_server, tool  # noqa: PLC0415 - see above

    calls = ToolCalls(desk, caller)
    server = create_sdk_mcp_server(
        SERVER_NAME,
        __version__,
        [
            tool(
                offered.name,
                offered.description,
                wire_schema(offered.arguments),
                ToolAnnotations(readOnlyHint=True) if offered.only_reads else None,
            )(calls.handler(offered))
            for offered in TOOLS
        ],
    )
    # Else the program tells the model only the names, and it has to look a tool up before it can use it.
    return cast("McpSdkServerConfig", {**server, "alwaysLoad": True})


class ToolCalls:
    """Where the calls of one agent are taken in."""

    def __init__(self, desk: Desk, caller: Callable[[], Caller], *, seconds: float = _CALL_SECONDS) -> None:
        self._desk = desk
        self._caller = caller
        self._seconds = seconds
        self._tally = Tally()

    def handler(self, offered: AgentTool[Any]) -> Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]:
        """What the SDK calls for one tool."""

        async def handle(arguments: dict[str, Any]) -> dict[str, Any]:
            return await self.take(offered, arguments)

        return handle

    async def take(self, offered: AgentTool[Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Do one call. Its outcome is an MCP result, also when it is refused."""
        caller = self._caller()
        tally = self._tally.of(caller)
        try:
            tally.spend(Allowance.CALLS)
            text = await self._run(offered, arguments, caller, tally)
        except NanoclawError as error:
            if tally.is_news(offered.name, _reason(error)):
                self._desk.audit(caller.group, offered.name, _reason(error))
            return _result(_refusal(error), is_error=True)
        except Exception as error:  # noqa: BLE001 - see below
            # The boundary to the sandbox: a defect here must end neither the agent nor reach it in detail.
            where = {"group": caller.group.folder, "tool": offered.name, "error": type(error).__name__}
            logger.error("agent tool broke", extra={**where, "at": _place(error)})  # noqa: TRY400 - see _place
            self._desk.audit(caller.group, offered.name, Reason.DEFECT)
            what = f"{offered.name} failed by a defect ({type(error).__name__}); the owner's log has it"
            return _result(what, is_error=True)
        return _result(text, is_error=False)

    async def _run(
        self, offered: AgentTool[Any], arguments: Mapping[str, Any], caller: Caller, tally: TurnTally
    ) -> str:
        parsed = _parse(offered.arguments, arguments)
        name = call_name(caller, offered.name, parsed.model_dump(mode="json"))
        call = Call(desk=self._desk, caller=caller, tally=tally, id=tally.next_id(name))
        try:
            async with asyncio.timeout(self._seconds):
                text = await offered.run(call, parsed)
        except TimeoutError as error:
            raise ToolRefusedError(
                f"{offered.name} took longer than {self._seconds:.0f} seconds",
                hint="It may or may not have been done; the same call again does it once.",
                reason=Reason.TIME,
            ) from error
        tally.succeeded(name)
        return text


def _parse(shape: type[Arguments], arguments: Mapping[str, Any]) -> Arguments:
    try:
        return shape.model_validate(dict(arguments))
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc'])[:60]}: {problem['msg']}" for problem in error.errors()[:5]
        )
        raise ToolRefusedError(f"The arguments cannot be used: {problems}", reason=Reason.ARGUMENTS) from None


def _reason(error: NanoclawError) -> str:
    return error.reason if isinstance(error, ToolRefusedError) else type(error).__name__


def _place(error: Exception) -> str:
    """Where it was raised. The error's own text may hold what people wrote, so it is not for the log."""
    frames = traceback.extract_tb(error.__traceback__)
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))


def _refusal(error: NanoclawError) -> str:
    return f"{str(error).rstrip('.')}. {error.hint}".rstrip()


def _result(text: str, *, is_error: bool) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": text}], "is_error": is_error}
