"""Which of v1's chats becomes a chat of which group here, and what stands in the way."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from nanoclaw.intake.trigger import InvalidTriggerError, check_trigger
from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.groups import MAIN_FOLDER, Group, GroupFolder, InvalidFolderError, parse_folder
from nanoclaw.operations.imports.errors import ImportConflictError
from nanoclaw.operations.imports.report import Report
from nanoclaw.store.importing import History
from nanoclaw.store.v1 import V1Chat, V1Group

_WHATSAPP = ("@g.us", "@s.whatsapp.net", "@lid")
_PREFIXES = {"tg": "telegram", "dc": "discord", "sl": "slack", "mx": "matrix", "sig": "signal"}
_CHANNEL = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_OURS = {"local", "web"}
_LONGEST_ID, _LONGEST_NAME = 256, 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A registered chat of v1, and the group that it belongs to here. ``known``: it does already."""

    jid: str
    address: ChatAddress
    source: str
    """The folder there."""
    folder: GroupFolder
    name: str
    trigger: str
    requires_trigger: bool
    is_main: bool
    known: bool = False


def address_of(jid: str, channel: str = "") -> ChatAddress | None:
    """A chat as its channel here names it; None where no channel could. ``channel`` is what v1 says.

    WhatsApp's stay as they are; elsewhere v1 put a word for the network before the network's own id.
    """
    if not jid or len(jid) > _LONGEST_ID or not jid.isprintable():
        return None
    if jid.endswith(_WHATSAPP):
        return ChatAddress(channel=ChannelName("whatsapp"), chat=jid)
    prefix, colon, rest = jid.partition(":")
    name = _PREFIXES.get(prefix, channel or prefix) if colon else channel
    if not _CHANNEL.fullmatch(name) or name in _OURS or not (rest or not colon):
        return None
    return ChatAddress(
        channel=ChannelName(name), chat=rest if colon and (prefix in _PREFIXES or prefix == name) else jid
    )


def groups_from_file(found: Mapping[str, Any]) -> tuple[V1Group, ...]:
    """Registered chats of the first versions, from ``registered_groups.json``."""
    groups = []
    for jid, raw in found.items():
        one = raw if isinstance(raw, dict) else {}
        requires = one.get("requiresTrigger")
        groups.append(
            V1Group(
                jid=jid,
                name=str(one.get("name", "")),
                folder=str(one.get("folder", "")),
                trigger=str(one.get("trigger", "")),
                requires_trigger=requires if isinstance(requires, bool) else None,
                is_main=one.get("isMain") is True or one.get("folder") == MAIN_FOLDER,
                mounts=bool(one.get("containerConfig")),
            )
        )
    return tuple(groups)


def plan_moves(
    found: Iterable[V1Group], chats: Mapping[str, V1Chat], history: History, default_trigger: str, report: Report
) -> tuple[Move, ...]:
    """Where each registered chat goes.

    Raises:
        ImportConflictError: a folder or a chat belongs to another group here; names all of them.
    """
    moves: list[Move] = []
    main_folder = next((group.folder for group in history.groups() if group.is_main), MAIN_FOLDER)
    seen: dict[str, str] = {}
    for group in found:
        folder = _folder(group, main_folder, report)
        address = address_of(group.jid, chats[group.jid].channel if group.jid in chats else "")
        if folder is None or address is None:
            if address is None:
                report.leave_out("groups", "its chat is of no network that has channels here", group.jid)
            continue
        if seen.setdefault(folder.lower(), group.folder) != group.folder:
            report.leave_out("groups", "its folder differs from another's by nothing but capitals", group.folder)
            continue
        if group.mounts:
            report.notes.append(
                f"{folder} had extra folders or limits of its own; set them with `nanoclaw groups set {folder}`"
            )
        moves.append(_move(group, folder, address, default_trigger, report))
    return _fitted(moves, history)


def _folder(group: V1Group, main_folder: GroupFolder, report: Report) -> GroupFolder | None:
    try:
        folder = parse_folder(group.folder)
    except InvalidFolderError:
        report.leave_out("groups", "its folder's name cannot be used", group.folder)
        return None
    return main_folder if group.is_main else folder


def _move(group: V1Group, folder: GroupFolder, address: ChatAddress, default: str, report: Report) -> Move:
    try:
        trigger = check_trigger(group.trigger)
    except InvalidTriggerError:
        trigger = default
        report.notes.append(f"{folder} had no trigger that can be used; it has {default} now")
    return Move(
        jid=group.jid,
        address=address,
        source=group.folder,
        folder=folder,
        name=" ".join(group.name.split())[:_LONGEST_NAME] or folder,
        trigger=trigger,
        requires_trigger=not group.is_main and group.requires_trigger is not False,
        is_main=group.is_main,
    )


def _fitted(moves: list[Move], history: History) -> tuple[Move, ...]:
    """The moves with what of them is done already."""
    here = {group.folder.lower(): group for group in history.groups()}
    owners = {move.address: (history.chat(move.address) or (0, None))[1] for move in moves}
    ours = {move.folder.lower() for move in moves if (owners[move.address] or "").lower() == move.folder.lower()}
    conflicts = [
        why for move in moves if (why := _conflict(move, owners[move.address], here.get(move.folder.lower()), ours))
    ]
    if conflicts:
        raise ImportConflictError(
            "; ".join(conflicts),
            hint="Remove or rename what is in the way: `nanoclaw groups list`, `nanoclaw groups remove`."
            " Nothing was changed.",
        )
    return tuple(replace(move, known=owners[move.address] is not None) for move in moves)


def _conflict(move: Move, owner: str | None, here: Group | None, ours: set[str]) -> str:
    if owner is not None and owner.lower() != move.folder.lower():
        return f"the chat {move.jid} belongs to the group {owner!r} here"
    if here is not None and here.is_main != move.is_main:
        return f"the folder {move.folder!r} is the main group's here, and another's there"
    if here is not None and not move.is_main and move.folder.lower() not in ours:
        return f"there is a group {move.folder!r} here, with other chats"
    return ""
