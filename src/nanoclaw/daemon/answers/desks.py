"""What commands ask about beside groups and messages, topic by topic."""

from dataclasses import dataclass

from nanoclaw.control.channel_desk import ChannelDesk
from nanoclaw.control.insight_desk import InsightDesk
from nanoclaw.control.pairing_desk import PairingDesk
from nanoclaw.control.people_desk import PeopleDesk
from nanoclaw.control.task_desk import TaskDesk
from nanoclaw.control.trial_desk import TrialDesk
from nanoclaw.control.usage_desk import UsageDesk


@dataclass(frozen=True, slots=True, kw_only=True)
class Desks:
    """One desk a topic."""

    people: PeopleDesk
    tasks: TaskDesk
    usage: UsageDesk
    trials: TrialDesk
    insight: InsightDesk
    pairing: PairingDesk
    channels: ChannelDesk


class AtDesks:
    """A service that answers for each topic by its desk, whether a daemon runs or not."""

    def __init__(self, desks: Desks) -> None:
        self._desks = desks

    @property
    def people(self) -> PeopleDesk:
        """Roles, and who was turned away."""
        return self._desks.people

    @property
    def tasks(self) -> TaskDesk:
        """Scheduled tasks."""
        return self._desks.tasks

    @property
    def usage(self) -> UsageDesk:
        """Usage and budgets."""
        return self._desks.usage

    @property
    def insight(self) -> InsightDesk:
        """Figures and profiles."""
        return self._desks.insight

    @property
    def trials(self) -> TrialDesk:
        """Verifying."""
        return self._desks.trials

    @property
    def channels(self) -> ChannelDesk:
        """Channels, and where news go."""
        return self._desks.channels

    @property
    def pairing(self) -> PairingDesk:
        """Linking accounts."""
        return self._desks.pairing
