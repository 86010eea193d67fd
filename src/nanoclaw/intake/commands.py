"""What the owner and a group's admins say to nanoclaw itself: /new, /compact, /stop, /status, /help."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nanoclaw.intake.judge import COMMANDS
from nanoclaw.intake.trigger import without_trigger
from nanoclaw.model.chats import ChatAddress, InboundMessage
from nanoclaw.model.groups import Group
from nanoclaw.model.people import Role
from nanoclaw.store.inbox import Stored
from nanoclaw.store.outbox import Outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Levers:
    """What commands set in motion, as functions that the root passes in."""

    forget: Callable[[Group, ChatAddress], Awaitable[None]]
    """End the chat's conversation, so that the next message begins a new one."""
    compact: Callable[[Group, ChatAddress], Awaitable[bool]]
    """Have the conversation shortened; False when that cannot be done now. What comes of it is told in the chat."""
    stop: Callable[[Group], Awaitable[bool]]
    """Interrupt the agent; False when it does nothing."""
    status: Callable[[Group], Awaitable[str]]


class Commands:
    """Carries commands out, and answers in the chat where they were given."""

    def __init__(self, levers: Levers, outbox: Outbox, deliver: Callable[[ChatAddress], None]) -> None:
        self._levers = levers
        self._outbox = outbox
        self._deliver = deliver

    async def obey(self, stored: Stored, message: InboundMessage) -> None:
        """Do what a stored command says, if its sender may, and say what came of it."""
        if stored.group is None:
            return
        if stored.role in {Role.OWNER, Role.ADMIN}:
            word = without_trigger(stored.group, message.text).lower()
            text = await self._do(stored.group, message.address, word)
        else:
            text = "Only the owner and the admins of this group can use that."
        await self._outbox.add(message.address, text, client_id=f"command-{stored.message}")
        self._deliver(message.address)

    async def _do(self, group: Group, here: ChatAddress, command: str) -> str:
        match command:
            case "/new":
                await self._levers.forget(group, here)
                return "Your next message begins a new conversation. Files and memory stay."
            case "/stop":
                return "Stopped." if await self._levers.stop(group) else "I was doing nothing."
            case "/compact":
                begun = await self._levers.compact(group, here)
                return "I am compacting the conversation." if begun else "That cannot be done just now; try again soon."
            case "/status":
                return await self._levers.status(group)
            case _:
                return "\n".join(f"{word}: {meaning}" for word, meaning in COMMANDS.items())
