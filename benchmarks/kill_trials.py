"""Kill -9 trials: a message, a kill, a restart, and then the books must balance.

A message that was acknowledged is answered exactly once, with the last answer that the model gave for it; the
conversation goes on; and no container of the dead daemon is left.
"""

import asyncio
import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from benchmarks.installation import DaemonError, Installation, Place, installation
from benchmarks.kill_moments import Killer, Moment
from benchmarks.scripted import Model, scripted_model
from nanoclaw.control.client import Document
from nanoclaw.control.errors import ControlError
from nanoclaw.stub_model.script import Answer, Rule, Script, ToolCall

_ORDINARY = Rule(reply="Answer {turn} to {text}: that is all.", delay_ms=250, chunk_ms=40, chunk_size=8)
_WITH_A_TOOL = Rule(
    when_regex=r"(?P<about>message \S+ with a tool)",
    # Long enough to outlive the daemon: left alone, its container would still be there when we look.
    tool=ToolCall(name="Bash", input={"command": "python3 -c 'import time; time.sleep(12)'"}),
    then=(Answer(reply="Answer {turn} to {about}: that is all."),),
)
SCRIPT = Script(rules=(_WITH_A_TOOL, _ORDINARY))
_ANSWER = re.compile(r"Answer (\d+) to (.+): that is all\.")
_SETTLE_SECONDS = 50
_PAUSE_SECONDS = 0.3
_LOOKS = 5
_REPLIES = (
    """SELECT o.text, o.state FROM outbox o JOIN chats c ON c.id = o.chat_id WHERE c.address = '{}' ORDER BY o.id"""
)
_TURNS = """SELECT t.state FROM turns t JOIN chats c ON c.id = t.chat_id WHERE c.address = '{}' ORDER BY t.id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a trial found. ``problems`` is empty when the books balanced."""

    moment: Moment
    group: str
    acknowledged: bool
    asked: int
    """How often the model was asked about the message."""
    restart_seconds: float
    """From the start of the next daemon until it answered."""
    problems: tuple[str, ...]


class Trials:
    """Trials one after the other on one installation, each in a group of its own."""

    def __init__(self, daemon: Installation, model: Model, chance: random.Random) -> None:
        self._daemon = daemon
        self._model = model
        self._chance = chance
        self._killer = Killer(daemon, model, chance)
        self._count = 0

    async def run(self, moment: Moment) -> Verdict:
        """One trial. The daemon runs before and after it."""
        if moment is Moment.BURST:
            return await self.burst()
        self._count += 1
        group, text = f"trial-{self._count}", f"message {self._count}-{self._chance.randrange(10**6)}"
        text += " with a tool" if moment is Moment.TOOL else ""
        await self._daemon.add_group(group)
        earlier = f"earlier {self._count}"
        if moment.is_warm:
            await self._daemon.answered(earlier, group=group)
        acknowledged = False
        async with self._killer.armed(moment, group, text):
            acknowledged = await self._send(group, text)
        restart, problems = await self._restart()
        if moment is Moment.RANDOM_TWICE:
            async with self._killer.armed(moment, group, text):
                pass
            restart, more = await self._restart()
            problems += more
        problems += await self._bring_again(group, [text] if acknowledged else [], [text])
        problems += await self._settle()
        asked = [number for number, request in enumerate(self._model.turns(), 1) if text in request.newest_text]
        problems += self._wrong_replies(group, text, earlier if moment.is_warm else None, asked)
        problems += self._wrong_requests(text, earlier if moment.is_warm else None)
        return Verdict(
            moment=moment,
            group=group,
            acknowledged=acknowledged,
            asked=len(asked),
            restart_seconds=restart,
            problems=tuple(problems),
        )

    async def burst(self) -> Verdict:
        """Three messages in a row to a running agent, and a kill at any moment of that."""
        self._count += 1
        group, earlier = f"trial-{self._count}", f"earlier {self._count}"
        texts = [f"part {part} of {self._count}-{self._chance.randrange(10**6)}" for part in "abc"]
        await self._daemon.add_group(group)
        await self._daemon.answered(earlier, group=group)
        acknowledged = []
        async with self._killer.armed(Moment.BURST, group, texts[0]):
            for text in texts:
                acknowledged += [text] if await self._send(group, text) else []
                await asyncio.sleep(self._chance.uniform(0, _PAUSE_SECONDS))
        restart, problems = await self._restart()
        problems += await self._bring_again(group, acknowledged, texts)
        problems += await self._settle()
        problems += self._wrong_burst(group, [earlier, *texts])
        return Verdict(
            moment=Moment.BURST,
            group=group,
            acknowledged=acknowledged == texts,
            asked=len(self._model.turns(lambda request: f" of {self._count}-" in request.newest_text)),
            restart_seconds=restart,
            problems=tuple(problems),
        )

    def _wrong_burst(self, group: str, texts: list[str]) -> list[str]:
        """Messages may share an answer, which is given to the newest of them."""
        replies = [reply for reply, _ in self._daemon.rows(_REPLIES.format(group))]
        to = [match[2] if (match := _ANSWER.fullmatch(reply)) else "?" for reply in replies]
        in_order = [text for text in texts if text in to]
        problems = []
        if to != in_order or to[-1:] != texts[-1:]:
            problems.append(f"the replies are {replies}, expected answers to {texts}")
        states = {state for (state,) in self._daemon.rows(_TURNS.format(group))}
        if not states <= {"answered", "merged"}:
            problems.append(f"the turns are {sorted(states)}")
        last = self._model.turns(lambda request: texts[-1] in request.newest_text)[-1:]
        body = (last[0].raw_body or b"").decode() if last else ""
        # An answer repeats the text of its message.
        problems += [
            f"the model saw {text!r} {body.count(text)} times, {to.count(text)} answers before"
            for text in texts
            if not 1 <= body.count(text) <= 2 or (body.count(text) == 2 and text not in to[:-1])
        ]
        return problems

    async def _send(self, group: str, text: str) -> bool:
        """Whether it was acknowledged."""
        try:
            await self._daemon.submit(text, group=group, client_id=f"id of {text}")
        except ControlError:
            return False
        return True

    async def _bring_again(self, group: str, acknowledged: list[str], texts: list[str]) -> list[str]:
        """A network that was not told that its message arrived brings it again; so may one that was told."""
        kept = {name for (name,) in self._daemon.rows("SELECT external_id FROM messages")}
        lost = [text for text in acknowledged if f"id of {text}" not in kept]
        for text in texts:
            await self._send(group, text)
        return [f"{text!r} was acknowledged and is not there" for text in lost]

    def _wrong_replies(self, group: str, text: str, earlier: str | None, asked: list[int]) -> list[str]:
        replies = self._daemon.rows(_REPLIES.format(group))
        # With a tool, the answer comes to the request that follows.
        after_tool = int(text.endswith("tool"))
        problems = [f"a reply is {state}" for _, state in replies if state != "sent"]
        found = [_ANSWER.fullmatch(reply) for reply, _ in replies]
        texts = [match[2] if match else "?" for match in found]
        expected = [earlier, text] if earlier else [text]
        if texts != expected:
            problems.append(f"the replies are {[reply for reply, _ in replies]}, expected answers to {expected}")
        elif (last := found[-1]) and [int(last[1]) - after_tool] != asked[-1:]:
            problems.append(f"answer {last[1]} was sent, but the model was asked in requests {asked}")
        states = [state for (state,) in self._daemon.rows(_TURNS.format(group))]
        if states != ["answered"] * len(expected):
            problems.append(f"the turns are {states}")
        return problems

    def _wrong_requests(self, text: str, earlier: str | None) -> list[str]:
        """The conversation as the model saw it last."""
        last = self._model.turns(lambda request: text in request.newest_text)[-1:]
        body = (last[0].raw_body or b"").decode() if last else ""
        problems = []
        if body.count(text) > 1:
            problems.append(f"the model saw the message {body.count(text)} times in one request")
        if earlier and earlier not in body:
            problems.append("the conversation was forgotten")
        return problems

    async def _restart(self) -> tuple[float, list[str]]:
        """Start the next daemon: its seconds to the first answer, and what the dead one left behind."""
        orphans = set(await self._daemon.containers())
        seconds = await self._daemon.start()
        for _ in range(_LOOKS):
            left = orphans & set(await self._daemon.containers())
            if not left:
                return seconds, []
            await asyncio.sleep(1)
        return seconds, [f"{len(left)} containers of the dead daemon survived"]

    async def _settle(self) -> list[str]:
        """Wait until everything is answered and delivered, and each container belongs to an agent."""
        try:
            status = await self._daemon.until(_settled, seconds=_SETTLE_SECONDS)
        except DaemonError as error:
            return [str(error)]
        for _ in range(_LOOKS):
            # One that is being removed is still listed for a moment.
            now = await self._daemon.containers()
            if len(now) <= len(status["agents"]):
                return []
            await asyncio.sleep(1)
        return [f"{len(now)} containers for {len(status['agents'])} agents"]


def _settled(status: Document) -> bool:
    queue = status["queue"]
    counts = (queue["waiting_turns"], queue["running_turns"], queue["undelivered_replies"])
    return not any(counts) and not any(agent["state"] == "starting" for agent in status["agents"])


@asynccontextmanager
async def trials(place: Place, seed: int) -> AsyncIterator[Trials]:
    """A running daemon with a slow model behind it."""
    async with scripted_model(SCRIPT) as model, installation(place, model.url) as daemon:
        await daemon.start()
        await daemon.answered("warm up")
        yield Trials(daemon, model, random.Random(seed))  # noqa: S311 - to be repeatable, not secret
