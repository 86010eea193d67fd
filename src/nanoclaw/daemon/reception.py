"""Who sees to what is not simply a message: commands, strangers, the owner's answers, files."""

import asyncio
import errno
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from nanoclaw.daemon.ground import Ground
from nanoclaw.daemon.lanes import Lanes
from nanoclaw.daemon.shelves import Shelves
from nanoclaw.gateway.gateway import Gateway
from nanoclaw.intake.admit import Desks
from nanoclaw.intake.approvals import Approvals, Books, Powers
from nanoclaw.intake.asking import Asking
from nanoclaw.intake.commands import Commands, Levers
from nanoclaw.intake.hearing import Hearing
from nanoclaw.intake.transcription import Transcriber
from nanoclaw.model.chats import Attachment, ChatAddress, ChatId, IncomingFile
from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.groups import Group, GroupFolder
from nanoclaw.model.options import Conversation, options_as_text, with_option
from nanoclaw.settings.home import process_environment
from nanoclaw.settings.load import time_zone
from nanoclaw.store.groups import GroupChange
from nanoclaw.workspaces.inbox import discard, keep
from nanoclaw.workspaces.names import safe_name

logger = logging.getLogger(__name__)


class NoRoomForFilesError(NanoclawError):
    """The files of a message do not fit on the disk; it was not taken in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """What the intake turns to, and what keeps working by itself."""

    asking: Asking
    approvals: Approvals
    transcriber: Transcriber
    desks: Desks

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.approvals.run(), name="approvals")
            tasks.create_task(self.transcriber.run(), name="transcriber")


def open_reception(
    ground: Ground, store: Shelves, lanes: Lanes, gateway: Gateway, deliver: Callable[[ChatAddress], None]
) -> Reception:
    """Build it."""
    asking = Asking(store.questions, store.outbox, deliver)
    books = Books(
        questions=store.questions, groups=store.groups, people=store.people, inbox=store.inbox, outbox=store.outbox
    )
    powers = Powers(
        wake=lanes.wake,
        grant_once=lambda folder, place: _grant_once(gateway, folder, place),
        grant_always=lambda folder, place: _grant_always(store, gateway, folder, place),
    )
    hours = ground.settings.assistant.question_hours
    approvals = Approvals(books, asking, powers, ground.clock, hours=hours)
    commands = Commands(_levers(store, lanes), store.outbox, deliver)
    transcriber = _open_transcriber(ground, store, lanes)
    desks = Desks(
        wake=lanes.wake,
        command=commands.obey,
        stranger=approvals.ask_sender,
        answered=approvals.look,
        keep=lambda group, files: _keep(ground, group, files),
        discard=lambda group, paths: asyncio.to_thread(discard, ground.home.group(group.folder), paths),
        spoken=transcriber.look if ground.settings.transcription.command else None,
    )
    return Reception(asking=asking, approvals=approvals, transcriber=transcriber, desks=desks)


def _open_transcriber(ground: Ground, store: Shelves, lanes: Lanes) -> Transcriber:
    own = ground.settings.transcription
    hearing = Hearing(command=own.command, seconds=own.seconds, environment=process_environment())
    return Transcriber(
        store.voices,
        hearing if own.command else None,
        lanes.wake,
        root=ground.home.group,
        scratch=ground.home.voices,
        at_once=own.at_once,
    )


def _levers(store: Shelves, lanes: Lanes) -> Levers:
    async def own(group: Group, here: ChatAddress) -> ChatId | None:
        """The chat, where it has a conversation of its own."""
        apart = group.options.conversation is Conversation.SEPARATE
        return await store.groups.chat(group.id, here) if apart else None

    async def forget(group: Group, here: ChatAddress) -> None:
        await store.groups.forget_conversation(group.id, await own(group, here))
        lanes.release(group.id)

    async def compact(group: Group, here: ChatAddress) -> bool:
        return lanes.compact(group, await own(group, here), told=here)

    async def status(group: Group) -> str:
        counts = await store.outcomes.counts(group.id)
        working = [worker.state for worker in lanes.workers if worker.group.id == group.id]
        agent = f"My agent here is {working[0]}." if working else "No agent runs here."
        return f"{agent} Waiting turns: {counts.queued}, running: {counts.running}, undelivered: {counts.undelivered}."

    return Levers(forget=forget, compact=compact, stop=lambda group: lanes.interrupt(group.id), status=status)


def _grant_once(gateway: Gateway, folder: GroupFolder, place: str) -> None:
    host, _, port = place.rpartition(":")
    gateway.grant_once(folder, host, int(port))


async def _grant_always(store: Shelves, gateway: Gateway, folder: GroupFolder, place: str) -> None:
    group = await store.groups.find(folder)
    if group is None:
        return
    allow = options_as_text(group.options).get("allow", "")
    options = with_option(group.options, "allow", f"{allow},{place.removesuffix(':443')}")
    await store.groups.change(folder, GroupChange(options=options))
    gateway.set_options(folder, options)


async def _keep(ground: Ground, group: Group, files: tuple[IncomingFile, ...]) -> tuple[Attachment, ...]:
    """Files into the group's folder. A message comes without them rather than not at all, and says so.

    Raises:
        NoRoomForFilesError: the disk is full: the network must keep the message until there is room for all of it.
    """
    root, owner = ground.home.group(group.folder), ground.sandbox.workspace_owner
    day = datetime.fromtimestamp(ground.clock.now() / 1000, time_zone(ground.settings)).date()
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        return await asyncio.to_thread(keep, root, files, day, owner if os.geteuid() == 0 else None)
    except (NanoclawError, OSError) as error:
        if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise NoRoomForFilesError(
                f"No room left to keep the files of a message in {root}", hint="Free space on that disk."
            ) from error
        logger.warning("files of a message not kept", extra={"group": group.folder, "error": type(error).__name__})
        return tuple(Attachment(name=safe_name(file.name), media_type=file.media_type, path="") for file in files)
