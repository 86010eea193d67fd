"""What a tool is: a name, a description for the model, the shape of its arguments, and what it does."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from nanoclaw.agents.tools.contract import Caller, Reason, ToolRefusedError
from nanoclaw.agents.tools.desk import Desk
from nanoclaw.agents.tools.tally import Allowance, TurnTally
from nanoclaw.model.chats import ChatAddress
from nanoclaw.model.turns import NewOutgoing, ReplyId

_LEFT_OUT = {"title", "default", "additionalProperties", "maxLength", "minLength", "maxItems", "maximum", "minimum"}


class Arguments(BaseModel):
    """What a tool is called with. Descriptions of fields are sent to the model with every request."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


A = TypeVar("A", bound=Arguments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call. ``id`` stays the same when a turn starts again and repeats it."""

    desk: Desk
    caller: Caller
    tally: TurnTally
    id: str

    def spend(self, allowance: Allowance, count: int = 1) -> None:
        """Use up a part of the turn's allowance. Raises ToolRefusedError."""
        self.tally.spend(allowance, count)

    def here(self) -> ChatAddress:
        """The chat that is being answered. Raises ToolRefusedError."""
        if self.caller.address is None or self.caller.turn is None:
            raise ToolRefusedError(
                "No message is being answered now, so there is no chat for this",
                hint="What you write as your answer goes to the chat that was served last.",
                reason=Reason.NO_CHAT,
            )
        return self.caller.address

    async def send(self, new: NewOutgoing) -> ReplyId:
        """Put a message on its way. Raises ToolRefusedError."""
        reply = await self.desk.outgoing.queue(new)
        if reply is None:
            raise ToolRefusedError("This chat is known no more", reason=Reason.NO_CHAT)
        self.desk.deliver(new.address)
        return reply


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentTool(Generic[A]):
    """One tool. ``run`` returns a text for the model, or raises a NanoclawError that says why not."""

    name: str
    description: str
    arguments: type[A]
    run: Callable[[Call, A], Awaitable[str]]
    only_reads: bool = False


def wire_schema(arguments: type[Arguments]) -> dict[str, Any]:
    """The JSON schema that the model sees: types, choices and descriptions. Sizes are checked here, and not sent."""
    schema = arguments.model_json_schema()
    properties = {name: _slim(part, schema.get("$defs", {})) for name, part in schema.get("properties", {}).items()}
    required = schema.get("required", [])
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}


def _slim(part: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """One argument: without what only takes up room, and without null, which nobody needs to send."""
    if "$ref" in part:
        # The description of an enumeration is its docstring, which is not for the model.
        target = {**definitions[part["$ref"].rpartition("/")[2]], "description": None}
        part = {**target, **{key: part[key] for key in part if key != "$ref"}}
    if "anyOf" in part:
        chosen = next(choice for choice in part["anyOf"] if choice.get("type") != "null")
        part = {**chosen, **{key: part[key] for key in part if key != "anyOf"}}
        return _slim(part, definitions)
    slim = {key: value for key, value in part.items() if key not in _LEFT_OUT and value is not None}
    if isinstance(slim.get("items"), dict):
        slim["items"] = _slim(slim["items"], definitions)
    return slim
