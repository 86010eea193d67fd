"""The Telegram channel: a bot, from its token to tidy end. Imports nothing that need not be installed."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from nanoclaw.channels.contract import (
    Capabilities,
    ChannelCondition,
    ChannelError,
    ChannelState,
    ChannelStatus,
    Dialect,
    PairingCode,
    PairingDone,
    PairingError,
    PairingFault,
    PairingStep,
    Surroundings,
    TemporarySendError,
)
from nanoclaw.channels.spool import Spool
from nanoclaw.channels.telegram.credential import (
    AUTH_HINT,
    NoTokenError,
    Token,
    forget_token,
    read_token,
    token_path,
)
from nanoclaw.channels.telegram.health import Health
from nanoclaw.channels.telegram.markup import length
from nanoclaw.channels.telegram.options import parse_options
from nanoclaw.channels.telegram.pairing import Code, Paired
from nanoclaw.channels.telegram.places import TELEGRAM
from nanoclaw.channels.telegram.tempo import PATIENT, Tempo
from nanoclaw.model.chats import ChannelName, ChatAddress, InboundMessage
from nanoclaw.model.turns import Reply

if TYPE_CHECKING:
    from nanoclaw.channels.telegram.work import Work

TEXT_LIMIT = 4_096
FILE_LIMIT = 50 * 1024 * 1024
_WELCOME = "Hello. This chat is yours now."
_WELCOME_SECONDS = 5.0
_FAULTS = {
    ChannelCondition.UNREACHABLE: PairingFault.UNREACHABLE,
    ChannelCondition.PAUSED: PairingFault.UNREACHABLE,
    ChannelCondition.REFUSED: PairingFault.REFUSED,
    ChannelCondition.REPLACED: PairingFault.REFUSED,
    ChannelCondition.UNPAIRED: PairingFault.REFUSED,
}


class TelegramChannel:
    """Chats with a bot of the owner's. Sends at least once: Telegram takes no ids of ours, so a resend is seen."""

    def __init__(self, tempo: Tempo = PATIENT) -> None:
        self._tempo = tempo
        self._health = Health()
        self._work: Work | None = None
        self._token_file: Path | None = None
        self._look = asyncio.Event()
        """Set: look for a token now, and try also one that was refused."""
        self._serving: asyncio.Task[None] | None = None
        self._token: Token | None = None
        """That is served, or was last."""
        self._surroundings: Surroundings | None = None
        self._code: Code | None = None

    @property
    def name(self) -> ChannelName:
        """``telegram``."""
        return TELEGRAM

    @property
    def capabilities(self) -> Capabilities:
        """Text is measured in UTF-16 units. No ids of ours: what is sent again after a crash is there twice."""
        return Capabilities(
            dialect=Dialect.HTML,
            text_limit=TEXT_LIMIT,
            measure=length,
            idempotent=False,
            quotes=True,
            typing=True,
            files=True,
            file_limit=FILE_LIMIT,
            reactions=True,
            edits=True,
            choices=True,
        )

    def state(self) -> ChannelState:
        """Up while polls are answered; then ``detail`` is the bot's name."""
        return self._health.state()

    async def run(self, surroundings: Surroundings) -> None:
        """Serve the bot until cancelled. Without a token, or with one that is refused, wait for another one.

        Raises:
            ChannelError: the options are wrong, python-telegram-bot is not installed, or the folder cannot be used.
        """
        try:
            options = parse_options(surroundings.options)
            spool = Spool(surroundings.directory)
            await asyncio.to_thread(spool.open)
            library = _library()
            made: Work = library.Work(
                surroundings, options, self._health, spool, paired=self._paired, tempo=self._tempo
            )
            await made.open()
            self._token_file = token_path(surroundings.directory, options.token_file)
            self._work, self._surroundings = made, surroundings
            await self._serve(made, self._token_file)
        except ChannelError as error:
            self._health.ended(str(error))
            raise
        except BaseException:
            self._health.ended()
            raise
        finally:
            self._work = self._surroundings = self._token_file = None

    async def _serve(self, made: "Work", path: Path) -> None:
        refused: Token | None = None
        while True:
            token = await self._next_token(path, refused)
            self._token = token
            async with asyncio.TaskGroup() as tasks:
                serving = self._serving = tasks.create_task(made.serve(token), name="telegram-bot")
            self._serving = None
            refused = None if serving.cancelled() else token

    async def _next_token(self, path: Path, refused: Token | None) -> Token:
        """The token, once there is one that was not refused already; asked for, a refused one is tried again.

        The file is looked at now and then, because it may be written by hand.
        """
        while True:
            try:
                token = await asyncio.to_thread(read_token, path)
            except NoTokenError as error:
                self._health.failed(ChannelCondition.UNPAIRED, f"{error}.", error.hint)
            else:
                if token != refused or self._look.is_set():
                    self._look.clear()
                    return token
            self._look.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._tempo.look):
                    await self._look.wait()

    async def send(self, reply: Reply) -> str:
        """Send one message, as :class:`~nanoclaw.channels.contract.Channel` says."""
        sender = self._work.sender if self._work is not None else None
        if sender is None:
            state = self._health.state()
            raise TemporarySendError(state.detail or "Telegram is not connected", hint=state.hint)
        return await sender.send(reply)

    async def show_typing(self, address: ChatAddress, *, typing: bool) -> None:
        """Show it; Telegram forgets it by itself after five seconds, and with the next message."""
        sender = self._work.sender if self._work is not None else None
        if typing and sender is not None:
            await sender.show_typing(address)

    async def probe(self) -> str:
        """Ask Telegram who the bot is."""
        if self._work is None:
            raise ChannelError("The Telegram channel is not running", hint="`nanoclaw status` says why.")
        return f"Telegram answers for {await self._work.probe()}."

    async def pair(self, phone: str = "") -> AsyncGenerator[PairingStep, None]:  # noqa: ARG002 - a bot has no number
        """A code that the owner sends to the bot; who sends it is the owner."""
        made = self._work
        if made is None or self._surroundings is None:
            raise PairingError("The Telegram channel is not running", hint=AUTH_HINT, fault=PairingFault.BROKEN)
        if self._code is not None:
            raise PairingError("Someone else is pairing right now", hint="Try again soon.", fault=PairingFault.BUSY)
        code = self._code = Code(self._surroundings.clock)
        try:
            await self._renew()
            await self._until_up()
            link = f"https://t.me/{made.username}?start={code.text}"
            words = f"Send this code to @{made.username} in Telegram, or open {link} and press Start."
            yield PairingCode(expires=code.seconds_left, qr=link, code=code.text, words=words)
            sender = await code.sent()
            if sender is None:
                raise PairingError("Nobody sent the code", hint="Begin again.", fault=PairingFault.TIMEOUT)
            # Before it is done: where no assistant runs, the channel ends with that.
            await _welcome(made, ChatAddress(channel=TELEGRAM, chat=sender.chat))
            yield PairingDone(account=made.username, owner=sender.user, chat=sender.chat, name=sender.name)
        finally:
            self._code = None

    async def _renew(self) -> None:
        """Have the token that is there now taken up, also in the place of one that works."""
        self._look.set()
        if self._token_file is None or self._serving is None:
            return
        try:
            found = await asyncio.to_thread(read_token, self._token_file)
        except NoTokenError:
            found = None
        if found != self._token and self._serving is not None:
            self._serving.cancel()
            self._health.starting()

    async def _until_up(self) -> None:
        try:
            async with asyncio.timeout(self._tempo.up):
                while self._health.state().status is not ChannelStatus.UP:
                    await self._health.changed()
        except TimeoutError:
            state = self._health.state()
            fault = _FAULTS.get(state.condition, PairingFault.BROKEN)
            raise PairingError(state.detail or "Telegram is not connected", hint=state.hint, fault=fault) from None

    async def logout(self) -> None:
        """Forget the token. It stays good at Telegram until BotFather's /revoke."""
        if self._token_file is None:
            raise ChannelError("The Telegram channel is not running", hint="Remove store/auth/telegram/token.")
        await asyncio.to_thread(forget_token, self._token_file)
        if self._serving is not None:
            self._serving.cancel()

    async def _paired(self, message: InboundMessage) -> bool:
        """Whether a message of a private chat was the code; then nothing else comes of it."""
        sender = Paired(user=message.sender.id, chat=message.address.chat, name=message.sender.name)
        return self._code is not None and self._code.offer(message.text, sender)


async def _welcome(made: "Work", address: ChatAddress) -> None:
    if made.sender is not None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_WELCOME_SECONDS):
                await made.sender.say(address, _WELCOME)


def _library() -> ModuleType:
    """The part that needs python-telegram-bot.

    Raises:
        ChannelError: it is not installed.
    """
    try:
        return import_module("nanoclaw.channels.telegram.work")
    except ImportError as error:
        raise ChannelError(f"python-telegram-bot is not installed ({error.name})", hint=AUTH_HINT) from error
