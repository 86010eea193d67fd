"""Show "typing…" from the start of a turn to its end; networks forget it, so it is shown again and again."""

import asyncio
import logging
from collections.abc import Mapping

from nanoclaw.channels.contract import Channel
from nanoclaw.events.broadcast import Broadcast
from nanoclaw.events.kinds import TypingChanged
from nanoclaw.model.chats import ChannelName, ChatAddress

logger = logging.getLogger(__name__)

_REFRESH_SECONDS = 4


class TypingLights:
    """Who is being typed to."""

    def __init__(
        self,
        channels: Mapping[ChannelName, Channel],
        broadcast: Broadcast,
        *,
        refresh_seconds: float = _REFRESH_SECONDS,
    ) -> None:
        self._channels = channels
        self._broadcast = broadcast
        self._refresh_seconds = refresh_seconds
        self._on: set[ChatAddress] = set()
        self._changes: asyncio.Queue[tuple[ChatAddress, bool]] = asyncio.Queue()

    def show(self, address: ChatAddress, typing: bool) -> None:  # noqa: FBT001 - matches the surface's plain function
        """Switch it on or off; returns at once."""
        if typing == (address in self._on):
            return
        (self._on.add if typing else self._on.discard)(address)
        self._broadcast.publish(TypingChanged(address=address, typing=typing))
        self._changes.put_nowait((address, typing))

    async def run(self) -> None:
        """Tell the channels until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._refresh(), name="typing-refresh")
            while True:
                address, typing = await self._changes.get()
                await self._tell(address, typing=typing)

    async def _refresh(self) -> None:
        while True:
            await asyncio.sleep(self._refresh_seconds)
            for address in tuple(self._on):
                if address in self._on:
                    await self._tell(address, typing=True)

    async def _tell(self, address: ChatAddress, *, typing: bool) -> None:
        channel = self._channels.get(address.channel)
        if channel is None or not channel.capabilities.typing:
            return
        try:
            async with asyncio.timeout(self._refresh_seconds):
                await channel.show_typing(address, typing=typing)
        except TimeoutError:
            return
        except Exception as error:  # noqa: BLE001 - see below
            # The boundary around code of others: a light that cannot be shown is not worth anything else.
            logger.warning(
                "typing could not be shown", extra={"channel": address.channel, "error": type(error).__name__}
            )
