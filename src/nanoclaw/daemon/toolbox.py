"""The agents' own tools, wired to the store, the folders and the book of tasks."""

import asyncio
import logging
import mimetypes
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import PurePosixPath

from nanoclaw.agents.tools.contract import TaskBook
from nanoclaw.agents.tools.desk import Desk, Registration
from nanoclaw.agents.tools.files import FILE_LIMIT
from nanoclaw.control.shapes import AddGroupRequest
from nanoclaw.daemon.answers.records import Records
from nanoclaw.daemon.ground import Ground
from nanoclaw.daemon.lanes import Lanes
from nanoclaw.daemon.shelves import Shelves
from nanoclaw.intake.approvals import Approvals
from nanoclaw.intake.asking import Asking
from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.groups import Group, GroupFolder
from nanoclaw.model.turns import OutgoingFile
from nanoclaw.settings.load import time_zone
from nanoclaw.workspaces.files import copy_out, relative_path

logger = logging.getLogger(__name__)


class UnknownChannelError(NanoclawError):
    """A group was to be registered on a channel that is not configured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolbox:
    """Collects what the tools work with."""

    ground: Ground
    store: Shelves
    records: Records
    lanes: Lanes
    asking: Asking
    approvals: Approvals
    tasks: TaskBook
    channels: Collection[ChannelName]
    split: Callable[[ChatAddress, str], tuple[str, ...]]

    def desk(self) -> Desk:
        """The tools' collaborators."""
        settings = self.ground.settings
        return Desk(
            clock=self.ground.clock,
            zone=time_zone(settings),
            question_hours=settings.assistant.question_hours,
            incoming=self.store.inbox,
            outgoing=self.store.outbox,
            deliver=self.asking.deliver,
            split=self.split,
            copy_out=self._copy_out,
            ask=self.approvals.ask_for_agent,
            history=self.store.history,
            tasks=self.tasks,
            groups=self.store.groups,
            register=self._register,
            unregister=self._unregister,
            audit=_audit,
        )

    async def _copy_out(self, group: Group, path: str) -> OutgoingFile:
        relative = relative_path(path)
        target = self.ground.home.outgoing / uuid.uuid4().hex
        root = self.ground.home.group(group.folder)

        def copy() -> int:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return copy_out(root, relative, target, FILE_LIMIT)

        size = await asyncio.to_thread(copy)
        name = PurePosixPath(relative).name
        media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return OutgoingFile(name=name, media_type=media_type, path=str(target), size=size)

    async def _register(self, new: Registration) -> Group:
        if new.address.channel not in self.channels:
            names = ", ".join(sorted(self.channels))
            raise UnknownChannelError(f"There is no channel {new.address.channel[:40]!r}", hint=f"There are {names}.")
        request = AddGroupRequest(
            name=new.name,
            folder=new.folder,
            channel=new.address.channel,
            chat=new.address.chat,
            trigger=new.trigger or None,
        )
        await self.records.add_group(request)
        return await self.records.find(new.folder)

    async def _unregister(self, folder: GroupFolder) -> bool:
        group = await self.store.groups.find(folder)
        if group is None or not await self.store.groups.remove(folder):
            return False
        await self.lanes.interrupt(group.id)
        self.lanes.release(group.id)
        return True


def _audit(group: Group, tool: str, reason: str) -> None:
    logger.warning("agent tool refused", extra={"group": group.folder, "tool": tool, "reason": reason})
