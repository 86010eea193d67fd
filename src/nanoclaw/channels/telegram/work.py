"""The parts that serve one bot, put together; all that needs python-telegram-bot is reached through here."""

import asyncio
from collections.abc import Awaitable, Callable

from telegram import User
from telegram.error import TelegramError

from nanoclaw.channels.contract import ChannelError, Surroundings
from nanoclaw.channels.spool import Spool
from nanoclaw.channels.telegram.credential import AUTH_HINT, Token
from nanoclaw.channels.telegram.faults import Trouble, trouble
from nanoclaw.channels.telegram.health import Health
from nanoclaw.channels.telegram.media import Fetcher
from nanoclaw.channels.telegram.options import TelegramOptions
from nanoclaw.channels.telegram.pace import Pace
from nanoclaw.channels.telegram.places import Places
from nanoclaw.channels.telegram.poller import Hands, Poller
from nanoclaw.channels.telegram.reading import Reader
from nanoclaw.channels.telegram.sending import Sender
from nanoclaw.channels.telegram.session import Session, open_session
from nanoclaw.channels.telegram.taking import Taker
from nanoclaw.channels.telegram.tempo import Tempo
from nanoclaw.model.chats import InboundMessage

_PROBE_SECONDS = 25.0
_SPARE_SECONDS = 5.0


class Work:
    """Serves one bot after the other: a new token may come while the channel runs."""

    def __init__(
        self,
        surroundings: Surroundings,
        options: TelegramOptions,
        health: Health,
        spool: Spool,
        *,
        paired: Callable[[InboundMessage], Awaitable[bool]],
        tempo: Tempo,
    ) -> None:
        self._surroundings = surroundings
        self._options = options
        self._health = health
        self._spool = spool
        self._paired = paired
        self._tempo = tempo
        self._places = Places(surroundings.directory)
        self._pace = Pace(surroundings.clock)
        self._session: Session | None = None
        self.sender: Sender | None = None
        """While there is a token that was not refused."""
        self.username = ""
        """Of the bot, once Telegram told it."""

    async def open(self) -> None:
        """Read what was kept.

        Raises:
            ChannelError: it cannot be read.
        """
        await asyncio.to_thread(self._places.load)
        valid = self._options.poll_seconds + self._tempo.margin + _SPARE_SECONDS
        self._health.begin(self._surroundings.clock, self._surroundings.state_changed, valid=valid)

    async def serve(self, token: Token) -> None:
        """Poll for this bot until cancelled; returns when its token is refused."""
        async with open_session(token, self._options, self._tempo) as session:
            self._session = session
            self.sender = Sender(session, self._places, self._pace)
            poller = Poller(
                session,
                self._begin,
                proven=self._proven,
                failed=self._failed,
                seconds=self._options.poll_seconds,
                pauses=self._tempo.pauses,
            )
            try:
                await poller.run()
            finally:
                self._session = self.sender = None
                self.username = ""

    async def probe(self) -> str:
        """Go to Telegram and back; the bot's name.

        Raises:
            ChannelError: that does not work, or there is no token.
        """
        if self._session is None:
            state = self._health.state()
            raise ChannelError(state.detail or "There is no bot", hint=state.hint or AUTH_HINT)
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                return f"@{(await self._session.me()).username}"
        except TelegramError as error:
            found = trouble(error)
            raise ChannelError(found.detail, hint=found.hint or "Look at the network, or try again later.") from None
        except TimeoutError:
            raise ChannelError("Telegram did not answer in time", hint="Look at the network.") from None

    def _begin(self, me: User) -> Hands:
        assert self._session is not None  # noqa: S101 - called by its poller
        self.username = me.username or ""
        taker = Taker(
            self._surroundings,
            Reader(me, self._places),
            self._places,
            Fetcher(self._session, self._spool, self._proven),
            bot=self._session.bot,
            paired=self._paired,
        )
        return Hands(take=taker.take, glance=taker.glance)

    def _proven(self) -> None:
        self._health.proven(f"@{self.username}")

    def _failed(self, found: Trouble) -> None:
        self._health.failed(found.condition, found.detail, found.hint)
