"""Groups: the main group's tools for registering chats."""

from typing import Annotated

from pydantic import Field

from nanoclaw.agents.tools.contract import Reason, ToolRefusedError
from nanoclaw.agents.tools.desk import Registration
from nanoclaw.agents.tools.tally import Allowance
from nanoclaw.agents.tools.tool import AgentTool, Arguments, Call
from nanoclaw.agents.tools.wording import context, element, local_time, one_line
from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.groups import Group, parse_folder

_CHATS_SHOWN = 50


class ListGroups(Arguments):
    """``list_groups`` takes nothing."""


class RegisterGroup(Arguments):
    """What ``register_group`` takes."""

    channel: Annotated[str, Field(min_length=1, max_length=64)]
    chat: Annotated[str, Field(min_length=1, max_length=256, description="The chat's id, as list_groups shows it")]
    name: Annotated[str, Field(min_length=1, max_length=100)]
    folder: Annotated[str, Field(max_length=64, description="A new name of A-Z a-z 0-9 _ -")]
    trigger: Annotated[str, Field(max_length=60, description="Wakes you there; default: yours")] = ""


class UnregisterGroup(Arguments):
    """What ``unregister_group`` takes."""

    folder: Annotated[str, Field(max_length=64)]


async def _list_groups(call: Call, _: ListGroups) -> str:
    mine = call.caller.group
    if not mine.is_main:
        return _group(mine)
    groups = await call.desk.groups.all()
    unregistered = [chat for chat in await call.desk.groups.chats() if chat.folder is None]
    lines = [context(call.desk.zone), *(_group(group) for group in groups)]
    for chat in unregistered[:_CHATS_SHOWN]:
        attributes = {
            "channel": chat.address.channel,
            "chat": chat.address.chat,
            "name": chat.name,
            "last_activity": local_time(chat.last_activity, call.desk.zone),
        }
        lines.append(element("unregistered_chat", attributes))
    if len(unregistered) > _CHATS_SHOWN:
        lines.append(f"{len(unregistered) - _CHATS_SHOWN} more chats are not registered.")
    return "\n".join(lines)


async def _register_group(call: Call, said: RegisterGroup) -> str:
    _main_only(call)
    folder = parse_folder(said.folder)
    call.spend(Allowance.GROUP_CHANGES)
    address = ChatAddress(channel=ChannelName(said.channel), chat=said.chat)
    if any((chat.folder, chat.address) == (folder, address) for chat in await call.desk.groups.chats()):
        # A turn that starts again repeats what it did.
        return f"{folder} is registered with this chat already."
    new = Registration(folder=folder, name=one_line(said.name), trigger=said.trigger.strip(), address=address)
    return f"Registered: {_group(await call.desk.register(new))}"


async def _unregister_group(call: Call, said: UnregisterGroup) -> str:
    _main_only(call)
    folder = parse_folder(said.folder)
    call.spend(Allowance.GROUP_CHANGES)
    found = next((group for group in await call.desk.groups.all() if group.folder == folder), None)
    if found is not None and found.is_main:
        raise ToolRefusedError("The main group cannot be unregistered", hint="It is the owner's own chat.")
    if found is None or not await call.desk.unregister(folder):
        raise no_group(folder)
    return f"The group {folder} is unregistered. Its history and files stay."


def no_group(folder: str) -> ToolRefusedError:
    """The refusal for a folder that no group has."""
    return ToolRefusedError(
        f"There is no group {folder!r}", hint="list_groups shows the groups.", reason=Reason.NOT_FOUND
    )


def _main_only(call: Call) -> None:
    if not call.caller.group.is_main:
        raise ToolRefusedError(
            "Only the main group can do this", hint="Ask the owner to do it there.", reason=Reason.MAIN_ONLY
        )


def _group(group: Group) -> str:
    attributes = {
        "folder": group.folder,
        "name": group.name,
        "trigger": group.trigger if group.requires_trigger and not group.is_main else "",
        "main": "yes" if group.is_main else "",
    }
    return element("group", attributes)


TOOLS = (
    AgentTool(
        name="list_groups",
        description="Your group; in the main group all groups, and chats that are not registered.",
        arguments=ListGroups,
        run=_list_groups,
        only_reads=True,
    ),
    AgentTool(
        name="register_group",
        description="Main group only: make a chat a group of its own, with a folder and an agent.",
        arguments=RegisterGroup,
        run=_register_group,
    ),
    AgentTool(
        name="unregister_group",
        description="Main group only: stop serving a group. Its history and files stay.",
        arguments=UnregisterGroup,
        run=_unregister_group,
    ),
)
