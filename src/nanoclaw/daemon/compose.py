"""The composition root: everything is built here, in the order in which a message travels.

channels → intake → store → dispatch → agents (in sandboxes, behind the gateway) → store → delivery → channels.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from nanoclaw.agents.agent import Agent
from nanoclaw.agents.launch import Launcher
from nanoclaw.agents.prompt import write_prompt
from nanoclaw.channels.contract import Channel
from nanoclaw.channels.local.channel import LOCAL, LocalChannel
from nanoclaw.channels.registry import load_channels
from nanoclaw.channels.web.channel import WebChannel
from nanoclaw.control.server import ControlServer
from nanoclaw.daemon.conversations import LiveConversations
from nanoclaw.daemon.meter import Meter
from nanoclaw.daemon.networks import Networks
from nanoclaw.daemon.records import Records
from nanoclaw.daemon.service import DaemonService
from nanoclaw.daemon.views import sandbox_shape
from nanoclaw.delivery.compose import split_text
from nanoclaw.delivery.courier import Courier
from nanoclaw.delivery.typing import TypingLights
from nanoclaw.dispatch.dispatcher import Dispatcher
from nanoclaw.dispatch.ledger import Ledger, RetryPolicy
from nanoclaw.dispatch.limits import WorkLimits
from nanoclaw.dispatch.signals import Surface
from nanoclaw.dispatch.worker import Worker
from nanoclaw.events.broadcast import Broadcast
from nanoclaw.gateway.audit import AuditLog
from nanoclaw.gateway.gateway import Gateway
from nanoclaw.intake.admit import Intake
from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.clock import Clock
from nanoclaw.model.groups import Group
from nanoclaw.sandboxes.contract import Sandbox
from nanoclaw.sandboxes.preparation import Preparation
from nanoclaw.settings.home import Home
from nanoclaw.settings.load import machine_time_zone
from nanoclaw.settings.schema import Settings, Upstream
from nanoclaw.store.database import Database
from nanoclaw.store.groups import Groups
from nanoclaw.store.inbox import Inbox
from nanoclaw.store.outbox import Outbox
from nanoclaw.store.turns import Turns
from nanoclaw.store.usage import UsageLedger


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What everything stands on."""

    home: Home
    settings: Settings
    upstream: Upstream
    clock: Clock
    database: Database
    sandbox: Sandbox
    installation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """The parts that the lifecycle starts and stops."""

    networks: Networks
    intake: Intake
    dispatcher: Dispatcher
    courier: Courier
    typing: TypingLights
    gateway: Gateway
    meter: Meter
    preparation: Preparation
    control: ControlServer
    groups: Groups


def compose(ground: Ground, request_stop: Callable[[], None]) -> Daemon:
    """Build the daemon. Nothing runs yet, nothing is connected.

    Raises:
        ChannelError: a configured channel does not exist.
        GatewayError: the allowlist cannot be understood.
    """
    settings, clock, database = ground.settings, ground.clock, ground.database
    groups, inbox = Groups(database, clock), Inbox(database, clock)
    turns = Turns(database, clock, catch_up=settings.agents.catch_up_messages)
    outbox = Outbox(database, clock)
    broadcast = Broadcast()

    local = LocalChannel()
    channels: dict[ChannelName, Channel] = {LOCAL: local}
    channels |= load_channels({"web": WebChannel}, settings.channels)

    dispatcher = Dispatcher(turns, clock, lambda group: make_worker(group), at_once=settings.agents.at_once)  # noqa: PLW0108 - defined below
    intake = Intake(inbox, broadcast, dispatcher.wake)

    audit = AuditLog(ground.home.audit_log)
    meter = Meter(audit, UsageLedger(database), dispatcher.asked)
    gateway = Gateway(ground.upstream, settings.gateway.allow, clock, meter)
    preparation = Preparation(ground.sandbox, clock)
    launcher = Launcher(ground.home, settings, preparation, gateway, clock, installation=ground.installation)

    courier = Courier(outbox, channels, broadcast, clock, alert=groups.note_trouble)
    typing = TypingLights(channels, broadcast)
    zone = ZoneInfo(settings.assistant.time_zone or machine_time_zone())
    surface = Surface(
        compose=lambda address, text: split_text(text, _limit(channels, address)),
        prompt=lambda turn: write_prompt(turn.messages, zone),
        deliver=courier.wake,
        typing=typing.show,
        make_agent=lambda group: Agent(group, launcher, clock, start_seconds=settings.agents.start_seconds),
    )
    ledger = Ledger(turns, groups, outbox, clock, retries=RetryPolicy(seconds=settings.agents.retry_seconds))
    limits = WorkLimits(
        turn_seconds=settings.agents.turn_minutes * 60,
        idle_seconds=settings.agents.idle_minutes * 60,
        changed=dispatcher.make_room,
    )

    def make_worker(group: Group) -> Worker:
        return Worker(group, ledger, surface, broadcast, clock, limits=limits)

    conversations = LiveConversations(groups, inbox, broadcast, dispatcher, assistant=settings.assistant.name)
    networks = Networks(channels, intake, conversations, ground.home, settings, clock)
    credential = ground.upstream.credential
    service = DaemonService(
        Records(ground.home, settings, groups, inbox),
        turns,
        dispatcher,
        broadcast,
        clock,
        local=local,
        channels=networks.shapes,
        sandbox=lambda: sandbox_shape(preparation),
        model_key=credential.source if credential else "",
        at_once=settings.agents.at_once,
        request_stop=request_stop,
    )
    return Daemon(
        networks=networks,
        intake=intake,
        dispatcher=dispatcher,
        courier=courier,
        typing=typing,
        gateway=gateway,
        meter=meter,
        preparation=preparation,
        control=ControlServer(service, ground.home.control_socket),
        groups=groups,
    )


def _limit(channels: Mapping[ChannelName, Channel], address: ChatAddress) -> int:
    channel = channels.get(address.channel)
    return channel.capabilities.text_limit if channel is not None else 4_000
