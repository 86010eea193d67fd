"""Everything a sandboxed ``claude`` needs before it starts: folders, a way to the gateway, a plan, a launch script."""

import asyncio
import logging
import os
import shutil
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Protocol, cast

from claude_agent_sdk import (
    ClaudeAgentOptions,
    EffortLevel,
    HookCallback,
    HookContext,
    HookInput,
    HookJSONOutput,
    HookMatcher,
)

from nanoclaw.agents.faults import disk_fault
from nanoclaw.agents.outcomes import AgentLostError
from nanoclaw.agents.prompt import write_instructions
from nanoclaw.agents.tools.contract import Caller
from nanoclaw.agents.tools.server import SERVER_NAME
from nanoclaw.agents.workbench import Workbench
from nanoclaw.gateway.budget import Exhausted
from nanoclaw.model.clock import Milliseconds
from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.groups import Group
from nanoclaw.model.turns import Lane, SessionPosition
from nanoclaw.sandboxes.contract import (
    CLAUDE_HOME,
    GLOBAL_FOLDER,
    WORKSPACE,
    EndReason,
    Limits,
    Mount,
    Sandbox,
    SandboxError,
    SandboxPlan,
)
from nanoclaw.sandboxes.launcher import write_launcher
from nanoclaw.settings.home import mount_allowlist
from nanoclaw.settings.load import machine_time_zone, time_zone
from nanoclaw.workspaces.archive import archive_transcript
from nanoclaw.workspaces.mounts import check_mounts, load_allowlist, show
from nanoclaw.workspaces.quota import Quota

logger = logging.getLogger(__name__)

_END_SECONDS = 30
_COMPLAINTS = 5
# WebFetch would first ask the program's maker about every domain. Which ones are open is the gateway's to say.
_SETTINGS = '{"skipWebFetchPreflight": true}'
# Scheduling belongs to the host, which outlives the sandbox; work in the background dies with it.
_NOT_INSIDE = ["CronCreate", "CronDelete", "CronList", "ScheduleWakeup", "RemoteTrigger", "PushNotification"]


class Door(Protocol):
    """An agent's own way to the gateway."""

    @property
    def exhausted(self) -> Exhausted | None:
        """The budget for which the newest call was refused; None when it was not."""
        ...

    async def close(self) -> None:
        """Shut it, ending what goes through it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A sandbox that is ready to be started by its script, and how to clean up."""

    script: Path
    name: str
    since: Milliseconds
    sandbox: Sandbox
    door: Door
    quota: Quota
    measured: tuple[Path, ...]
    """What the quota counts: the group's folder and its transcripts; for main also what all read."""
    passing: tuple[Path, ...] = ()
    """Folders that are of no use afterwards."""

    async def why_ended(self) -> EndReason:
        """Why the sandbox is no more."""
        try:
            async with asyncio.timeout(_END_SECONDS):
                return await self.sandbox.why_ended(self.name, self.since)
        except (SandboxError, TimeoutError):
            return EndReason.UNKNOWN

    async def end(self) -> None:
        """Stop the sandbox if it still lives, and shut its way to the gateway."""
        try:
            async with asyncio.timeout(_END_SECONDS):
                await self.sandbox.stop(self.name)
        except (SandboxError, TimeoutError):
            # The next start removes what an engine that does not answer keeps.
            pass
        else:
            logger.info("sandbox gone", extra={"sandbox": self.name})
        finally:
            await self.door.close()
            for folder in self.passing:
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """An agent's start that was prepared: what the SDK needs beside the sandbox."""

    start: Start
    options: ClaudeAgentOptions
    complaints: deque[str]
    """The newest lines of standard error. Once a prompt was given they may hold what people wrote."""


class Launcher:
    """Prepares starts for one installation."""

    def __init__(self, bench: Workbench) -> None:
        self._home = bench.home
        self._settings = bench.settings
        self._preparation = bench.preparation
        self._sandbox = bench.preparation.sandbox
        self._gateway = bench.gateway
        self._clock = bench.clock
        self._installation = bench.installation
        self._make_tools = bench.make_tools
        self._count = 0

    @property
    def same_call_limit(self) -> int:
        """How many identical calls of a tool in a row are a circle."""
        return self._settings.agents.same_call_limit

    def folder(self, group: Group) -> Path:
        """A group's own folder."""
        return self._home.group(group.folder)

    async def launch(
        self, group: Group, lane: Lane, position: SessionPosition | None, caller: Callable[[], Caller]
    ) -> Launch:
        """Prepare one start of a group's agent. ``caller`` says for whom it works when it calls a tool of ours.

        Raises:
            SandboxError: the sandbox cannot be started here.
            MountRefusedError: the group asks for a folder that it may not see.
            AgentLostError: the group's folders are full.
        """
        start = await self._prepare(group, lane, ("claude",))
        complaints: deque[str] = deque(maxlen=_COMPLAINTS)
        return Launch(
            start=start,
            options=self._options(group, position, start.script, complaints, caller),
            complaints=complaints,
        )

    async def prepare_script(self, group: Group, script: str) -> Start:
        """Prepare a sandbox of a group's that runs a shell script instead of an agent.

        Raises:
            As :meth:`launch`.
        """
        start = await self._prepare(group, f"script-{self._nonce()}", ("sh", "-c", script))
        return replace(start, passing=(start.script.parent, self._home.gateway(group.folder, start.script.parent.name)))

    async def _prepare(self, group: Group, conversation: str, program: tuple[str, ...]) -> Start:
        self._count += 1
        name = f"nanoclaw-{self._installation[:8]}-{group.folder.lower().replace('_', '-')[:30]}-{self._nonce()}"
        await self._preparation.ready()
        await self._folders(group)
        quota, measured = self._quota(group), self._measured(group)
        if excess := await quota.check(measured):
            raise AgentLostError(disk_fault(group.folder, excess))
        ways = self._home.gateway(group.folder, conversation)
        plan = replace(self._plan(group, name, ways), mounts=await self._mounts(group), program=program)
        self._gateway.set_options(group.folder, group.options)
        door = await self._gateway.open(group.folder, ways, self._sandbox.workspace_owner)
        try:
            script = write_launcher(self._home.launchers(group.folder) / conversation, self._sandbox.command(plan))
        except BaseException:
            await door.close()
            raise
        logger.info("sandbox prepared", extra={"group": group.folder, "sandbox": name})
        return Start(
            script=script,
            name=name,
            since=self._clock.now(),
            sandbox=self._sandbox,
            door=door,
            quota=quota,
            measured=measured,
        )

    def _quota(self, group: Group) -> Quota:
        box = self._settings.sandbox
        return Quota(bytes=(group.options.disk_mib or box.disk_mib) * 1024 * 1024, entries=box.disk_entries)

    def _measured(self, group: Group) -> tuple[Path, ...]:
        """All of the home that the group's agent can write."""
        own = (self._home.group(group.folder), self._home.sessions(group.folder))
        return (*own, self._home.global_folder) if group.is_main else own

    async def _mounts(self, group: Group) -> tuple[Mount, ...]:
        """The group's folders, and those that the owner's allowlist lets it see today."""
        own = await asyncio.to_thread(self._own_mounts, group)
        if not group.options.mounts:
            return own
        allowlist = await asyncio.to_thread(load_allowlist, mount_allowlist())
        extra = await asyncio.to_thread(
            check_mounts, allowlist, group.options.mounts, self._home.root, is_main=group.is_main
        )
        return own + extra

    def _own_mounts(self, group: Group) -> tuple[Mount, ...]:
        root = self._home.root.resolve()
        inside = (
            (self._home.group(group.folder), WORKSPACE, True),
            (self._home.global_folder, GLOBAL_FOLDER, group.is_main),
            (self._home.sessions(group.folder), CLAUDE_HOME, True),
        )
        return tuple(
            show(root / folder.relative_to(self._home.root), target, writable=writable)
            for folder, target, writable in inside
        )

    def distrust(self) -> None:
        """A start failed: look at the engine and its image again before the next."""
        self._preparation.distrust()

    def _nonce(self) -> str:
        return f"{self._clock.now():x}{self._count:x}"

    async def _folders(self, group: Group) -> None:
        own = self._home.group(group.folder)
        folders = (own, self._home.sessions(group.folder), self._home.global_folder)
        for folder in folders:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._home.launchers(group.folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = self._sandbox.workspace_owner
        for folder in folders:
            if owner is not None and (folder.lstat().st_uid, folder.lstat().st_gid) != owner:
                await _hand_over(folder, owner)

    def _plan(self, group: Group, name: str, ways: Path) -> SandboxPlan:
        box, own = self._settings.sandbox, group.options
        return SandboxPlan(
            name=name,
            group=group.folder,
            mounts=(),
            gateway=ways,
            environment={
                # Our own retries are durable and visible; the program's would hide an outage for minutes.
                "CLAUDE_CODE_MAX_RETRIES": "2",
                "CLAUDE_CODE_DISABLE_CRON": "1",
                # A helper in the background would be lost with an agent that looks idle, and nobody would see it work.
                "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS": "1",
                "CLAUDE_CODE_ADDITIONAL_DIRECTORIES_CLAUDE_MD": "1",
                "TZ": self._settings.assistant.time_zone or machine_time_zone(),
            },
            limits=Limits(
                memory_mib=own.memory_mib or box.memory_mib,
                cpus=own.cpus or box.cpus,
                processes=own.processes or box.processes,
                open_files=box.open_files,
                file_size_mib=box.file_size_mib,
                tmp_mib=box.tmp_mib,
                home_mib=box.home_mib,
            ),
        )

    def _options(
        self,
        group: Group,
        position: SessionPosition | None,
        script: Path,
        complaints: deque[str],
        caller: Callable[[], Caller],
    ) -> ClaudeAgentOptions:
        assistant, own = self._settings.assistant, group.options
        return ClaudeAgentOptions(
            cli_path=script,
            # Some engines leave small files where their client was started.
            cwd=script.parent,
            system_prompt={"type": "preset", "preset": "claude_code", "append": write_instructions(assistant.name)},
            # The sandbox is the permission system: inside it, everything the agent can reach is its own.
            permission_mode="bypassPermissions",
            disallowed_tools=[*_NOT_INSIDE, *own.disallowed_tools],
            mcp_servers={SERVER_NAME: self._make_tools(caller)} if self._make_tools else {},
            # A folder with skills/ in it is a plugin of the program's.
            plugins=[{"type": "local", "path": str(folder)} for folder in (WORKSPACE, GLOBAL_FOLDER)],
            hooks={"PreCompact": [HookMatcher(hooks=[self._archivist(group)])]},
            setting_sources=["project"],
            settings=_SETTINGS,
            add_dirs=[str(GLOBAL_FOLDER)],
            model=own.model or assistant.model or None,
            fallback_model=own.fallback_model or assistant.fallback_model or None,
            effort=cast("EffortLevel | None", own.effort or assistant.effort or None),
            resume=position.session if position else None,
            resume_session_at=position.entry if position else None,
            include_partial_messages=True,
            max_buffer_size=self._settings.agents.line_mib * 1024 * 1024,
            stderr=complaints.append,
        )

    def _archivist(self, group: Group) -> HookCallback:
        """Keeps the conversation as a page of the group's folder before the program shortens it."""

        async def keep(said: HookInput, _tool: str | None, _context: HookContext) -> HookJSONOutput:
            place = PurePosixPath(str(said.get("transcript_path", "")))
            now = datetime.fromtimestamp(self._clock.now() / 1000, time_zone(self._settings))
            try:
                name = str(place.relative_to(CLAUDE_HOME))
                folders = self._home.sessions(group.folder), self._home.group(group.folder)
                await asyncio.to_thread(
                    archive_transcript, folders[0], name, folders[1], now, self._sandbox.workspace_owner
                )
            except (ValueError, OSError, NanoclawError) as error:
                logger.warning("conversation not archived", extra={"group": group.folder, "error": str(error)})
            return {}

        return keep


async def _hand_over(folder: Path, owner: tuple[int, int]) -> None:
    """Give a tree to the sandbox's user. Only root can, and only root needs to."""
    if os.geteuid() != 0:
        raise SandboxError(f"{folder} belongs to another user", hint=f"Give it back: sudo chown -R $USER {folder}")
    process = await asyncio.create_subprocess_exec(
        "chown", "-R", "-h", "--", f"{owner[0]}:{owner[1]}", str(folder), stdin=asyncio.subprocess.DEVNULL
    )
    if await process.wait() != 0:
        raise SandboxError(f"Cannot give {folder} to the sandbox's user", hint="Check the disk and the folder's owner.")
