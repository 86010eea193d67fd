"""The doctor on alert routes."""

import pytest

from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.clock import SystemClock
from nanoclaw.model.groups import GroupFolder
from nanoclaw.model.people import Person, Role
from nanoclaw.operations.alerts.routes import find_routes
from nanoclaw.operations.alerts.starting import alert_without_daemon
from nanoclaw.operations.alerts.testing import try_routes
from nanoclaw.operations.doctor.checks.alert_route import ALERT_ROUTE
from nanoclaw.operations.doctor.contract import Severity
from nanoclaw.settings.home import Home
from nanoclaw.settings.load import load_settings
from nanoclaw.store.database import Database
from nanoclaw.store.groups import Groups
from nanoclaw.store.people import People
from tests.fakes.alert_servers import Gateway
from tests.fakes.clocks import ShiftedClock
from tests.unit.operations.doctor.conftest import Make, group, known, look, only, run


def found(ground: Make, clock: ShiftedClock) -> tuple[Severity, str]:
    (finding,) = [one for one in look(ALERT_ROUTE, ground(clock=clock)) if "SMS" in one.what.en]
    return finding.severity, finding.what.en


def test_a_route_is_unset_untested_tested_failed_or_tested_long_ago(home: Home, ground: Make) -> None:
    group(home, "main")
    clock = ShiftedClock()
    home.config.write_text('[alerts]\nurls = ["SMS"]\n')
    assert found(ground, clock) == (Severity.ERROR, "the route SMS has no address")
    with Gateway().serving() as gateway:
        home.env_file.write_text(f"SMS={gateway.url()}\n")
        assert found(ground, clock) == (Severity.WARNING, "the route SMS (json) was never tested")
        routes = find_routes(home, load_settings(home).alerts)
        try_routes(home, routes, clock, None)
        clock.ahead = 3 * 86_400 + 5
        assert found(ground, clock) == (Severity.OK, "SMS (json), tested 3 days ago")
        clock.ahead = 200 * 86_400
        assert found(ground, clock) == (Severity.WARNING, "SMS (json), tested 200 days ago")
        gateway.status = 403
        try_routes(home, routes, clock, None)
        severity, what = found(ground, clock)
        assert severity is Severity.ERROR
        assert what.startswith("the test of SMS failed 0 days ago: the service does not accept")
        alert_without_daemon(home, clock, "Trouble.")
        assert found(ground, clock)[1].startswith("1 alerts wait for SMS: the service does not accept")


NEWS = '[alerts]\nchats = ["telegram:1001"]\n'
TELEGRAM = ChannelName("telegram")


def has_telegram(home: Home, folder: str, *, owner: bool) -> None:
    """A chat in Telegram belongs to a group; with ``owner`` it is with an owner alone."""

    async def add() -> None:
        database = await Database.open(home.database)
        await Groups(database, SystemClock()).bind(
            GroupFolder(folder), ChatAddress(channel=TELEGRAM, chat="1001"), "Me"
        )
        if owner:
            me = Person(channel=TELEGRAM, sender="1001", role=Role.OWNER, folder=None)
            await People(database, SystemClock()).add(me)
        await database.close()

    run(add())


def running(**telegram: str) -> object:
    shown = {"name": "telegram", "status": "up", "condition": "", "hint": "", "detail": ""}
    return known({"channels": [{"name": "local", "status": "up"}, shown | telegram]})


def test_a_named_chat_that_works_is_a_route_beside_which_none_is_needed(home: Home, ground: Make) -> None:
    group(home, "main")
    assert only(ALERT_ROUTE, ground(config="[channels]\n")).what.en == "alerts reach the terminal only"
    has_telegram(home, "main", owner=False)
    config = f"[channels.telegram]\n{NEWS}"
    finding = only(ALERT_ROUTE, ground(config=config))
    assert (finding.severity, finding.what.en) == (Severity.OK, "news go to telegram:1001")
    assert only(ALERT_ROUTE, ground(config=config, status=running())).severity is Severity.OK


def test_a_chat_with_the_owner_alone_will_do_where_there_is_no_main_group(home: Home, ground: Make) -> None:
    group(home, "phone")
    has_telegram(home, "phone", owner=True)
    assert only(ALERT_ROUTE, ground(config="[channels.telegram]\n")).severity is Severity.ERROR
    assert only(ALERT_ROUTE, ground(config=f"[channels.telegram]\n{NEWS}")).severity is Severity.OK


@pytest.mark.parametrize(
    ("config", "what", "todo"),
    [
        (NEWS, "news go to telegram:1001, whose channel is not enabled", "channels enable telegram"),
        (
            f"[channels.telegram]\nenabled = false\n{NEWS}",
            "news go to telegram:1001, whose channel is not enabled",
            "channels enable telegram",
        ),
        ('[alerts]\nchats = ["pigeon:7"]\n', "news go to pigeon:7, and there is no such channel", "alerts chats"),
        (
            '[channels.telegram]\n[alerts]\nchats = ["telegram:2002"]\n',
            "telegram:2002 is no chat of yours, and is left out",
            "alerts chats",
        ),
    ],
)
def test_a_named_chat_that_cannot_carry_news_is_a_warning(
    home: Home, ground: Make, config: str, what: str, todo: str
) -> None:
    group(home, "main")
    has_telegram(home, "main", owner=False)
    findings = [one for one in look(ALERT_ROUTE, ground(config=config)) if one.what.en == what]
    assert [one.severity for one in findings] == [Severity.WARNING]
    assert findings[0].todo is not None
    assert todo in findings[0].todo.en


def test_a_named_chat_of_an_account_that_is_logged_out_is_a_warning_with_what_to_do(home: Home, ground: Make) -> None:
    group(home, "main")
    has_telegram(home, "main", owner=False)
    status = running(status="down", condition="logged-out", hint="Link it again.")
    findings = look(ALERT_ROUTE, ground(config=f"[channels.telegram]\n{NEWS}", status=status))
    (finding,) = [one for one in findings if one.severity is Severity.WARNING and "news" in one.what.en]
    assert finding.what.en == "news go to telegram:1001, whose channel is down (logged-out)"
    assert finding.todo is not None
    assert finding.todo.en == "Link it again."
