"""Looking after channels while the daemon runs: switch them, try them out, say where news go."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nanoclaw.channels.contract import ChannelError, Probing
from nanoclaw.channels.local.channel import LOCAL
from nanoclaw.control.channel_shapes import (
    AppliedShape,
    ChannelTestRequest,
    ChannelTestShape,
    NameChatsRequest,
    OwnerChatList,
)
from nanoclaw.control.errors import InvalidRequestError
from nanoclaw.control.service import ConflictError, NoSuchGroupError
from nanoclaw.daemon.answers.owner_chats import NewsRecords
from nanoclaw.daemon.networks.at_work import Networks
from nanoclaw.daemon.networks.owner_chats import OwnerChats
from nanoclaw.daemon.networks.roster import Roster
from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.clock import Clock
from nanoclaw.model.errors import NanoclawError
from nanoclaw.model.turns import ReplyState
from nanoclaw.settings.home import Home
from nanoclaw.settings.load import load_settings
from nanoclaw.store.outbox import Outbox

PROBE_SECONDS = 30
_LOOK_SECONDS = 0.1
_TEXT = "This is a test from nanoclaw: its channel {name} reaches you. Nothing needs to be done. ({mark})"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelHands:
    """What the desk works with."""

    home: Home
    clock: Clock
    outbox: Outbox
    chats: OwnerChats
    deliver: Callable[[ChatAddress], None]
    welcome: Callable[[ChannelName], Awaitable[None]]
    """What a channel needs in the store before it runs: its owner, its page's chat."""


class ChannelRecords:
    """The desk."""

    def __init__(self, roster: Roster, networks: Networks, news: NewsRecords, hands: ChannelHands) -> None:
        self._roster = roster
        self._networks = networks
        self._news = news
        self._hands = hands
        self._switching = asyncio.Lock()

    async def apply(self, channel: str) -> AppliedShape:
        """Let a channel run as the configuration says now."""
        name = ChannelName(channel)
        if name == LOCAL:
            raise ConflictError("The terminal's own channel is always there", hint="Switch another one.")
        settings = await asyncio.to_thread(load_settings, self._hands.home)
        table = settings.enabled_channels.get(name)
        async with self._switching:
            before = name in self._roster.channels
            try:
                if table is not None:
                    # The new one first: what cannot be made must not cost the old one.
                    made = await self._networks.make(name)
                    await self._hands.welcome(name)
                await self._networks.stop(name)
                if table is not None:
                    self._networks.start(made, table, canary_minutes=settings.channel(name).canary_minutes)
            except ChannelError as error:
                raise ConflictError(str(error), hint=error.hint) from error
        if table is None:
            return AppliedShape(action="stopped" if before else "none")
        return AppliedShape(action="restarted" if before else "started", channel=self._networks.shape(name))

    async def test(self, channel: str, request: ChannelTestRequest) -> ChannelTestShape:
        """Have it prove itself, and send a message."""
        name = ChannelName(channel)
        if name not in self._roster.channels:
            raise NoSuchGroupError(
                f"There is no channel {channel[:64]!r} in the running assistant",
                hint="`nanoclaw channels list` shows all; `nanoclaw channels enable` switches one on.",
            )
        chat = await self._chat(name, request.chat)
        probe, probe_detail, probe_hint, probe_ms = await self._probed(name)
        message, detail, hint, took = await self._sent(name, chat, request.wait_seconds)
        outcomes = {probe, message}
        return ChannelTestShape(
            channel=self._networks.shape(name),
            ok=not outcomes & {"failed", "refused", "undelivered"} and outcomes != {"skipped"},
            probe=probe,
            probe_detail=probe_detail,
            probe_hint=probe_hint,
            probe_ms=probe_ms,
            message=message,
            message_detail=detail,
            message_hint=hint,
            message_ms=took,
            chat=chat.chat if chat else "",
        )

    async def owner_chats(self) -> OwnerChatList:
        """Where news go."""
        return await self._news.owner_chats()

    async def name_owner_chats(self, request: NameChatsRequest) -> OwnerChatList:
        """Say where they shall go."""
        return await self._news.name_owner_chats(request)

    async def _chat(self, name: ChannelName, wanted: str) -> ChatAddress | None:
        chats, mine = self._hands.chats, await self._hands.chats.of_owner()
        if wanted:
            chat = ChatAddress(channel=name, chat=wanted)
            if chat not in mine:
                raise InvalidRequestError(
                    f"{wanted[:64]!r} is no chat of yours on {name}: nobody else gets a test message",
                    hint="`nanoclaw alerts chats` shows those that are.",
                )
            return chat
        ordered = [*await chats.all(), *sorted(mine, key=lambda chat: chat.chat)]
        return next((chat for chat in ordered if chat.channel == name), None)

    async def _probed(self, name: ChannelName) -> tuple[str, str, str, float | None]:
        channel = self._roster.channels[name]
        if not isinstance(channel, Probing):
            return "skipped", "it has no probe of its own", "", None
        began = self._hands.clock.monotonic()
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                said = await channel.probe()
        except TimeoutError:
            return "failed", f"no answer within {PROBE_SECONDS} s", "", None
        except NanoclawError as error:
            return "failed", str(error), error.hint, None
        except Exception as error:  # noqa: BLE001 - the boundary around third-party code
            return "failed", f"the channel broke ({type(error).__name__})", "`nanoclaw logs` may say why.", None
        return "passed", said, "", round((self._hands.clock.monotonic() - began) * 1000, 1)

    async def _sent(
        self, name: ChannelName, chat: ChatAddress | None, seconds: float
    ) -> tuple[str, str, str, float | None]:
        if chat is None:
            hint = "Write to the assistant there from your own account, and let that chat belong to the main group."
            return "skipped", f"you have no chat on {name} yet", hint, None
        hands, mark = self._hands, secrets.token_hex(3)
        client_id, began = f"test-{secrets.token_hex(8)}", hands.clock.monotonic()
        await hands.outbox.add(chat, _TEXT.format(name=name, mark=mark), client_id=client_id)
        hands.deliver(chat)
        while (left := began + seconds - hands.clock.monotonic()) > 0:
            fate = await hands.outbox.fate(client_id)
            match fate.state:
                case ReplyState.SENT:
                    took = round((hands.clock.monotonic() - began) * 1000, 1)
                    return "delivered", f"the network has it: look for ({mark})", "", took
                case ReplyState.FAILED:
                    return "refused", fate.error, "", None
            await asyncio.sleep(min(left, _LOOK_SECONDS))
        # What arrives an hour later would say that all is well now.
        why = await hands.outbox.withdraw(client_id, "the test was over")
        state = self._roster.sighting(name).state
        detail = why or state.detail or "other messages for this chat wait before it"
        return "undelivered", f"not within {seconds:g} s: {detail}", state.hint, None
