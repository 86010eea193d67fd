"""The channels at work: each in a task of its own, so that one's failure is no other's."""

import asyncio
import logging
from collections.abc import Mapping

from nanoclaw.channels.contract import Channel, ChannelError, Conversations, Surroundings
from nanoclaw.control.shapes import ChannelShape
from nanoclaw.intake.admit import Intake
from nanoclaw.model.chats import ChannelName
from nanoclaw.model.clock import Clock
from nanoclaw.settings.home import Home
from nanoclaw.settings.schema import Settings

logger = logging.getLogger(__name__)

_RESTART_SECONDS = (1, 5, 30, 120, 300)


class Networks:
    """Runs every channel and says how each is."""

    def __init__(
        self,
        channels: Mapping[ChannelName, Channel],
        intake: Intake,
        conversations: Conversations,
        home: Home,
        settings: Settings,
        clock: Clock,
    ) -> None:
        self._channels = channels
        self._intake = intake
        self._conversations = conversations
        self._home = home
        self._settings = settings
        self._clock = clock
        self._problems: dict[ChannelName, ChannelError] = {}

    async def run(self) -> None:
        """Run all channels until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for channel in self._channels.values():
                tasks.create_task(self._keep(channel), name=f"channel-{channel.name}")

    def shapes(self) -> list[ChannelShape]:
        """How each channel is."""
        found = []
        for name, channel in self._channels.items():
            state, problem = channel.state(), self._problems.get(name)
            link = getattr(channel, "login_url", None)
            found.append(
                ChannelShape(
                    name=name,
                    status=state.status,
                    detail=f"{problem} {problem.hint}".strip() if problem else state.detail,
                    link=link() if callable(link) else None,
                )
            )
        return found

    async def _keep(self, channel: Channel) -> None:
        """Keep one channel alive; one that can never work is reported and left."""
        failures = 0
        while True:
            began = self._clock.monotonic()
            try:
                await channel.run(self._surroundings(channel.name))
            except ChannelError as error:
                self._problems[channel.name] = error
                logger.error("channel gave up", extra={"channel": channel.name, "error": str(error)})  # noqa: TRY400
                return
            except Exception:
                # The boundary around third-party code: whatever breaks a channel breaks that channel only.
                logger.exception("channel broke", extra={"channel": channel.name})
            failures = 0 if self._clock.monotonic() - began > _RESTART_SECONDS[-1] else failures + 1
            await asyncio.sleep(_RESTART_SECONDS[min(failures, len(_RESTART_SECONDS)) - 1])

    def _surroundings(self, name: ChannelName) -> Surroundings:
        directory = self._home.channel(name)
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Surroundings(
            accept=self._intake.accept,
            change=self._intake.change,
            state_changed=lambda: None,
            conversations=self._conversations,
            clock=self._clock,
            directory=directory,
            options=self._settings.enabled_channels.get(name, {}),
        )
