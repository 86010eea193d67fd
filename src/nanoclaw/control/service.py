"""What the control API can ask for."""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from typing import Protocol

from nanoclaw.control.channel_desk import ChannelDesk
from nanoclaw.control.insight_desk import InsightDesk
from nanoclaw.control.pairing_desk import PairingDesk
from nanoclaw.control.people_desk import PeopleDesk
from nanoclaw.control.shapes import (
    AddGroupRequest,
    ChangeChatsRequest,
    ChangeGroupRequest,
    Done,
    GroupList,
    GroupShape,
    LiveEvent,
    MessageList,
    MessageQuery,
    SendRequest,
    SendResult,
    Status,
)
from nanoclaw.control.task_desk import TaskDesk
from nanoclaw.control.trial_desk import TrialDesk
from nanoclaw.control.usage_desk import UsageDesk
from nanoclaw.model.errors import NanoclawError


class NoSuchGroupError(NanoclawError):
    """The named group is not registered."""


class ConflictError(NanoclawError):
    """The request contradicts what is there, such as a folder that is taken."""


class StoppingError(NanoclawError):
    """The daemon is shutting down and takes nothing more in."""


class Service(Protocol):
    """The daemon as commands see it. Every method may raise a NanoclawError, whose text is fit for the owner."""

    @property
    def people(self) -> PeopleDesk:
        """Roles, and who was turned away."""
        ...

    @property
    def tasks(self) -> TaskDesk:
        """Scheduled tasks."""
        ...

    @property
    def usage(self) -> UsageDesk:
        """Usage and budgets."""
        ...

    @property
    def insight(self) -> InsightDesk:
        """Figures and profiles of the daemon itself."""
        ...

    @property
    def trials(self) -> TrialDesk:
        """Verifying."""
        ...

    @property
    def channels(self) -> ChannelDesk:
        """Channels, and where news go."""
        ...

    @property
    def pairing(self) -> PairingDesk:
        """Linking accounts."""
        ...

    async def status(self) -> Status:
        """How everything is."""
        ...

    async def send(self, request: SendRequest) -> SendResult:
        """Take a message into a group's local chat, and wait for the answer as long as asked.

        Raises:
            NoSuchGroupError: no such group, or it has no local chat.
            StoppingError: the daemon is shutting down.
        """
        ...

    async def groups(self) -> GroupList:
        """All groups."""
        ...

    async def group(self, folder: str) -> GroupShape:
        """One group. Raises NoSuchGroupError."""
        ...

    async def add_group(self, request: AddGroupRequest) -> GroupShape:
        """Register a group and its chat. Raises InvalidFolderError or ConflictError."""
        ...

    async def remove_group(self, folder: str) -> Done:
        """Forget a group's registration; its files and history stay. Raises NoSuchGroupError, ConflictError (main)."""
        ...

    async def change_group(self, folder: str, request: ChangeGroupRequest) -> GroupShape:
        """Change a group's settings. Raises NoSuchGroupError, InvalidOptionError."""
        ...

    async def change_chats(self, folder: str, request: ChangeChatsRequest) -> GroupShape:
        """Add, take away or prefer a chat of a group. Raises NoSuchGroupError, ConflictError."""
        ...

    async def messages(self, query: MessageQuery) -> MessageList:
        """The newest lines of history, oldest first. Raises NoSuchGroupError."""
        ...

    def watch(self, folder: str) -> AbstractContextManager[AsyncIterator[LiveEvent]]:
        """Events of a group's local chat, from the moment the ``with`` block is entered. Raises NoSuchGroupError."""
        ...

    async def expect(self, folder: str) -> Done:
        """Someone is about to write to this group: start its agent ahead if a slot is free."""
        ...

    async def interrupt(self, folder: str) -> Done:
        """Stop what the group's agent is doing."""
        ...

    async def stop(self) -> Done:
        """Begin a graceful shutdown; returns at once."""
        ...
