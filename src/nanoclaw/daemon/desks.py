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
