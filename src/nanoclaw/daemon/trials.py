"""Trials: temporary groups for `nanoclaw verify`, which are gone with the connection that asked for them.

The mark is a column of the group's row, written with it: whatever ends the command or the daemon, the next start or the
next trial finds what is left, and erases it.
"""

import asyncio
import logging
import secrets
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from nanoclaw.channels.contract import Channel, Probing
from nanoclaw.channels.local.channel import LOCAL
from nanoclaw.control.service import ConflictError, NoSuchGroupError
from nanoclaw.control.shapes import ChatShape
from nanoclaw.control.trial_shapes import ProbeShape, TrialGroup, TrialRequest, TrialShape
from nanoclaw.daemon.lanes import Lanes
from nanoclaw.gateway.gateway import Gateway
from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.groups import Group, GroupFolder, parse_folder
from nanoclaw.model.options import GroupOptions, NetworkPolicy
from nanoclaw.sandboxes.contract import Sandbox, SandboxError
from nanoclaw.settings.home import Home
from nanoclaw.store.erasing import Erasing
from nanoclaw.store.groups import GroupChange, Groups, NewGroup

logger = logging.getLogger(__name__)

_WEB = ChannelName("web")
_NAME = "Verification, temporary"
_TRIGGER = "@Verify"
_END_SECONDS = 20
_PROBE_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialGround:
    """What trials are made of."""

    home: Home
    groups: Groups
    erasing: Erasing
    lanes: Lanes
    gateway: Gateway
    sandbox: Sandbox
    channels: Mapping[ChannelName, Channel]


class Trials:
    """One at a time."""

    def __init__(self, ground: TrialGround) -> None:
        self._ground = ground
        self._going_on = asyncio.Lock()

    @asynccontextmanager
    async def hold(self, request: TrialRequest) -> AsyncIterator[TrialShape]:
        """Make the groups, and erase them in the end."""
        if self._going_on.locked():
            raise ConflictError("Another verification is going on", hint="Wait until it has ended.")
        async with self._going_on:
            await self.sweep()
            try:
                yield await self._make(request)
            finally:
                await asyncio.shield(self.sweep())

    async def sweep(self) -> None:
        """Erase every temporary group there is; at the start also what an earlier daemon left."""
        for group in await self._ground.groups.temporary():
            await self._erase(group)

    async def probe(self, channel: str) -> ProbeShape:
        """Have a channel prove itself."""
        found = self._ground.channels.get(ChannelName(channel))
        if found is None:
            raise NoSuchGroupError(f"There is no channel {channel[:64]!r}", hint="`nanoclaw status` shows them.")
        if not isinstance(found, Probing):
            return ProbeShape(channel=channel, outcome="skipped", detail="it has no probe of its own")
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                return ProbeShape(channel=channel, outcome="passed", detail=await found.probe())
        except NanoclawError as error:
            return ProbeShape(channel=channel, outcome="failed", detail=str(error), hint=error.hint)
        except TimeoutError:
            return ProbeShape(channel=channel, outcome="failed", detail=f"no answer within {_PROBE_SECONDS} s")
        except Exception as error:
            # The boundary around third-party code: a probe that breaks is a channel that does not prove anything.
            logger.exception("a channel's probe broke", extra={"channel": channel})
            return ProbeShape(channel=channel, outcome="failed", detail=f"its probe broke ({type(error).__name__})")

    async def _make(self, request: TrialRequest) -> TrialShape:
        number = secrets.token_hex(4)
        wanted = {"a": True, "b": True, **({"real": False} if request.real else {})}
        made = []
        for name, diverted in wanted.items():
            folder = parse_folder(f"verify-{number}-{name}")
            if diverted:
                # Before the group is there: not one call of it may go anywhere else.
                self._ground.gateway.divert(folder, request.model_url)
            made.append(await self._register(folder, diverted=diverted))
        return TrialShape(groups=made)

    async def _register(self, folder: GroupFolder, *, diverted: bool) -> TrialGroup:
        groups = self._ground.groups
        local = ChatAddress(channel=LOCAL, chat=folder)
        new = NewGroup(
            folder=folder,
            name=_NAME,
            trigger=_TRIGGER,
            requires_trigger=True,
            is_main=False,
            address=local,
            temporary=True,
        )
        await groups.add(new)
        # Nobody is to be asked about a host that such a group is refused.
        await groups.change(folder, GroupChange(options=GroupOptions(network=NetworkPolicy.NONE)))
        chats = [local]
        if _WEB in self._ground.channels:
            chats.append(ChatAddress(channel=_WEB, chat=folder))
            await groups.bind(folder, chats[-1], _NAME)
        self._ground.home.group(folder).mkdir(mode=0o700, exist_ok=True)
        shown = [ChatShape(channel=chat.channel, chat=chat.chat) for chat in chats]
        return TrialGroup(folder=folder, trigger=_TRIGGER, diverted=diverted, chats=shown)

    async def _erase(self, group: Group) -> None:
        ground, folder = self._ground, group.folder
        await ground.lanes.interrupt(group.id)
        ground.lanes.release(group.id)
        with suppress(TimeoutError):
            async with asyncio.timeout(_END_SECONDS):
                while any(worker.group.id == group.id for worker in ground.lanes.workers):  # noqa: ASYNC110 - once, at the end
                    await asyncio.sleep(0.05)
        await self._stop_sandboxes(folder)
        await ground.erasing.erase(folder)
        for place in (ground.home.group(folder), ground.home.sessions(folder), ground.home.ipc / folder):
            await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)
        ground.gateway.forget(folder)
        logger.info("temporary group erased", extra={"group": folder})

    async def _stop_sandboxes(self, folder: GroupFolder) -> None:
        """What a worker that did not end left."""
        try:
            for box in await self._ground.sandbox.running():
                if box.group == folder:
                    await self._ground.sandbox.stop(box.name)
        except SandboxError as error:
            logger.warning("sandboxes of a temporary group not stopped", extra={"error": str(error)})
