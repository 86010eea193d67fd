"""Canaries: a channel that says that it is up proves it from time to time, where its owner asked for that.

One failure may be a moment's; after the second in a row the channel counts as down, whatever it says itself, and is
told like any other that is. A proof that succeeds ends that.
"""

import asyncio
import logging
from collections.abc import Mapping

from nanoclaw.channels.contract import ChannelCondition, ChannelState, ChannelStatus, Probing
from nanoclaw.daemon.networks.roster import Doubt, Roster, Sighting
from nanoclaw.events.measures import Measure, Observe
from nanoclaw.model.chats import ChannelName
from nanoclaw.model.clock import Clock
from nanoclaw.model.errors import NanoclawError
from nanoclaw.settings.schema import Settings

logger = logging.getLogger(__name__)

_PROBE_SECONDS = 30.0
_AGAIN_SECONDS = 60.0
"""A proof that failed is repeated so soon, also where canaries are rare."""
_LOOK_SECONDS = 15.0
_FAILURES = 2


class Canary:
    """``minutes``: how often each channel is asked; those that are not in it never are. ``patience`` in seconds."""

    def __init__(self, roster: Roster, clock: Clock, observe: Observe, minutes: Mapping[ChannelName, float]) -> None:
        self._roster = roster
        self._clock = clock
        self._observe = observe
        self.minutes = dict(minutes)
        self.patience = _PROBE_SECONDS
        self._next: dict[ChannelName, float] = {}
        self._failures: dict[ChannelName, int] = {}

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            async with asyncio.TaskGroup() as tasks:
                for name in self.due():
                    tasks.create_task(self.ask(name), name=f"canary-{name}")
            await asyncio.sleep(_LOOK_SECONDS)

    def due(self) -> list[ChannelName]:
        """Whom to ask now. One that is not up says so itself; once it is up again it is asked anew."""
        now, found = self._clock.monotonic(), []
        for name, channel in list(self._roster.channels.items()):
            minutes = self.minutes.get(name, 0)
            if not minutes or not isinstance(channel, Probing) or not self._roster.claims_to_be_up(name):
                self._forget(name)
                continue
            # The first proof comes after a whole span: connecting has just proven the same.
            if self._next.setdefault(name, now + minutes * 60) <= now:
                found.append(name)
        return found

    def _forget(self, name: ChannelName) -> None:
        self._next.pop(name, None)
        if self._failures.pop(name, None):
            self._roster.doubt(name, Doubt.CANARY, None)

    async def ask(self, name: ChannelName) -> None:
        """Have one channel prove itself."""
        began = self._clock.monotonic()
        problem = await self._problem(name)
        self._observe(Measure.CANARY_OUTCOME, label="failed" if problem else "passed")
        pause = self.minutes.get(name, 0) * 60
        if problem is None:
            self._observe(Measure.CANARY, self._clock.monotonic() - began, name)
            if self._failures.pop(name, None):
                self._roster.doubt(name, Doubt.CANARY, None)
        else:
            self._failures[name] = self._failures.get(name, 0) + 1
            pause = min(pause, _AGAIN_SECONDS)
            logger.warning("canary failed", extra={"channel": name, "failures": self._failures[name]})
            if self._failures[name] >= _FAILURES:
                self._roster.doubt(name, Doubt.CANARY, problem)
        self._next[name] = self._clock.monotonic() + pause

    async def _problem(self, name: ChannelName) -> Sighting | None:
        channel = self._roster.channels.get(name)
        if channel is None or not isinstance(channel, Probing):
            return None
        try:
            async with asyncio.timeout(self.patience):
                await channel.probe()
        except TimeoutError:
            return _broken(f"its proof did not come back within {self.patience:g} s")
        except NanoclawError as error:
            return _broken(f"its proof failed: {error}", error.hint)
        except Exception as error:
            # The boundary around third-party code: a probe that breaks proves nothing.
            logger.exception("a channel's probe broke", extra={"channel": name})
            return _broken(f"its proof broke ({type(error).__name__})")
        return None


def canary_minutes(settings: Settings) -> dict[ChannelName, float]:
    """How often each channel that is enabled is asked, as the owner wants it; 0: not at all."""
    return {ChannelName(name): settings.channel(name).canary_minutes for name in settings.enabled_channels}


def _broken(what: str, hint: str = "") -> Sighting:
    detail = f"It says that it is up, and {what}."
    hint = hint or "`nanoclaw channels test` tries it again; `nanoclaw logs` may say more."
    return Sighting(
        state=ChannelState(
            status=ChannelStatus.DOWN, condition=ChannelCondition.BROKEN, detail=detail.replace("..", "."), hint=hint
        )
    )
