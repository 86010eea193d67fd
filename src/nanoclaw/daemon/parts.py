"""The parts of a daemon, as they are handed on while it is composed."""

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from nanoclaw.agents.workshop import Workshop
from nanoclaw.channels.contract import Channel
from nanoclaw.channels.local.channel import LocalChannel
from nanoclaw.control.server import ControlServer
from nanoclaw.daemon.agenda import Agenda
from nanoclaw.daemon.answers.records import Records
from nanoclaw.daemon.chores import Chores
from nanoclaw.daemon.lanes import Lanes
from nanoclaw.daemon.meter import Meter
from nanoclaw.daemon.networks.at_work import Networks
from nanoclaw.daemon.networks.owner_chats import OwnerChats
from nanoclaw.daemon.networks.roster import Roster
from nanoclaw.daemon.reception import Reception
from nanoclaw.daemon.shelves import Shelves
from nanoclaw.daemon.tidings import Tidings
from nanoclaw.daemon.trials import Trials
from nanoclaw.daemon.troubles import Troubles
from nanoclaw.delivery.courier import Courier
from nanoclaw.delivery.typing import TypingLights
from nanoclaw.events.broadcast import Broadcast
from nanoclaw.gateway.budget import Budgets
from nanoclaw.gateway.gateway import Gateway
from nanoclaw.intake.admit import Intake
from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.operations.figures.recorder import Recorder
from nanoclaw.operations.profiling.signals import SignalledProfiles
from nanoclaw.sandboxes.preparation import Preparation


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """Where messages are kept, come from and go to."""

    store: Shelves
    broadcast: Broadcast
    zone: ZoneInfo
    local: LocalChannel
    troubles: Troubles
    roster: Roster
    make_channel: Callable[[ChannelName], Channel]
    split: Callable[[ChatAddress, str], tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """Those who work: the agents with their tools and their way out, and who looks after them."""

    courier: Courier
    lanes: Lanes
    tidings: Tidings
    owner_chats: OwnerChats
    meter: Meter
    gateway: Gateway
    budgets: Budgets
    preparation: Preparation
    reception: Reception
    records: Records
    workshop: Workshop
    agenda: Agenda


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """The parts that the lifecycle starts and stops."""

    networks: Networks
    intake: Intake
    reception: Reception
    tidings: Tidings
    troubles: Troubles
    budgets: Budgets
    agenda: Agenda
    lanes: Lanes
    courier: Courier
    typing: TypingLights
    gateway: Gateway
    meter: Meter
    preparation: Preparation
    workshop: Workshop
    control: ControlServer
    chores: Chores
    figures: Recorder
    profiles: SignalledProfiles
    trials: Trials
    store: Shelves
