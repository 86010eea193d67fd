"""The composition root: everything is built here, in the order in which a message travels.

channels → intake → store → dispatch → agents (in sandboxes, behind the gateway) → store → delivery → channels.
"""

import asyncio
from collections.abc import Callable
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
from nanoclaw.control.client import ControlClient
from nanoclaw.control.server import ControlServer
from nanoclaw.daemon.agenda import Agenda, TaskHands
from nanoclaw.daemon.alerts import open_desk
from nanoclaw.daemon.built_in import built_in_channels
from nanoclaw.daemon.canary import Canary, canary_minutes
from nanoclaw.daemon.channel_desk import ChannelHands, ChannelRecords
from nanoclaw.daemon.channel_news import ChannelNews
from nanoclaw.daemon.channel_watch import ChannelWatch
from nanoclaw.daemon.chores import Chores, open_chores
from nanoclaw.daemon.conversations import LiveConversations
from nanoclaw.daemon.desks import Desks
from nanoclaw.daemon.ground import Ground
from nanoclaw.daemon.insight import Insight, open_recorder
from nanoclaw.daemon.lanes import Lanes
from nanoclaw.daemon.meter import Ears, Meter
from nanoclaw.daemon.networks import NetworkGround, Networks
from nanoclaw.daemon.news_records import NewsRecords
from nanoclaw.daemon.owner_chats import OwnerChats
from nanoclaw.daemon.page_operations import PageOperations
from nanoclaw.daemon.pairing import PairingRecords
from nanoclaw.daemon.people import PeopleRecords
from nanoclaw.daemon.reception import Reception, open_reception
from nanoclaw.daemon.records import Records
from nanoclaw.daemon.roster import Roster
from nanoclaw.daemon.service import DaemonService
from nanoclaw.daemon.shelves import Shelves, open_shelves
from nanoclaw.daemon.tasks import TaskRecords
from nanoclaw.daemon.tidings import Tidings
from nanoclaw.daemon.toolbox import Toolbox
from nanoclaw.daemon.trials import TrialGround, Trials
from nanoclaw.daemon.troubles import Troubles
from nanoclaw.daemon.usage import UsageRecords
from nanoclaw.daemon.views import Views, sandbox_shape
from nanoclaw.daemon.welcome import welcome
from nanoclaw.delivery.courier import Courier
from nanoclaw.delivery.typing import TypingLights
from nanoclaw.dispatch.limits import Outlets
from nanoclaw.dispatch.signals import Surface
from nanoclaw.events.broadcast import Broadcast
from nanoclaw.events.measures import Observe
from nanoclaw.gateway.audit import AuditLog
from nanoclaw.gateway.budget import Budgets, Spending
from nanoclaw.gateway.gateway import Gateway
from nanoclaw.gateway.prices import Prices
from nanoclaw.intake.admit import Intake
from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.tasks import RunId
from nanoclaw.operations.figures.recorder import Recorder
from nanoclaw.operations.profiling.profiler import Profiler
from nanoclaw.operations.profiling.signals import SignalledProfiles
from nanoclaw.sandboxes.preparation import Preparation
from nanoclaw.settings.load import time_zone
from nanoclaw.store.erasing import Erasing

if TYPE_CHECKING:
    from claude_agent_sdk import McpSdkServerConfig


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


def compose(ground: Ground, request_stop: Callable[[], None]) -> Daemon:
    """Build the daemon. Nothing runs yet, nothing is connected.

    Raises:
        ChannelError: a configured channel does not exist.
        GatewayError: the allowlist cannot be understood.
    """
    base = _lay(ground)
    store, clock, courier = base.store, ground.clock, _open_courier(ground, base)
    typing = TypingLights(base.roster.channels, base.broadcast)
    crew = _hire(ground, base, courier)
    crew.lanes.equip(_surface(base, crew.workshop, courier, typing))
    intake, networks = _connect(ground, base, crew)
    views, trials = _views(ground, networks, crew), _open_trials(ground, base, crew)
    figures, profiler = open_recorder(ground, store, crew.lanes, base.roster), Profiler(asyncio.get_running_loop())
    chores = open_chores(ground, crew.tidings, base.store, base.roster)
    tending = _tend(ground, base, crew, networks, courier)
    desks = _desks(ground, base, crew, trials, Insight(figures, profiler, clock), chores.pairing, tending)
    return Daemon(
        networks=networks,
        intake=intake,
        reception=crew.reception,
        tidings=crew.tidings,
        troubles=base.troubles,
        budgets=crew.budgets,
        agenda=crew.agenda,
        lanes=crew.lanes,
        courier=courier,
        typing=typing,
        gateway=crew.gateway,
        meter=crew.meter,
        preparation=crew.preparation,
        workshop=crew.workshop,
        control=ControlServer(_serve(ground, base, crew, desks, views, request_stop), ground.home.control_socket),
        chores=chores,
        figures=figures,
        profiles=SignalledProfiles(ground.home.log.parent, profiler, clock),
        trials=trials,
        store=store,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Base:
    """Where messages are kept, come from and go to."""

    store: Shelves
    broadcast: Broadcast
    zone: ZoneInfo
    local: LocalChannel
    troubles: Troubles
    roster: Roster
    make_channel: Callable[[ChannelName], Channel]
    split: Callable[[ChatAddress, str], tuple[str, ...]]


def _lay(ground: Ground) -> _Base:
    settings, local = ground.settings, LocalChannel()
    operations = PageOperations(ControlClient(ground.home.control_socket))
    built_in = built_in_channels(operations)
    channels: dict[ChannelName, Channel] = {LOCAL: local, **load_channels(built_in, settings.enabled_channels)}
    store, roster = open_shelves(ground.database, ground.tasks, ground.clock, settings), Roster(channels)
    return _Base(
        store=store,
        broadcast=Broadcast(),
        zone=time_zone(settings),
        local=local,
        troubles=Troubles(store.groups, open_desk(ground, store.groups)),
        roster=roster,
        make_channel=lambda name: load_channels(built_in, (name,))[name],
        split=roster.split,
    )


def _open_courier(ground: Ground, base: _Base) -> Courier:
    courier = Courier(
        base.store.outbox,
        base.roster.channels,
        base.broadcast,
        ground.clock,
        alert=base.troubles.note,
        observe=ground.counting,
    )
    base.roster.listen(courier.wake_channel)
    return courier


@dataclass(frozen=True, slots=True, kw_only=True)
class _Crew:
    """Those who work: the agents with their tools and their way out, and who looks after them."""

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


def _hire(ground: Ground, base: _Base, courier: Courier) -> _Crew:
    store, broadcast, clock = base.store, base.broadcast, ground.clock
    owner_chats = OwnerChats(store.groups, store.people, ground.settings.alerts.chats, base.roster.is_up)
    tidings = Tidings(owner_chats, store.outbox, courier.wake, base.troubles.desk)
    ended: Callable[[RunId], None] = lambda run: agenda.scheduler.noticed(run)  # noqa: E731, PLW0108 - made below
    outlets = _outlets(ground, base, courier, owner_chats, ended)
    lanes = Lanes(store, ground.settings.agents, outlets, broadcast, clock)
    meter = Meter(AuditLog(ground.home.audit_log), store.usage, _ears(lanes, tidings, ground.counting))
    gateway, budgets = _open_gateway(ground, meter)
    preparation = Preparation(ground.sandbox, clock)
    reception = open_reception(ground, store, lanes, gateway, courier.wake)
    tidings.forward_domains(reception.approvals.ask_domain)
    reception.approvals.ask_in(owner_chats.where_answers_come_from)
    workshop = Workshop(_bench(ground, preparation, gateway, lambda caller: build(tools.desk(), caller)))
    hands = TaskHands(store=store, lanes=lanes, workshop=workshop, tidings=tidings).hands()
    agenda = Agenda(hands, store, broadcast, clock, base.zone)
    tools = Toolbox(
        ground=ground,
        store=store,
        records=(records := Records(ground.home, ground.settings, store.groups, store.history)),
        lanes=lanes,
        asking=reception.asking,
        approvals=reception.approvals,
        tasks=agenda.book,
        channels=base.roster.channels.keys(),
        split=base.split,
    )
    return _Crew(
        lanes=lanes,
        tidings=tidings,
        owner_chats=owner_chats,
        meter=meter,
        gateway=gateway,
        budgets=budgets,
        preparation=preparation,
        reception=reception,
        records=records,
        workshop=workshop,
        agenda=agenda,
    )


def _outlets(
    ground: Ground, base: _Base, courier: Courier, owner_chats: OwnerChats, ended: Callable[[RunId], None]
) -> Outlets:
    return Outlets(
        deliver=courier.wake,
        run_ended=ended,
        trouble=base.troubles.note,
        owner_chats=owner_chats.pick,
        observe=ground.counting,
    )


def _open_trials(ground: Ground, base: _Base, crew: _Crew) -> Trials:
    return Trials(
        TrialGround(
            home=ground.home,
            groups=base.store.groups,
            erasing=Erasing(ground.database, ground.tasks),
            lanes=crew.lanes,
            gateway=crew.gateway,
            sandbox=ground.sandbox,
            channels=base.roster.channels,
        )
    )


def _desks(  # noqa: PLR0913, PLR0917 - one desk a topic
    ground: Ground,
    base: _Base,
    crew: _Crew,
    trials: Trials,
    insight: Insight,
    pairing: PairingRecords,
    channels: ChannelRecords,
) -> Desks:
    store = base.store
    return Desks(
        people=PeopleRecords(store.people),
        tasks=TaskRecords(crew.agenda.book, store.groups, ground.home.root),
        usage=UsageRecords(store.usage, base.zone),
        trials=trials,
        insight=insight,
        pairing=pairing,
        channels=channels,
    )


def _tend(ground: Ground, base: _Base, crew: _Crew, networks: Networks, courier: Courier) -> ChannelRecords:
    store, chats = base.store, crew.owner_chats
    hands = ChannelHands(
        home=ground.home,
        clock=ground.clock,
        outbox=store.outbox,
        chats=chats,
        deliver=courier.wake,
        welcome=lambda name: welcome(store.groups, store.people, name),
    )
    news = NewsRecords(ground.home, chats, store.groups, base.roster.is_up)
    return ChannelRecords(base.roster, networks, news, hands)


def _connect(ground: Ground, base: _Base, crew: _Crew) -> tuple[Intake, Networks]:
    intake = Intake(base.store.inbox, base.broadcast, crew.reception.desks)
    return intake, Networks(
        base.roster,
        _watch(ground, base, crew.tidings),
        Canary(base.roster, ground.clock, ground.counting, canary_minutes(ground.settings)),
        NetworkGround(
            intake=intake,
            conversations=LiveConversations(base.store.groups, base.store.history, base.broadcast, crew.lanes),
            home=ground.home,
            clock=ground.clock,
            options=lambda name: ground.settings.enabled_channels.get(name, {}),
            make=base.make_channel,
        ),
    )


def _watch(ground: Ground, base: _Base, tidings: Tidings) -> ChannelWatch:
    return ChannelWatch(
        base.roster,
        ground.home.outages,
        ground.clock,
        news=ChannelNews(tidings),
        observe=ground.counting,
        patience_minutes=ground.settings.alerts.channel_minutes,
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


def _surface(base: _Base, workshop: Workshop, courier: Courier, typing: TypingLights) -> Surface:
    return Surface(
        compose=base.split,
        prompt=lambda turn: write_turn(turn, base.zone),
        deliver=courier.wake,
        typing=typing.show,
        make_agent=workshop.make,
    )


def _ears(lanes: Lanes, tidings: Tidings, observe: Observe) -> Ears:
    return Ears(
        asked=lanes.asked,
        domain_refused=tidings.domain_refused,
        budget_crossed=tidings.budget_crossed,
        observe=observe,
    )


def _views(ground: Ground, networks: Networks, crew: _Crew) -> Views:
    credential = ground.upstream.credential
    return Views(
        channels=networks.shapes,
        sandbox=lambda: sandbox_shape(crew.preparation),
        model_key=credential.source if credential else "",
        at_once=ground.settings.agents.at_once,
        group_changed=lambda group: crew.gateway.set_options(group.folder, group.options),
    )


def _serve(
    ground: Ground, base: _Base, crew: _Crew, desks: Desks, views: Views, request_stop: Callable[[], None]
) -> DaemonService:
    turns, broadcast, clock = base.store.turns, base.broadcast, ground.clock
    return DaemonService(crew.records, desks, turns, crew.lanes, broadcast, clock, base.local, views, request_stop)
