"""``nanoclaw alerts chats``: where news reach the owner."""

import argparse
from typing import Any

from nanoclaw.cli.context import Context, Result
from nanoclaw.cli.exits import Exit
from nanoclaw.cli.parsing import UsageError
from nanoclaw.cli.reach import ask
from nanoclaw.cli.render import one_line, table
from nanoclaw.control.client import Document
from nanoclaw.control.errors import DaemonDownError, RequestRefusedError

_WAIT = 30


def show_chats(arguments: argparse.Namespace, context: Context) -> Result:
    """An ``OwnerChatList``; with ``--test`` also ``tests``, a ``ChannelTestShape`` each."""
    if arguments.default and arguments.chats:
        raise UsageError("--default names none: leave the chats out", "see: nanoclaw alerts chats --help")
    found = _named(arguments.chats, context) if arguments.chats or arguments.default else _now(context)
    lines = [f"ignored, because it is no chat of yours: {address}" for address in found["ignored"]]
    if found["next"]:
        lines.append(f"News would go now to {' and '.join(found['next'])}.")
    if found["possible"]:
        lines.append(f"Yours, too: {', '.join(_address(chat) for chat in found['possible'])}.")
    status = Exit.OK
    if arguments.test:
        tests = [_test(chat, context) for chat in _to_test(found)]
        lines += [f"{one['address']}: {one['message']}: {one['message_detail']}" for one in tests]
        found = found | {"tests": tests}
        status = Exit.OK if tests and all(one["message"] == "delivered" for one in tests) else Exit.ERROR
    return Result(document=found, text="\n".join([_table(found), *map(one_line, lines)]), exit=status)


def _now(context: Context) -> Document:
    return ask(context, lambda client: client.owner_chats(), lambda service: service.channels.owner_chats())


def _named(chats: list[str], context: Context) -> Document:
    from nanoclaw.control.channel_shapes import NameChatsRequest  # noqa: PLC0415 - pydantic, which few commands need

    return ask(
        context,
        lambda client: client.name_owner_chats(chats),
        lambda service: service.channels.name_owner_chats(NameChatsRequest(chats=chats)),
    )


def _table(found: Document) -> str:
    if not found["chats"]:
        return "You have no chat yet: write to the main group once."
    words = {True: "up", False: "down", None: "?"}
    rows = [
        (str(number), _address(chat), one_line(chat["name"]), words[chat["up"]], "named" if chat["named"] else "")
        for number, chat in enumerate(found["chats"], start=1)
    ]
    return table(("", "CHAT", "NAME", "CHANNEL", ""), rows)


def _address(chat: dict[str, Any]) -> str:
    return f"{chat['channel']}:{chat['chat']}"


def _to_test(found: Document) -> list[dict[str, Any]]:
    """Those that are named; else all."""
    named = [chat for chat in found["chats"] if chat["named"]]
    return named or list(found["chats"])


def _test(chat: dict[str, Any], context: Context) -> Document:
    request = {"chat": chat["chat"], "wait_seconds": _WAIT}
    failed = {"message": "undelivered", "message_hint": "", "message_ms": None}
    try:
        found = context.client.test_channel(chat["channel"], request)
    except (DaemonDownError, RequestRefusedError) as error:
        found = {**failed, "message_detail": str(error)}
    return {"address": _address(chat), **found}
