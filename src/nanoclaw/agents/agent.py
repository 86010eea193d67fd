"""A living agent: started, given turns, listened to, closed.

Every prompt goes in under an id of its own, and the program's results name the ids they took in: a message that comes
while a tool runs is folded into the running answer, one that comes while the model thinks is answered by itself, and
either way each turn is answered exactly once.
"""

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from claude_agent_sdk import (
    AssistantMessage,
    ClaudeSDKClient,
    ClaudeSDKError,
    Message,
    ResultError,
    ResultMessage,
    StreamEvent,
    ToolUseBlock,
    UserMessage,
)

from nanoclaw.agents.content import write_content
from nanoclaw.agents.faults import circle_fault, disk_fault, fault_of_error, fault_of_result
from nanoclaw.agents.launch import Launch, Launcher
from nanoclaw.agents.outcomes import (
    AgentEvent,
    AgentLostError,
    Answered,
    Breathed,
    Compacted,
    Failed,
    Fault,
    FaultKind,
    Interrupted,
    StaleSessionError,
    TextWritten,
    ToolUsed,
    public_text,
)
from nanoclaw.agents.preview import Preview
from nanoclaw.agents.repetition import Repetition
from nanoclaw.agents.tools.contract import Caller
from nanoclaw.model.clock import Clock
from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.groups import Group
from nanoclaw.model.turns import Lane, SessionId, SessionPosition, Turn, TurnId, Usage
from nanoclaw.sandboxes.contract import EndReason
from nanoclaw.workspaces.mounts import MountRefusedError

logger = logging.getLogger(__name__)

_CLOSE_SECONDS = 12
_INTERRUPT_SECONDS = 5
_HELPERS = {"Task", "Agent"}
_OF_NO_TOOL = {"parent_tool_use_id": None}
_ABORTED = {"aborted_streaming", "aborted_tools"}


class Agent:
    """One sandboxed ``claude``. Used by one task at a time, but for :meth:`give` and :meth:`interrupt`."""

    def __init__(self, group: Group, launcher: Launcher, clock: Clock, *, lane: Lane, start_seconds: float) -> None:
        self._group = group
        self._launcher = launcher
        self._clock = clock
        self._lane = lane
        self._start_seconds = start_seconds
        self._client: ClaudeSDKClient | None = None
        self._launch: Launch | None = None
        self._open: dict[str, Turn] = {}
        self._repetition = Repetition(launcher.same_call_limit)
        self._circling = ""
        self._breach: Fault | None = None
        self._entry: str | None = None
        self._session: SessionId | None = None
        self._interrupted = False
        self._deaf = False
        self._cost = 0.0
        self._model = ""
        self._given = False
        self._compacting = False
        self._preview = Preview()

    async def start(self, position: SessionPosition | None) -> None:
        """Start the sandbox and the program in it, resuming a conversation if there is one.

        Raises:
            StaleSessionError: that conversation is gone.
            AgentLostError: it did not start.
        """
        try:
            self._launch = await self._launcher.launch(self._group, self._lane, position, self.caller)
            self._client = ClaudeSDKClient(self._launch.options)
            async with asyncio.timeout(self._start_seconds):
                await self._client.connect()
        except TimeoutError as error:
            self._launcher.distrust()
            what = f"The agent did not start within {self._start_seconds:.0f} seconds"
            raise await self._lost(Fault(kind=FaultKind.START, what=what)) from error
        except AgentLostError:
            raise
        except NanoclawError as error:
            # What the owner must decide does not pass by itself, as an engine's trouble does.
            lasting = isinstance(error, MountRefusedError)
            fault = Fault(kind=FaultKind.ENGINE, what=str(error), hint=error.hint, lasting=lasting)
            raise await self._lost(fault) from error
        except ClaudeSDKError as error:
            self._launcher.distrust()
            raise await self._broken(error) from error
        except Exception as error:
            # The boundary to the SDK and the system: a start that the program refuses or leaves unanswered for a
            # minute is a bare Exception, and strange output can be any kind of error.
            self._launcher.distrust()
            logger.warning("agent did not start", extra={"group": self._group.folder, "error": type(error).__name__})
            raise await self._lost(Fault(kind=FaultKind.START, what="The agent did not start as it should")) from error

    def caller(self) -> Caller:
        """Whose call a call of a tool is: of the oldest turn that is not answered."""
        turn = next(iter(self._open.values()), None)
        if turn is None:
            return Caller(group=self._group, turn=None, address=None)
        return Caller(group=self._group, turn=turn.id, address=turn.address, attempt=turn.attempt)

    async def give(self, turn: Turn, prompt: str) -> None:
        """Put a turn's messages before the agent, whether or not it is busy.

        Raises:
            AgentLostError: it is gone, or its folders are full.
        """
        if self._breach is not None and self._breach.kind is FaultKind.DISK:
            raise AgentLostError(self._breach)
        identity = str(uuid.uuid4())
        self._given = True
        self._repetition.restart()
        self._open[identity] = turn
        attachments = [one for message in turn.messages for one in message.attachments]
        said = await asyncio.to_thread(write_content, prompt, attachments, self._launcher.folder(self._group))

        async def message() -> AsyncIterator[dict[str, object]]:
            content = {"role": "user", "content": said}
            # Composed by a client: "@/path" and "/command" in a chat message are text.
            yield {"type": "user", "uuid": identity, "client_composed": True, "message": content, **_OF_NO_TOOL}

        await self._say(message())

    async def _say(self, messages: AsyncIterator[dict[str, object]]) -> None:
        client = self._connected()
        try:
            await client.query(messages)
        except ClaudeSDKError as error:
            raise await self._broken(error) from error

    async def events(self) -> AsyncIterator[AgentEvent]:
        """What the agent does, until it ends.

        Raises:
            StaleSessionError: the conversation it was to resume is gone.
            AgentLostError: it ended, for whatever reason.
        """
        client = self._connected()
        try:
            async for message in client.receive_messages():
                for event in self._read(message):
                    yield event
                if self._circling and self._breach is None:
                    await self._stop_for(circle_fault(self._circling))
        except Exception as error:
            # The boundary to what the sandbox prints: the SDK passes on whatever error a wrong shape brings about.
            for stopped in self._given_up():
                yield stopped
            raise await self._broken(error) from error
        for stopped in self._given_up():
            yield stopped
        raise await self._broken(ClaudeSDKError("end of output"))

    def _given_up(self) -> list[AgentEvent]:
        """What became of the turns of a program that was ended because it would not stop."""
        if not self._deaf or self._breach is not None or not self._open:
            return []
        turns = tuple(turn.id for turn in self._open.values())
        self._open.clear()
        return [Interrupted(turns=turns, position=None)]

    async def watch(self) -> None:
        """See that the group's folders do not outgrow their quota, until cancelled; a turn that fills them is stopped.

        What is in them stays. An agent that does not stop when told to is ended.
        """
        if self._launch is None:
            return
        excess = await self._launch.start.quota.watch(self._launch.start.measured)
        await self._stop_for(disk_fault(self._group.folder, excess))
        await asyncio.sleep(_INTERRUPT_SECONDS)
        if self._open:
            await self.close(gently=False)

    async def _stop_for(self, fault: Fault) -> None:
        """Stop what it is doing for a reason of ours: its turns fail with that."""
        logger.warning("agent stopped", extra={"group": self._group.folder, "fault": fault.kind})
        self._breach = fault
        if self._open:
            await self.interrupt()

    async def interrupt(self) -> None:
        """Stop what it is doing; an :class:`Interrupted` follows among the events. Quiet when it refuses.

        A program that does not answer, for it hangs or was halted from inside, ends with its sandbox.
        """
        self._interrupted = True
        # A refused request is a bare Exception of the SDK's.
        with suppress(Exception):
            try:
                async with asyncio.timeout(_INTERRUPT_SECONDS):
                    await self._connected().interrupt()
            except TimeoutError:
                logger.warning("agent does not listen", extra={"group": self._group.folder})
                self._deaf = True
                await self.close(gently=False)

    async def compact(self) -> None:
        """Ask the program to shorten the conversation; what came of it is an event."""
        self._compacting = True

        async def message() -> AsyncIterator[dict[str, object]]:
            yield {"type": "user", "message": {"role": "user", "content": "/compact"}, **_OF_NO_TOOL}

        await self._say(message())

    async def close(self, *, gently: bool = True) -> None:
        """End the program and its sandbox, for certain; ``gently`` lets the program finish its transcript first."""
        client, self._client = self._client, None
        launch, self._launch = self._launch, None
        if launch is not None and not gently:
            await asyncio.shield(_end_at_once(launch, client))
            return
        try:
            if client is not None:
                await _disconnect(client)
        finally:
            if launch is not None:
                await asyncio.shield(launch.start.end())

    def _connected(self) -> ClaudeSDKClient:
        if self._client is None:
            raise AgentLostError(Fault(kind=FaultKind.LOST, what="The agent is closed"))
        return self._client

    def _read(self, message: Message) -> list[AgentEvent]:
        match message:
            case ResultMessage():
                return [self._result(message)]
            case AssistantMessage():
                return self._tools_used(message) or [Breathed()]
            case UserMessage(parent_tool_use_id=None):
                self._entry = _text(message.uuid) if message.uuid else self._entry
                return [Breathed()]
            case StreamEvent(parent_tool_use_id=None):
                return [self._streamed(message.event)]
            case _:
                return [Breathed()]

    def _streamed(self, event: dict[str, Any]) -> AgentEvent:
        shown = ""
        match event:
            case {"type": "content_block_start"}:
                self._preview.restart()
            case {"delta": {"type": "text_delta", "text": str(text)}}:
                shown = self._preview.feed(text)
            case _:
                pass
        return TextWritten(text=shown) if shown else Breathed()

    def _tools_used(self, message: AssistantMessage) -> list[AgentEvent]:
        tools = [block for block in message.content if isinstance(block, ToolUseBlock)]
        if message.parent_tool_use_id is not None:
            # A helper of the agent's at work: what it does shows as steps of its own.
            return [ToolUsed(tool=f"helper: {block.name}") for block in tools]
        self._entry = _text(message.uuid) if message.uuid else self._entry
        self._model = _text(message.model)[:100]
        for block in tools:
            if self._repetition.add(block.name, block.input):
                self._circling = block.name
        return [ToolUsed(tool=block.name, detail=_purpose(block)) for block in tools]

    def _result(self, result: ResultMessage) -> AgentEvent:
        self._session = SessionId(_text(result.session_id))
        position = SessionPosition(session=self._session, entry=self._entry)
        interrupted, self._interrupted = self._interrupted, False
        if result.terminal_reason in _ABORTED or (interrupted and result.subtype == "error_during_execution"):
            turns = self._taken_in(result) or tuple(turn.id for turn in self._open.values())
            self._open = {identity: turn for identity, turn in self._open.items() if turn.id not in turns}
            if self._breach is not None:
                return Failed(turns=turns, fault=self._breach)
            return Interrupted(turns=turns, position=position)
        turns = self._taken_in(result)
        if self._compacting and not turns:
            self._compacting, self._entry = False, None
            return Compacted(position=None if result.is_error else replace(position, entry=None))
        if result.is_error:
            return Failed(turns=turns, fault=self._refusal() or fault_of_result(result))
        return Answered(
            turns=turns,
            text=public_text(result.result or ""),
            position=position,
            usage=self._usage(result),
            id=_text(result.uuid or ""),
        )

    def _taken_in(self, result: ResultMessage) -> tuple[TurnId, ...]:
        named = result.user_message_uuids or ([result.user_message_uuid] if result.user_message_uuid else [])
        answered = [self._open.pop(identity).id for identity in named if identity in self._open]
        if not answered and self._open and (result.is_error or (not named and result.origin is None)):
            # A result need not name what it was about, but is of some prompt unless it says otherwise: of the first.
            answered = [self._open.pop(next(iter(self._open))).id]
        return tuple(answered)

    async def _broken(self, error: Exception) -> StaleSessionError | AgentLostError:
        if isinstance(error, ResultError):
            if "No conversation found" in str(error):
                await self.close()
                return StaleSessionError(entry_only=False)
            if "No message found" in str(error):
                await self.close()
                return StaleSessionError(entry_only=True)
        reason = await self._launch.start.why_ended() if self._launch else EndReason.UNKNOWN
        details: dict[str, object] = {"group": self._group.folder, "error": type(error).__name__, "end": reason}
        if self._launch and not self._given:
            details["complaints"] = list(self._launch.complaints)
        logger.warning("agent broke", extra=details)
        return await self._lost(self._breach or fault_of_error(error, reason))

    def _refusal(self) -> Fault | None:
        """What the gateway itself refused, in its own words."""
        exhausted = self._launch.start.door.exhausted if self._launch else None
        if exhausted is None:
            return None
        return Fault(kind=FaultKind.BUDGET, what=exhausted.what, hint=exhausted.hint, lasting=True)

    async def _lost(self, fault: Fault) -> AgentLostError:
        await self.close(gently=False)
        return AgentLostError(fault)

    def _usage(self, result: ResultMessage) -> Usage:
        raw = result.usage or {}

        def count(name: str) -> int:
            value = raw.get(name)
            return value if isinstance(value, int) else 0

        # The program counts tokens per result, but the cost since its start.
        total = float(result.total_cost_usd or 0)
        cost, self._cost = max(0.0, total - self._cost), total
        return Usage(
            input_tokens=count("input_tokens"),
            output_tokens=count("output_tokens"),
            cache_read_tokens=count("cache_read_input_tokens"),
            cache_write_tokens=count("cache_creation_input_tokens"),
            cost_usd=cost,
            model=self._model,
        )


async def _end_at_once(launch: Launch, client: ClaudeSDKClient | None) -> None:
    """Both ends together: an engine may wait until someone reads what the program printed, or stops holding it."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(launch.start.end(), name=f"end-{launch.start.name}")
        if client is not None:
            tasks.create_task(_disconnect(client), name=f"disconnect-{launch.start.name}")


async def _disconnect(client: ClaudeSDKClient) -> None:
    """However the SDK's end goes: the sandbox's end is what counts."""
    with suppress(Exception):
        async with asyncio.timeout(_CLOSE_SECONDS):
            await client.disconnect()


def _purpose(block: ToolUseBlock) -> str:
    """What a helper is started for."""
    described = block.input.get("description") if block.name in _HELPERS else None
    return described[:80] if isinstance(described, str) else ""


def _text(value: object) -> str:
    """A text that the program printed; the SDK does not check what it passes on."""
    if not isinstance(value, str):
        raise TypeError(f"a {type(value).__name__} in the place of a text")
    return value
