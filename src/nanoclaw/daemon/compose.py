"""The composition root: everything is built here, in the order in which a message travels.

channels → intake → store → dispatch → agents (in sandboxes, behind the gateway) → store → delivery → channels.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from nanoclaw.agents.prompt import write_turn
from nanoclaw.agents.tools.contract import Caller
from nanoclaw.agents.tools.server import build
from nanoclaw.agents.workbench import Workbench
from nanoclaw.agents.workshop import Workshop
from nanoclaw.channels.contract import Channel
from nanoclaw.channels.local.channel import LOCAL, LocalChannel
from nanoclaw.channels.registry import load_channels
from nanoclaw.channels.web.channel import WebChannel
from nanoclaw.control.server import ControlServer
from nanoclaw.daemon.agenda import Agenda, TaskHands
from nanoclaw.daemon.conversations import LiveConversations
from nanoclaw.daemon.desks import Desks
from nanoclaw.daemon.ground import Ground
from nanoclaw.daemon.lanes import Lanes
from nanoclaw.daemon.meter import Ears, Meter
from nanoclaw.daemon.networks import Networks
from nanoclaw.daemon.people import PeopleRecords
from nanoclaw.daemon.reception import open_reception
from nanoclaw.daemon.records import Records
from nanoclaw.daemon.service import DaemonService
from nanoclaw.daemon.shelves import Shelves, open_shelves
from nanoclaw.daemon.tasks import TaskRecords
from nanoclaw.daemon.tidings import Tidings
from nanoclaw.daemon.toolbox import Toolbox
from nanoclaw.daemon.usage import UsageRecords
from nanoclaw.daemon.views import Views, sandbox_shape
from nanoclaw.delivery.compose import split_text
from nanoclaw.delivery.courier import Courier
from nanoclaw.delivery.typing import TypingLights
from nanoclaw.dispatch.limits import Outlets
from nanoclaw.dispatch.signals import Surface
from nanoclaw.events.broadcast import Broadcast
from nanoclaw.gateway.audit import AuditLog
from nanoclaw.gateway.budget import Budgets, Spending
from nanoclaw.gateway.gateway import Gateway
from nanoclaw.gateway.prices import Prices
from nanoclaw.intake.admit import Intake
from nanoclaw.intake.approvals import Approvals
from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.sandboxes.preparation import Preparation
from nanoclaw.settings.load import time_zone

if TYPE_CHECKING:
    from claude_agent_sdk import McpSdkServerConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """The parts that the lifecycle starts and stops."""

    networks: Networks
    intake: Intake
    approvals: Approvals
    tidings: Tidings
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
    store: Shelves


def compose(ground: Ground, request_stop: Callable[[], None]) -> Daemon:
    """Build the daemon. Nothing runs yet, nothing is connected.

    Raises:
        ChannelError: a configured channel does not exist.
        GatewayError: the allowlist cannot be understood.
    """
    settings, clock, broadcast, zone = ground.settings, ground.clock, Broadcast(), time_zone(ground.settings)
    store = open_shelves(ground.database, ground.tasks, clock, settings)
    local = LocalChannel()
    channels: dict[ChannelName, Channel] = {LOCAL: local, **load_channels({"web": WebChannel}, settings.channels)}

    courier = Courier(store.outbox, channels, broadcast, clock, alert=store.groups.note_trouble)
    tidings = Tidings(store.groups, store.outbox, courier.wake, clock)
    outlets = Outlets(deliver=courier.wake, run_ended=lambda run: agenda.scheduler.noticed(run))  # noqa: PLW0108 - made below
    lanes = Lanes(store, settings.agents, outlets, broadcast, clock)
    meter = Meter(AuditLog(ground.home.audit_log), store.usage, _ears(lanes, tidings))
    gateway, budgets = _open_gateway(ground, meter)
    preparation = Preparation(ground.sandbox, clock)
    reception = open_reception(ground, store, lanes, gateway, courier.wake)
    tidings.forward_domains(reception.approvals.ask_domain)
    records = Records(ground.home, settings, store.groups, store.history)

    split = _splitter(channels)
    workshop = Workshop(_bench(ground, preparation, gateway, lambda caller: build(tools.desk(), caller)))
    hands = TaskHands(store=store, lanes=lanes, workshop=workshop, tidings=tidings).hands()
    agenda = Agenda(hands, store, broadcast, clock, zone)
    tools = Toolbox(
        ground=ground,
        store=store,
        records=records,
        lanes=lanes,
        asking=reception.asking,
        tasks=agenda.book,
        channels=frozenset(channels),
        split=split,
    )
    typing = TypingLights(channels, broadcast)
    lanes.equip(_surface(zone, split, workshop, courier, typing))

    intake = Intake(store.inbox, broadcast, reception.desks)
    conversations = LiveConversations(store.groups, store.history, broadcast, lanes)
    networks = Networks(channels, intake, conversations, ground.home, settings, clock)
    desks = Desks(
        people=PeopleRecords(store.people),
        tasks=TaskRecords(agenda.book, store.groups, ground.home.root),
        usage=UsageRecords(store.usage, zone),
    )
    views = _views(ground, networks, preparation, gateway)
    service = DaemonService(records, desks, store.turns, lanes, broadcast, clock, local, views, request_stop)
    return Daemon(
        networks=networks,
        intake=intake,
        approvals=reception.approvals,
        tidings=tidings,
        budgets=budgets,
        agenda=agenda,
        lanes=lanes,
        courier=courier,
        typing=typing,
        gateway=gateway,
        meter=meter,
        preparation=preparation,
        workshop=workshop,
        control=ControlServer(service, ground.home.control_socket),
        store=store,
    )


def _open_gateway(ground: Ground, meter: Meter) -> tuple[Gateway, Budgets]:
    settings, clock = ground.settings, ground.clock
    budgets = Budgets(settings.budget, clock, time_zone(settings), meter)
    spending = Spending(budgets=budgets, prices=Prices(settings.prices))
    return Gateway(ground.upstream, settings.gateway.allow, clock, meter, spending=spending), budgets


def _bench(
    ground: Ground,
    preparation: Preparation,
    gateway: Gateway,
    make_tools: Callable[[Callable[[], Caller]], "McpSdkServerConfig"],
) -> Workbench:
    return Workbench(
        home=ground.home,
        settings=ground.settings,
        preparation=preparation,
        gateway=gateway,
        clock=ground.clock,
        installation=ground.installation,
        make_tools=make_tools,
    )


def _surface(
    zone: ZoneInfo,
    split: Callable[[ChatAddress, str], tuple[str, ...]],
    workshop: Workshop,
    courier: Courier,
    typing: TypingLights,
) -> Surface:
    return Surface(
        compose=split,
        prompt=lambda turn: write_turn(turn, zone),
        deliver=courier.wake,
        typing=typing.show,
        make_agent=workshop.make,
    )


def _splitter(channels: Mapping[ChannelName, Channel]) -> Callable[[ChatAddress, str], tuple[str, ...]]:
    """A text as the messages that its chat's channel can carry."""
    return lambda address, text: split_text(text, _limit(channels, address))


def _ears(lanes: Lanes, tidings: Tidings) -> Ears:
    return Ears(asked=lanes.asked, domain_refused=tidings.domain_refused, budget_crossed=tidings.budget_crossed)


def _views(ground: Ground, networks: Networks, preparation: Preparation, gateway: Gateway) -> Views:
    credential = ground.upstream.credential
    return Views(
        channels=networks.shapes,
        sandbox=lambda: sandbox_shape(preparation),
        model_key=credential.source if credential else "",
        at_once=ground.settings.agents.at_once,
        group_changed=lambda group: gateway.set_options(group.folder, group.options),
    )


def _limit(channels: Mapping[ChannelName, Channel], address: ChatAddress) -> int:
    channel = channels.get(address.channel)
    return channel.capabilities.text_limit if channel is not None else 4_000
