"""The composition root: everything is built here, in the order in which a message travels.

channels → intake → store → dispatch → agents (in sandboxes, behind the gateway) → store → delivery → channels.
What commands are answered from comes last, in :mod:`nanoclaw.daemon.answering`.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

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
from nanoclaw.daemon.answering import Beside, open_service, open_trials
from nanoclaw.daemon.answers.insight import Insight, open_recorder
from nanoclaw.daemon.answers.page_operations import PageOperations
from nanoclaw.daemon.answers.records import Records
from nanoclaw.daemon.chores import open_chores
from nanoclaw.daemon.ground import Ground
from nanoclaw.daemon.lanes import Lanes
from nanoclaw.daemon.meter import Ears, Meter
from nanoclaw.daemon.networks.at_work import NetworkGround, Networks
from nanoclaw.daemon.networks.built_in import built_in_channels
from nanoclaw.daemon.networks.canary import Canary, canary_minutes
from nanoclaw.daemon.networks.conversations import LiveConversations
from nanoclaw.daemon.networks.news import ChannelNews
from nanoclaw.daemon.networks.owner_chats import OwnerChats
from nanoclaw.daemon.networks.roster import Roster
from nanoclaw.daemon.networks.watch import ChannelWatch
from nanoclaw.daemon.parts import Base, Crew, Daemon
from nanoclaw.daemon.reception import open_reception
from nanoclaw.daemon.shelves import open_shelves
from nanoclaw.daemon.tidings import Tidings
from nanoclaw.daemon.toolbox import Toolbox
from nanoclaw.daemon.troubles import Troubles
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
from nanoclaw.model.chats import ChannelName
from nanoclaw.model.tasks import RunId
from nanoclaw.operations.profiling.profiler import Profiler
from nanoclaw.operations.profiling.signals import SignalledProfiles
from nanoclaw.sandboxes.preparation import Preparation
from nanoclaw.settings.load import time_zone

if TYPE_CHECKING:
    from claude_agent_sdk import McpSdkServerConfig


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
    figures, profiler = open_recorder(ground, store, crew.lanes, base.roster), Profiler(asyncio.get_running_loop())
    chores, trials = open_chores(ground, crew.tidings, store, base.roster), open_trials(ground, base, crew)
    beside = Beside(trials=trials, insight=Insight(figures, profiler, clock), pairing=chores.pairing)
    service = open_service(ground, base, crew, networks, beside, request_stop)
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
        control=ControlServer(service, ground.home.control_socket),
        chores=chores,
        figures=figures,
        profiles=SignalledProfiles(ground.home.log.parent, profiler, clock),
        trials=trials,
        store=store,
    )


def _lay(ground: Ground) -> Base:
    settings, local = ground.settings, LocalChannel()
    operations = PageOperations(ControlClient(ground.home.control_socket))
    built_in = built_in_channels(operations)
    channels: dict[ChannelName, Channel] = {LOCAL: local, **load_channels(built_in, settings.enabled_channels)}
    store, roster = open_shelves(ground.database, ground.tasks, ground.clock, settings), Roster(channels)
    return Base(
        store=store,
        broadcast=Broadcast(),
        zone=time_zone(settings),
        local=local,
        troubles=Troubles(store.groups, open_desk(ground, store.groups)),
        roster=roster,
        make_channel=lambda name: load_channels(built_in, (name,))[name],
        split=roster.split,
    )


def _open_courier(ground: Ground, base: Base) -> Courier:
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


def _hire(ground: Ground, base: Base, courier: Courier) -> Crew:
    store, broadcast, clock = base.store, base.broadcast, ground.clock
    owner_chats = OwnerChats(store.groups, store.people, ground.settings.alerts.chats, base.roster.is_up)
    tidings = Tidings(owner_chats, store.outbox, courier.wake, base.troubles.desk)
    outlets = _outlets(ground, base, courier, owner_chats, lambda run: agenda.scheduler.noticed(run))  # noqa: PLW0108 - made below
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
    return Crew(
        courier=courier,
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
    ground: Ground, base: Base, courier: Courier, owner_chats: OwnerChats, ended: Callable[[RunId], None]
) -> Outlets:
    return Outlets(
        deliver=courier.wake,
        run_ended=ended,
        trouble=base.troubles.note,
        owner_chats=owner_chats.pick,
        observe=ground.counting,
    )


def _connect(ground: Ground, base: Base, crew: Crew) -> tuple[Intake, Networks]:
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


def _watch(ground: Ground, base: Base, tidings: Tidings) -> ChannelWatch:
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


def _surface(base: Base, workshop: Workshop, courier: Courier, typing: TypingLights) -> Surface:
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
