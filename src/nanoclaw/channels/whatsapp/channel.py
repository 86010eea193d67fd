"""The WhatsApp channel, as the rest of the program sees it."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from importlib.util import find_spec

from nanoclaw.channels.contract import (
    Capabilities,
    ChannelError,
    ChannelState,
    ChannelStatus,
    Dialect,
    PairingError,
    PairingFault,
    PairingStep,
    Surroundings,
    TemporarySendError,
)
from nanoclaw.channels.whatsapp.child_contract import Child
from nanoclaw.channels.whatsapp.inbound import WHATSAPP
from nanoclaw.channels.whatsapp.keeper import Keeper
from nanoclaw.channels.whatsapp.options import parse_options
from nanoclaw.channels.whatsapp.session import Session
from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.turns import Reply

_TEXT_LIMIT = 4_096
_LARGEST_FILE = 64 * 1024 * 1024
_EDIT_SECONDS = 15 * 60
"""Telephones leave out what edits an older message, and say so to nobody."""


def whatsapp_channel(environment: Mapping[str, str], client: str = "neonize") -> "WhatsAppChannel":
    """The channel as the daemon has it, with a real client; ``environment`` is what its process may see a part of.

    ``client``: the package that must be installed, which is not imported here.
    """

    def child(surroundings: Surroundings) -> Child:
        if find_spec(client) is None:
            raise ChannelError("The WhatsApp client is not installed", hint="Run `nanoclaw auth whatsapp`.")
        return Keeper(surroundings.directory, environment=environment, clock=surroundings.clock)

    return WhatsAppChannel(child)


class WhatsAppChannel:
    """An account's linked device. ``child`` makes what speaks to the network, at work in the channel's own folder."""

    def __init__(self, child: Callable[[Surroundings], Child]) -> None:
        self._make_child = child
        self._session: Session | None = None
        self._last = ChannelState(status=ChannelStatus.DOWN, detail="WhatsApp was not started yet.")

    @property
    def name(self) -> ChannelName:
        """``whatsapp``."""
        return WHATSAPP

    @property
    def capabilities(self) -> Capabilities:
        """The client chooses ids itself, so a reply that is sent again is the same message."""
        return Capabilities(
            dialect=Dialect.WHATSAPP,
            text_limit=_TEXT_LIMIT,
            idempotent=True,
            quotes=True,
            typing=True,
            files=True,
            file_limit=_LARGEST_FILE,
            reactions=True,
            edits=True,
            edit_seconds=_EDIT_SECONDS,
        )

    def state(self) -> ChannelState:
        """Up only while traffic or a keepalive has just proven the connection."""
        return self._session.state() if self._session else self._last

    async def run(self, surroundings: Surroundings) -> None:
        """Keep the client running until cancelled. A session that was ended waits to be linked again.

        Raises:
            ChannelError: the options are wrong, the client is not installed, or its folder cannot be used.
        """
        self._last = ChannelState(status=ChannelStatus.STARTING)
        try:
            session = Session(self._make_child(surroundings), parse_options(surroundings.options), surroundings)
            self._session = session
            await session.run()
        except BaseException as error:
            why = _reason(error)
            self._last = ChannelState(
                status=ChannelStatus.DOWN,
                detail=str(why) if why else "WhatsApp was stopped.",
                hint=why.hint if why else "",
            )
            if why is not None and why is not error:
                raise why from error
            raise
        finally:
            self._session = None

    async def send(self, reply: Reply) -> str:
        """Write a message, put an emoji on one or change one of ours; the network's id of it.

        Raises:
            TemporarySendError: the network is not there.
            PermanentSendError: to a person who never wrote to this account, among others.
        """
        if self._session is None:
            raise TemporarySendError(self._last.detail, hint=self._last.hint)
        return await self._session.send(reply)

    async def show_typing(self, address: ChatAddress, *, typing: bool) -> None:
        """Best effort; nothing while the network is not there."""
        if self._session is not None:
            await self._session.show_typing(address.chat, typing=typing)

    async def probe(self) -> str:
        """Go to the server and back.

        Raises:
            ChannelError: it does not answer.
        """
        if self._session is None:
            raise ChannelError(self._last.detail, hint=self._last.hint)
        return await self._session.probe()

    async def pair(self, phone: str = "") -> AsyncGenerator[PairingStep, None]:
        """Link the owner's account.

        Raises:
            PairingError: nobody was linked.
        """
        if self._session is None:
            raise PairingError(self._last.detail, hint=self._last.hint, fault=PairingFault.BROKEN)
        async with aclosing(self._session.pairing.pair(phone)) as steps:
            async for step in steps:
                yield step

    async def logout(self) -> None:
        """End the session at the server and forget it.

        Raises:
            ChannelError: the server could not be told.
        """
        if self._session is None:
            raise ChannelError(self._last.detail, hint=self._last.hint)
        await self._session.pairing.logout()


def _reason(error: BaseException) -> ChannelError | None:
    """The one reason among those that tasks ended for at the same time."""
    if isinstance(error, BaseExceptionGroup):
        return next((why for each in error.exceptions if (why := _reason(each))), None)
    return error if isinstance(error, ChannelError) else None
