"""A program in the place of ``claude``: it speaks just enough of the SDK's protocol, then does as a test says."""

import os
import signal
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import cast

from claude_agent_sdk import ClaudeAgentOptions

from nanoclaw.agents.agent import Agent
from nanoclaw.agents.launch import Launch, Launcher, Start
from nanoclaw.agents.tools.contract import Caller
from nanoclaw.gateway.budget import Exhausted
from nanoclaw.model.chats import Attachment, ChannelName, ChatAddress, ChatId, MessageId, Sender, StoredMessage
from nanoclaw.model.clock import Milliseconds, SystemClock
from nanoclaw.model.groups import Group, GroupFolder, GroupId
from nanoclaw.model.turns import Lane, SessionPosition, Turn, TurnId
from nanoclaw.sandboxes.contract import EndReason, Sandbox
from nanoclaw.workspaces.quota import Quota

GROUP = Group(
    id=GroupId(1), folder=GroupFolder("main"), name="Main", trigger="@Andy", requires_trigger=False, is_main=True
)
LONGEST = 1024 * 1024

STAND_IN = """#!{python}
import json, os, sys, time
open({pid!r}, "w").write(str(os.getpid()))

def out(message):
    sys.stdout.write(message if isinstance(message, str) else json.dumps(message))
    sys.stdout.write("\\n")
    sys.stdout.flush()

def next_of(kind):
    for line in sys.stdin:
        message = json.loads(line)
        if message["type"] == kind:
            return message
    sys.exit(0)

def grant(**more):
    request = next_of("control_request")
    out({{"type": "control_response", "response": {{"subtype": "success", "request_id": request["request_id"],
        "response": {{}}, **more}}}})

def result(prompt=None, text="Hi", **more):
    named = {{"user_message_uuids": [prompt["uuid"]]}} if prompt else {{}}
    out({{"type": "result", "subtype": "success", "duration_ms": 1, "duration_api_ms": 1, "is_error": False,
        "num_turns": 1, "session_id": "s", "result": text, "uuid": "r", **named, **more}})

def wait():
    for line in sys.stdin:
        pass

"""


def turn(number: int, *attachments: Attachment) -> Turn:
    """A turn of one message."""
    said = StoredMessage(
        id=MessageId(number),
        chat=ChatId(1),
        external_id=str(number),
        sender=Sender(id="owner", name="Ann"),
        text="Hello",
        sent_at=Milliseconds(0),
        attachments=attachments,
    )
    return Turn(
        id=TurnId(number),
        group=GROUP,
        chat=ChatId(1),
        address=ChatAddress(channel=ChannelName("local"), chat="main"),
        attempt=0,
        messages=(said,),
        through=MessageId(number),
    )


class StandInSandbox:
    """Its one process, ended by its own id as an engine would."""

    def __init__(self, pid: Path) -> None:
        self.pid = pid
        self.reason = EndReason.UNKNOWN
        self.stops = 0

    async def stop(self, name: str) -> None:  # noqa: ARG002 - the contract's
        self.stops += 1
        try:
            os.kill(int(self.pid.read_text()), signal.SIGKILL)
        except (FileNotFoundError, ProcessLookupError):
            return

    async def why_ended(self, name: str, since: Milliseconds) -> EndReason:  # noqa: ARG002 - the contract's
        return self.reason


class StandInDoor:
    shut = False
    exhausted: Exhausted | None = None

    async def close(self) -> None:
        self.shut = True


class StandInLauncher(Launcher):
    """Starts a script in the place of a sandboxed program."""

    def __init__(self, folder: Path, behaviour: str) -> None:
        self.sandbox = StandInSandbox(folder / "pid")
        self.door = StandInDoor()
        self.distrusted = False
        self.folder_of_group = folder
        self.quota = Quota(bytes=2**40, entries=10**9)
        self._script = folder / "claude"
        self._script.write_text(STAND_IN.format(python=sys.executable, pid=str(self.sandbox.pid)) + behaviour)
        self._script.chmod(0o700)

    @property
    def same_call_limit(self) -> int:
        return 3

    def folder(self, group: Group) -> Path:  # noqa: ARG002 - the contract's
        return self.folder_of_group

    async def launch(
        self,
        group: Group,  # noqa: ARG002 - the contract's
        lane: Lane,  # noqa: ARG002
        position: SessionPosition | None,  # noqa: ARG002
        caller: Callable[[], Caller],  # noqa: ARG002
    ) -> Launch:
        complaints: deque[str] = deque(maxlen=5)
        return Launch(
            options=ClaudeAgentOptions(
                cli_path=self._script,
                cwd=self._script.parent,
                max_buffer_size=LONGEST,
                stderr=complaints.append,
            ),
            complaints=complaints,
            start=Start(
                script=self._script,
                name="stand-in",
                since=Milliseconds(0),
                sandbox=cast("Sandbox", self.sandbox),
                door=self.door,
                quota=self.quota,
                measured=(self.folder_of_group,),
            ),
        )

    def distrust(self) -> None:
        self.distrusted = True


class Stage:
    """Makes agents whose program behaves so, and closes them at the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.launcher: StandInLauncher
        self.agents: list[Agent] = []

    def agent(self, behaviour: str, *, start_seconds: float = 20) -> Agent:
        self.launcher = StandInLauncher(self._folder, behaviour)
        self.agents.append(Agent(GROUP, self.launcher, SystemClock(), lane=Lane.GROUP, start_seconds=start_seconds))
        return self.agents[-1]

    async def given(self, behaviour: str) -> Agent:
        """An agent that has a turn before it."""
        agent = self.agent("grant()\nprompt = next_of('user')\n" + behaviour)
        await agent.start(None)
        await agent.give(turn(7), "Hello")
        return agent
