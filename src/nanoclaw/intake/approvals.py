"""What the owner is asked to allow: a host for a group, a person in a group. Asked in the owner's chat, settled once.

An answer is on disk before anything follows from it, and what follows can be done twice without harm: a restart
settles what a crash left.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import assert_never

from nanoclaw.intake.asking import Asking
from nanoclaw.intake.trigger import text_wakes
from nanoclaw.model.chats import ChannelName, ChatAddress, InboundMessage
from nanoclaw.model.clock import Clock, Milliseconds
from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.groups import Group, GroupFolder
from nanoclaw.model.people import Person, Role
from nanoclaw.model.questions import NewQuestion, Question, QuestionPurpose, QuestionState
from nanoclaw.model.turns import TurnId
from nanoclaw.store.groups import Groups
from nanoclaw.store.inbox import Inbox
from nanoclaw.store.outbox import Outbox
from nanoclaw.store.people import People
from nanoclaw.store.questions import Questions

logger = logging.getLogger(__name__)

ALLOW, IGNORE = "allow", "ignore"
ONCE, ALWAYS, NO = "once", "always", "no"
_LOOK_AGAIN_SECONDS = 60.0
_OPEN_AT_MOST = {QuestionPurpose.DOMAIN: 5, QuestionPurpose.SENDER: 20}
"""Open questions of a kind for one group: an agent or a crowd must not be able to bury the owner in them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """The parts of the store that approvals need."""

    questions: Questions
    groups: Groups
    people: People
    inbox: Inbox
    outbox: Outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Powers:
    """What an answer can set in motion, as functions that the root passes in."""

    wake: Callable[[Group], None]
    grant_once: Callable[[GroupFolder, str], None]
    """Let a group reach ``host:port`` for a while."""
    grant_always: Callable[[GroupFolder, str], Awaitable[None]]
    """Put ``host:port`` among what the group may reach."""


class Approvals:
    """Asks the owner, acts on the answers, and closes what was not answered in time."""

    def __init__(self, store: Books, asking: Asking, powers: Powers, clock: Clock, *, hours: float) -> None:
        self._store = store
        self._asking = asking
        self._powers = powers
        self._clock = clock
        self._span = int(hours * 3_600_000)
        self._look = asyncio.Event()
        self._choose: Callable[[], Awaitable[ChatAddress | None]] = store.groups.owner_chat

    def ask_in(self, choose: Callable[[], Awaitable[ChatAddress | None]]) -> None:
        """Who knows in which chat of the main group the owner is to be asked now."""
        self._choose = choose

    def look(self) -> None:
        """A question was asked or answered."""
        self._look.set()

    async def run(self) -> None:
        """Settle and expire until cancelled."""
        while True:
            self._look.clear()
            seconds = _LOOK_AGAIN_SECONDS
            try:
                await self.settle()
                await self._expire()
                expiry = await self._store.questions.next_expiry()
                if expiry is not None:
                    seconds = min(seconds, max(0.0, (expiry - self._clock.now()) / 1000))
            except NanoclawError as error:
                logger.error("questions cannot be looked after", extra={"error": str(error)})  # noqa: TRY400 - no traceback needed
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._look.wait()

    async def ask_for_agent(self, new: NewQuestion, turn: TurnId | None) -> Question:
        """Put an agent's question, and see to its end.

        Raises:
            NoSuchChatError: its group or its chat is not registered.
        """
        question = await self._asking.ask(new, turn)
        self.look()
        return question

    async def ask_domain(self, folder: GroupFolder, host: str, port: int) -> None:
        """Ask whether a group may reach a host; not again while the question or a refusal stands."""
        group = await self._store.groups.find(folder)
        if group is None:
            return
        name = f"{host}:{port}"
        text = f"The agent of the group {group.name} ({folder}) wants to reach {name}, which it may not. Allow it?"
        await self._ask(QuestionPurpose.DOMAIN, group, name, text, (ONCE, ALWAYS, NO))

    async def ask_sender(self, group: Group, message: InboundMessage) -> None:
        """Ask whether a stranger may write to a group; not again while the question or a refusal stands."""
        who = f"{message.address.channel} {message.sender.id}"
        name = message.sender.name[:60] or "Somebody"
        text = (
            f"{name} ({who}) wrote in the group {group.name} ({group.folder}) and has no role there. "
            "Shall I take part in what they write? Until then I read nothing of it."
        )
        await self._ask(QuestionPurpose.SENDER, group, who, text, (ALLOW, IGNORE))

    async def _ask(
        self, purpose: QuestionPurpose, group: Group, subject: str, text: str, options: tuple[str, ...]
    ) -> None:
        now = self._clock.now()
        before = await self._store.questions.asked_about(purpose, group.folder, subject)
        if before is not None and before.expires_at > now and _stands(before):
            return
        owner = await self._choose()
        if owner is None or await self._crowded(purpose, group):
            return
        new = NewQuestion(
            key=f"{purpose}-{group.folder}-{subject}-{now}",
            purpose=purpose,
            group=group.folder,
            address=owner,
            text=text,
            options=options,
            subject=subject,
            expires_at=Milliseconds(now + self._span),
        )
        await self._asking.ask(new)
        self.look()

    async def _crowded(self, purpose: QuestionPurpose, group: Group) -> bool:
        waiting = [one for one in await self._store.questions.open_in(group.folder) if one.purpose is purpose]
        return len(waiting) >= _OPEN_AT_MOST[purpose]

    async def settle(self) -> None:
        """Act on every answer that nothing has followed from yet."""
        for question in await self._store.questions.answered():
            done = await self._act(question)
            await self._say(question, done, "settled")
            await self._store.questions.settled(question.id)

    async def _act(self, question: Question) -> str:
        match question.purpose:
            case QuestionPurpose.AGENT:
                return ""
            case QuestionPurpose.DOMAIN:
                return await self._settle_domain(question)
            case QuestionPurpose.SENDER:
                return await self._settle_sender(question)
        assert_never(question.purpose)

    async def _settle_domain(self, question: Question) -> str:
        match question.answer:
            case "once":
                self._powers.grant_once(question.group, question.subject)
                return f"{question.group} may reach {question.subject} for ten minutes."
            case "always":
                await self._powers.grant_always(question.group, question.subject)
                return f"{question.group} may reach {question.subject} from now on."
            case _:
                return f"{question.group} may not reach {question.subject}."

    async def _settle_sender(self, question: Question) -> str:
        group = await self._store.groups.find(question.group)
        if question.answer != ALLOW or group is None:
            return "I go on ignoring them there."
        channel, _, sender = question.subject.partition(" ")
        person = Person(channel=ChannelName(channel), sender=sender, role=Role.MEMBER, folder=question.group)
        await self._store.people.add(person)
        if await self._store.inbox.release(group, channel, sender, lambda text: text_wakes(group, text)):
            self._powers.wake(group)
        return f"They are a member of {question.group} now."

    async def _expire(self) -> None:
        for question in await self._store.questions.expire():
            await self._say(question, f"Nobody answered in time: {question.text}", "expired")

    async def _say(self, question: Question, text: str, what: str) -> None:
        if text:
            await self._store.outbox.add(question.address, text, client_id=f"question-{question.id}-{what}")
            self._asking.deliver(question.address)


def _stands(question: Question) -> bool:
    """Whether a question still waits, or was answered in a way that need not be asked again so soon."""
    return question.state is QuestionState.OPEN or question.answer in {NO, IGNORE, ALLOW, ALWAYS}
