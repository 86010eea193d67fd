"""The one table of what the control API offers: the server routes by it, the OpenAPI document is made of it."""

from nanoclaw.control.channel_routes import CHANNEL_ROUTES
from nanoclaw.control.insight_routes import INSIGHT_ROUTES
from nanoclaw.control.pairing_routes import PAIRING_ROUTES
from nanoclaw.control.people_routes import PEOPLE_ROUTES
from nanoclaw.control.route import Route
from nanoclaw.control.service import Service
from nanoclaw.control.shapes import (
    AddGroupRequest,
    ChangeChatsRequest,
    ChangeGroupRequest,
    Done,
    GroupList,
    GroupShape,
    LiveEvent,
    MessageList,
    MessageQuery,
    OptionList,
    OptionShape,
    SendRequest,
    SendResult,
    Status,
)
from nanoclaw.control.task_routes import TASK_ROUTES
from nanoclaw.control.trial_routes import TRIAL_ROUTES
from nanoclaw.control.usage_routes import USAGE_ROUTES
from nanoclaw.model.options import OPTION_NAMES, describe_option


async def _status(service: Service, _folder: str, _request: None) -> Status:
    return await service.status()


async def _send(service: Service, _folder: str, request: SendRequest) -> SendResult:
    return await service.send(request)


async def _messages(service: Service, _folder: str, query: MessageQuery) -> MessageList:
    return await service.messages(query)


async def _groups(service: Service, _folder: str, _request: None) -> GroupList:
    return await service.groups()


async def _group(service: Service, folder: str, _request: None) -> GroupShape:
    return await service.group(folder)


async def _add_group(service: Service, _folder: str, request: AddGroupRequest) -> GroupShape:
    return await service.add_group(request)


async def _remove_group(service: Service, folder: str, _request: None) -> Done:
    return await service.remove_group(folder)


async def _change_group(service: Service, folder: str, request: ChangeGroupRequest) -> GroupShape:
    return await service.change_group(folder, request)


async def _change_chats(service: Service, folder: str, request: ChangeChatsRequest) -> GroupShape:
    return await service.change_chats(folder, request)


async def _options(_service: Service, _folder: str, _request: None) -> OptionList:
    return OptionList(options=[OptionShape(name=name, allowed=describe_option(name)) for name in OPTION_NAMES])


async def _interrupt(service: Service, folder: str, _request: None) -> Done:
    return await service.interrupt(folder)


async def _expect(service: Service, folder: str, _request: None) -> Done:
    return await service.expect(folder)


async def _stop(service: Service, _folder: str, _request: None) -> Done:
    return await service.stop()


ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/v1/status",
        name="status",
        summary="How everything is.",
        answer=_status,
        response=Status,
    ),
    Route(
        method="POST",
        path="/v1/messages",
        name="send",
        summary="Take a message into a group's local chat, and wait for the answer as long as asked.",
        answer=_send,
        body=SendRequest,
        response=SendResult,
        problems=(400, 404, 413, 422, 503),
    ),
    Route(
        method="GET",
        path="/v1/messages",
        name="messages",
        summary="The newest lines of history, oldest first.",
        answer=_messages,
        query=MessageQuery,
        response=MessageList,
        problems=(400, 404, 422),
    ),
    Route(
        method="GET",
        path="/v1/groups",
        name="groups",
        summary="All groups, and the chats that wrote but are not registered.",
        answer=_groups,
        response=GroupList,
    ),
    Route(
        method="POST",
        path="/v1/groups",
        name="add_group",
        summary="Register a group and its chat.",
        answer=_add_group,
        body=AddGroupRequest,
        response=GroupShape,
        status=201,
        problems=(400, 409, 413, 422, 503),
    ),
    Route(
        method="GET",
        path="/v1/groups/{folder}",
        name="group",
        summary="One group.",
        answer=_group,
        response=GroupShape,
        problems=(404,),
    ),
    Route(
        method="PATCH",
        path="/v1/groups/{folder}",
        name="change_group",
        summary="Change a group's name, trigger or options.",
        answer=_change_group,
        body=ChangeGroupRequest,
        response=GroupShape,
        problems=(400, 404, 413, 422, 503),
    ),
    Route(
        method="POST",
        path="/v1/groups/{folder}/chats",
        name="change_chats",
        summary="Add a chat to a group, take one from it, or say which its tasks and news go to.",
        answer=_change_chats,
        body=ChangeChatsRequest,
        response=GroupShape,
        problems=(400, 404, 409, 413, 422, 503),
    ),
    Route(
        method="GET",
        path="/v1/options",
        name="options",
        summary="The options that each group may set, and what they allow.",
        answer=_options,
        response=OptionList,
    ),
    Route(
        method="DELETE",
        path="/v1/groups/{folder}",
        name="remove_group",
        summary="Forget a group's registration; its files and history stay.",
        answer=_remove_group,
        response=Done,
        problems=(404, 409, 503),
    ),
    Route(
        method="GET",
        path="/v1/groups/{folder}/events",
        name="events",
        summary="Events of the group's local chat from now on, a line of JSON each; an empty line every 15 s.",
        answer=_group,
        response=LiveEvent,
        problems=(404,),
        streams=True,
    ),
    Route(
        method="POST",
        path="/v1/groups/{folder}/interrupt",
        name="interrupt",
        summary="Stop what the group's agent is doing.",
        answer=_interrupt,
        response=Done,
        problems=(404,),
    ),
    Route(
        method="POST",
        path="/v1/groups/{folder}/expect",
        name="expect",
        summary="Someone is about to write to this group: start its agent ahead if a slot is free.",
        answer=_expect,
        response=Done,
        problems=(404, 503),
    ),
    Route(
        method="POST",
        path="/v1/stop",
        name="stop",
        summary="Begin a graceful shutdown; returns at once.",
        answer=_stop,
        response=Done,
    ),
    *PEOPLE_ROUTES,
    *TASK_ROUTES,
    *USAGE_ROUTES,
    *INSIGHT_ROUTES,
    *TRIAL_ROUTES,
    *CHANNEL_ROUTES,
    *PAIRING_ROUTES,
)

OPENAPI_PATH = "/v1/openapi.json"
EVENT_STREAM = "application/x-ndjson"
PLAIN_TEXT = "text/plain"
