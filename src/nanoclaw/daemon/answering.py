"""What the control API is answered from: built last, on the parts that are at work."""

from collections.abc import Callable
from dataclasses import dataclass

from nanoclaw.daemon.answers.channels import ChannelHands, ChannelRecords
from nanoclaw.daemon.answers.desks import Desks
from nanoclaw.daemon.answers.insight import Insight
from nanoclaw.daemon.answers.owner_chats import NewsRecords
from nanoclaw.daemon.answers.pairing import PairingRecords
from nanoclaw.daemon.answers.people import PeopleRecords
from nanoclaw.daemon.answers.service import DaemonService
from nanoclaw.daemon.answers.tasks import TaskRecords
from nanoclaw.daemon.answers.usage import UsageRecords
from nanoclaw.daemon.answers.views import Views, sandbox_shape
from nanoclaw.daemon.answers.welcome import welcome
from nanoclaw.daemon.ground import Ground
from nanoclaw.daemon.networks.at_work import Networks
from nanoclaw.daemon.parts import Base, Crew
from nanoclaw.daemon.trials import TrialGround, Trials
from nanoclaw.store.erasing import Erasing


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What goes on beside messages, and can be asked about."""

    trials: Trials
    insight: Insight
    pairing: PairingRecords


def open_trials(ground: Ground, base: Base, crew: Crew) -> Trials:
    """Temporary groups for `nanoclaw verify`."""
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


def open_service(
    ground: Ground,
    base: Base,
    crew: Crew,
    networks: Networks,
    beside: Beside,
    request_stop: Callable[[], None],
) -> DaemonService:
    """The service of a running daemon."""
    store = base.store
    desks = Desks(
        people=PeopleRecords(store.people),
        tasks=TaskRecords(crew.agenda.book, store.groups, ground.home.root),
        usage=UsageRecords(store.usage, base.zone),
        trials=beside.trials,
        insight=beside.insight,
        pairing=beside.pairing,
        channels=_tend(ground, base, crew, networks),
    )
    views = _views(ground, networks, crew)
    return DaemonService(
        crew.records, desks, store.outcomes, crew.lanes, base.broadcast, ground.clock, base.local, views, request_stop
    )


def _tend(ground: Ground, base: Base, crew: Crew, networks: Networks) -> ChannelRecords:
    store, chats = base.store, crew.owner_chats
    hands = ChannelHands(
        home=ground.home,
        clock=ground.clock,
        outbox=store.outbox,
        chats=chats,
        deliver=crew.courier.wake,
        welcome=lambda name: welcome(store.groups, store.people, name),
    )
    news = NewsRecords(ground.home, chats, store.groups, base.roster.is_up)
    return ChannelRecords(base.roster, networks, news, hands)


def _views(ground: Ground, networks: Networks, crew: Crew) -> Views:
    credential = ground.upstream.credential
    return Views(
        channels=networks.shapes,
        sandbox=lambda: sandbox_shape(crew.preparation),
        model_key=credential.source if credential else "",
        at_once=ground.settings.agents.at_once,
        group_changed=lambda group: crew.gateway.set_options(group.folder, group.options),
    )
