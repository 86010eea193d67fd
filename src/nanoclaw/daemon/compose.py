"""The composition root: everything is built here, in the order in which a message travels.

channels → intake → store → dispatch → agents (in sandboxes, behind the gateway) → store → delivery → channels.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from nanoclaw.agents.prompt import write_prompt
from nanoclaw.agents.workbench import Workbench
from nanoclaw.agents.workshop import Workshop
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
from nanoclaw.daemon.views import Views, sandbox_shape
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
    workshop: Workshop
    control: ControlServer
    groups: Groups


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shelves:
    """The store, part by part."""

    groups: Groups
    inbox: Inbox
    turns: Turns
    outbox: Outbox
    usage: UsageLedger


def compose(ground: Ground, request_stop: Callable[[], None]) -> Daemon:
    """Build the daemon. Nothing runs yet, nothing is connected.

    Raises:
        ChannelError: a configured channel does not exist.
        GatewayError: the allowlist cannot be understood.
    """
    settings, clock, broadcast, store = ground.settings, ground.clock, Broadcast(), _open_shelves(ground)
    local = LocalChannel()
    channels: dict[ChannelName, Channel] = {LOCAL: local, **load_channels({"web": WebChannel}, settings.channels)}

    courier = Courier(store.outbox, channels, broadcast, clock, alert=store.groups.note_trouble)
    dispatcher = Dispatcher(store.turns, clock, lambda group: make_worker(group), courier.wake, settings.agents.at_once)  # noqa: PLW0108 - made below
    intake = Intake(store.inbox, broadcast, dispatcher.wake)
    meter = Meter(AuditLog(ground.home.audit_log), store.usage, dispatcher.asked)
    gateway = Gateway(ground.upstream, settings.gateway.allow, clock, meter)
    preparation = Preparation(ground.sandbox, clock)
    workshop = Workshop(_bench(ground, preparation, gateway))
    typing = TypingLights(channels, broadcast)
    make_worker = _hire(ground, store, _surface(ground, channels, workshop, courier, typing), broadcast, dispatcher)

    networks = _networks(ground, store, channels, intake, broadcast, dispatcher)
    records = Records(ground.home, settings, store.groups, store.inbox)
    views = _views(ground, networks, preparation)
    service = DaemonService(records, store.turns, dispatcher, broadcast, clock, local, views, request_stop)
    return Daemon(
        networks=networks,
        intake=intake,
        dispatcher=dispatcher,
        courier=courier,
        typing=typing,
        gateway=gateway,
        meter=meter,
        preparation=preparation,
        workshop=workshop,
        control=ControlServer(service, ground.home.control_socket),
        groups=store.groups,
    )


def _open_shelves(ground: Ground) -> _Shelves:
    database, clock = ground.database, ground.clock
    return _Shelves(
        groups=Groups(database, clock),
        inbox=Inbox(database, clock),
        turns=Turns(database, clock, catch_up=ground.settings.agents.catch_up_messages),
        outbox=Outbox(database, clock),
        usage=UsageLedger(database),
    )


def _bench(ground: Ground, preparation: Preparation, gateway: Gateway) -> Workbench:
    return Workbench(
        home=ground.home,
        settings=ground.settings,
        preparation=preparation,
        gateway=gateway,
        clock=ground.clock,
        installation=ground.installation,
    )


def _surface(
    ground: Ground, channels: Mapping[ChannelName, Channel], workshop: Workshop, courier: Courier, typing: TypingLights
) -> Surface:
    settings = ground.settings
    zone = ZoneInfo(settings.assistant.time_zone or machine_time_zone())
    return Surface(
        compose=lambda address, text: split_text(text, _limit(channels, address)),
        prompt=lambda turn: write_prompt(turn.messages, zone),
        deliver=courier.wake,
        typing=typing.show,
        make_agent=workshop.make,
    )


def _hire(
    ground: Ground, store: _Shelves, surface: Surface, broadcast: Broadcast, dispatcher: Dispatcher
) -> Callable[[Group], Worker]:
    """How a group gets its worker."""
    agents, clock = ground.settings.agents, ground.clock
    retries = RetryPolicy(seconds=agents.retry_seconds)
    ledger = Ledger(store.turns, store.groups, store.outbox, clock, retries=retries)
    limits = WorkLimits(
        turn_seconds=agents.turn_minutes * 60, idle_seconds=agents.idle_minutes * 60, changed=dispatcher.make_room
    )
    return lambda group: Worker(group, ledger, surface, broadcast, clock, limits=limits)


def _networks(
    ground: Ground,
    store: _Shelves,
    channels: Mapping[ChannelName, Channel],
    intake: Intake,
    broadcast: Broadcast,
    dispatcher: Dispatcher,
) -> Networks:
    name = ground.settings.assistant.name
    conversations = LiveConversations(store.groups, store.inbox, broadcast, dispatcher, assistant=name)
    return Networks(channels, intake, conversations, ground.home, ground.settings, ground.clock)


def _views(ground: Ground, networks: Networks, preparation: Preparation) -> Views:
    credential = ground.upstream.credential
    return Views(
        channels=networks.shapes,
        sandbox=lambda: sandbox_shape(preparation),
        model_key=credential.source if credential else "",
        at_once=ground.settings.agents.at_once,
    )


def _limit(channels: Mapping[ChannelName, Channel], address: ChatAddress) -> int:
    channel = channels.get(address.channel)
    return channel.capabilities.text_limit if channel is not None else 4_000
