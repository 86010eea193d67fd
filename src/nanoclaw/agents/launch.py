"""Everything a sandboxed ``claude`` needs before it starts: folders, a way to the gateway, a plan, a launch script."""

import asyncio
import os
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from claude_agent_sdk import ClaudeAgentOptions

from nanoclaw.agents.prompt import write_instructions
from nanoclaw.agents.workbench import Workbench
from nanoclaw.model.clock import Milliseconds
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
from nanoclaw.settings.load import machine_time_zone

_END_SECONDS = 30
_COMPLAINTS = 5
# Scheduling belongs to the host, which outlives the sandbox; work in the background dies with it.
_NOT_INSIDE = ["CronCreate", "CronDelete", "CronList", "ScheduleWakeup", "RemoteTrigger", "PushNotification"]


class Door(Protocol):
    """An agent's own way to the gateway."""

    async def close(self) -> None:
        """Shut it, ending what goes through it."""
        ...


@dataclass(slots=True)
class Launch:
    """A start that was prepared: what the SDK needs, and how to clean up."""

    options: ClaudeAgentOptions
    complaints: deque[str]
    """The newest lines of standard error. Once a prompt was given they may hold what people wrote."""
    name: str
    since: Milliseconds
    sandbox: Sandbox
    door: Door

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
        finally:
            await self.door.close()


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
        self._count = 0

    async def launch(self, group: Group, lane: Lane, position: SessionPosition | None) -> Launch:
        """Prepare one start of a group's agent.

        Raises:
            SandboxError: the sandbox cannot be started here.
        """
        self._count += 1
        name = f"nanoclaw-{self._installation[:8]}-{group.folder.lower().replace('_', '-')[:30]}-{self._nonce()}"
        await self._preparation.ready()
        await self._folders(group)
        door = await self._gateway.open(group.folder, self._home.gateway(group.folder), self._sandbox.workspace_owner)
        try:
            plan = self._plan(group, name)
            script = write_launcher(self._home.launchers(group.folder), self._sandbox.command(plan))
        except BaseException:
            await door.close()
            raise
        complaints: deque[str] = deque(maxlen=_COMPLAINTS)
        return Launch(
            options=self._options(position, script, complaints),
            complaints=complaints,
            name=name,
            since=self._clock.now(),
            sandbox=self._sandbox,
            door=door,
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

    def _plan(self, group: Group, name: str) -> SandboxPlan:
        box = self._settings.sandbox
        return SandboxPlan(
            name=name,
            group=group.folder,
            mounts=(
                Mount(source=self._home.group(group.folder), target=WORKSPACE, writable=True),
                Mount(source=self._home.global_folder, target=GLOBAL_FOLDER, writable=group.is_main),
                Mount(source=self._home.sessions(group.folder), target=CLAUDE_HOME, writable=True),
            ),
            gateway=self._home.gateway(group.folder),
            environment={
                # Our own retries are durable and visible; the program's would hide an outage for minutes.
                "CLAUDE_CODE_MAX_RETRIES": "2",
                "CLAUDE_CODE_DISABLE_CRON": "1",
                "CLAUDE_CODE_ADDITIONAL_DIRECTORIES_CLAUDE_MD": "1",
                "TZ": self._settings.assistant.time_zone or machine_time_zone(),
            },
            limits=Limits(
                memory_mib=box.memory_mib,
                cpus=box.cpus,
                processes=box.processes,
                open_files=box.open_files,
                file_size_mib=box.file_size_mib,
                tmp_mib=box.tmp_mib,
                home_mib=box.home_mib,
            ),
        )

    def _options(self, position: SessionPosition | None, script: Path, complaints: deque[str]) -> ClaudeAgentOptions:
        assistant = self._settings.assistant
        return ClaudeAgentOptions(
            cli_path=script,
            # Some engines leave small files where their client was started.
            cwd=script.parent,
            system_prompt={"type": "preset", "preset": "claude_code", "append": write_instructions(assistant.name)},
            # The sandbox is the permission system: inside it, everything the agent can reach is its own.
            permission_mode="bypassPermissions",
            disallowed_tools=_NOT_INSIDE,
            setting_sources=["project"],
            add_dirs=[str(GLOBAL_FOLDER)],
            model=assistant.model or None,
            resume=position.session if position else None,
            resume_session_at=position.entry if position else None,
            include_partial_messages=True,
            max_buffer_size=self._settings.agents.line_mib * 1024 * 1024,
            stderr=complaints.append,
        )


async def _hand_over(folder: Path, owner: tuple[int, int]) -> None:
    """Give a tree to the sandbox's user. Only root can, and only root needs to."""
    if os.geteuid() != 0:
        raise SandboxError(f"{folder} belongs to another user", hint=f"Give it back: sudo chown -R $USER {folder}")
    process = await asyncio.create_subprocess_exec(
        "chown", "-R", "-h", "--", f"{owner[0]}:{owner[1]}", str(folder), stdin=asyncio.subprocess.DEVNULL
    )
    if await process.wait() != 0:
        raise SandboxError(f"Cannot give {folder} to the sandbox's user", hint="Check the disk and the folder's owner.")
