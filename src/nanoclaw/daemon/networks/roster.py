"""The channels that there are, and how each is: its own word, unless the daemon knows better."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto

from nanoclaw.channels.contract import Channel, ChannelCondition, ChannelState, ChannelStatus
from nanoclaw.daemon.networks.conditions import explained
from nanoclaw.delivery.splitting import split_text
from nanoclaw.model.chats import ChannelName, ChatAddress

logger = logging.getLogger(__name__)

_TEXT_LIMIT = 4_000
"""Of a channel that is not there."""


class Doubt(Enum):
    """Why a channel's own word does not count."""

    ENDED = auto()
    """Its program does not run at this moment, or gave up."""
    CANARY = auto()
    """It says that it is up, and its proof fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """How a channel is. ``gave_up``: it is not tried again before the next start."""

    state: ChannelState
    gave_up: bool = False

    @property
    def is_up(self) -> bool:
        """Whether it carries messages."""
        return self.state.status is ChannelStatus.UP


class Roster:
    """Channels come and go in :attr:`channels`, which everybody shares."""

    def __init__(self, channels: dict[ChannelName, Channel]) -> None:
        self.channels = channels
        self._doubts: dict[tuple[ChannelName, Doubt], Sighting] = {}
        self._leaving: set[ChannelName] = set()
        self._listeners: list[Callable[[ChannelName], None]] = []

    def listen(self, noted: Callable[[ChannelName], None]) -> None:
        """Who wants to know when a channel may be another than before."""
        self._listeners.append(noted)

    def noted(self, name: ChannelName) -> None:
        """A channel says that its state is another."""
        for listener in self._listeners:
            listener(name)

    def doubt(self, name: ChannelName, why: Doubt, sighting: Sighting | None) -> None:
        """What holds in place of the channel's word; None: its word counts again."""
        if sighting is None:
            self._doubts.pop((name, why), None)
        else:
            self._doubts[name, why] = sighting
        self.noted(name)

    def leave(self, name: ChannelName, *, leaving: bool) -> None:
        """Whether its owner unlinks the account: then it is no news that it does not work, until one is linked."""
        (self._leaving.add if leaving else self._leaving.discard)(name)
        self.noted(name)

    def is_awaited(self, name: ChannelName) -> bool:
        """Whether there is such a channel, and its owner wants it to work."""
        return name in self.channels and name not in self._leaving

    def sighting(self, name: ChannelName) -> Sighting:
        """How a channel is right now, in words for the owner."""
        channel = self.channels.get(name)
        if channel is None:
            return Sighting(state=ChannelState(status=ChannelStatus.DOWN, detail="It is not enabled."))
        if (ended := self._doubts.get((name, Doubt.ENDED))) is not None:
            return _explained(name, ended)
        state = _own_word(channel)
        doubted = self._doubts.get((name, Doubt.CANARY))
        if doubted is not None and state.status is ChannelStatus.UP:
            return _explained(name, doubted)
        return _explained(name, Sighting(state=state))

    def sightings(self) -> dict[ChannelName, Sighting]:
        """How all are."""
        return {name: self.sighting(name) for name in self.channels}

    def split(self, address: ChatAddress, text: str) -> tuple[str, ...]:
        """A text in pieces that a chat's channel takes."""
        channel = self.channels.get(address.channel)
        if channel is None:
            return split_text(text, _TEXT_LIMIT)
        return split_text(text, channel.capabilities.text_limit, channel.capabilities.measure)

    def claims_to_be_up(self, name: ChannelName) -> bool:
        """Whether a channel runs and says itself that it is up."""
        channel = self.channels.get(name)
        if channel is None or (name, Doubt.ENDED) in self._doubts:
            return False
        return _own_word(channel).status is ChannelStatus.UP

    def is_up(self, name: ChannelName) -> bool:
        """Whether a channel carries messages right now."""
        return self.sighting(name).is_up

    def forget(self, name: ChannelName) -> None:
        """A channel is gone."""
        self.channels.pop(name, None)
        self._leaving.discard(name)
        for why in Doubt:
            self._doubts.pop((name, why), None)
        self.noted(name)


def _own_word(channel: Channel) -> ChannelState:
    try:
        return channel.state()
    except Exception:
        # The boundary around third-party code: a channel that cannot even say how it is, is not up.
        logger.exception("a channel cannot say how it is", extra={"channel": channel.name})
        return ChannelState(
            status=ChannelStatus.DOWN, condition=ChannelCondition.BROKEN, detail="It cannot say how it is."
        )


def _explained(name: ChannelName, sighting: Sighting) -> Sighting:
    return replace(sighting, state=explained(name, sighting.state))
