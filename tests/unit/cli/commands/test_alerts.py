"""``nanoclaw alerts``, on real servers."""

from collections.abc import Iterator

import pytest

from nanoclaw.operations.alerts.book import Book
from nanoclaw.operations.alerts.starting import alert_without_daemon
from nanoclaw.settings.home import Home
from tests.fakes.alert_servers import Gateway, MailServer, free_port
from tests.fakes.clocks import ShiftedClock
from tests.unit.cli.conftest import Run


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    made = MailServer()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway().serving() as made:
        yield made


def set_up(home: Home, **urls: str) -> None:
    home.create()
    names = ", ".join(f'"{name}"' for name in urls)
    home.config.write_text(f"[alerts]\nurls = [{names}]\n")
    home.env_file.write_text("".join(f"{name}={url}\n" for name, url in urls.items() if url))


def test_a_test_goes_out_by_each_route_and_is_remembered(
    run: Run, home: Home, mail_server: MailServer, gateway: Gateway
) -> None:
    set_up(home, MAIL=mail_server.url(), SMS=gateway.url(kind="form"))
    ran = run("alerts", "test")
    assert ran.status == 0
    assert "MAIL (mailto): taken by the service" in ran.out
    assert len(mail_server.mails) == len(gateway.taken) == 1
    routes = run("alerts", "list", "--json").json["routes"]
    assert [(one["name"], one["kind"], one["tested"]) for one in routes] == [
        ("MAIL", "mailto", "ok"),
        ("SMS", "form", "ok"),
    ]
    set_up(home, MAIL=mail_server.url(), SMS=gateway.url("another"))
    assert [one["tested"] for one in run("alerts", "list", "--json").json["routes"]] == ["ok", "changed"]


def test_each_way_to_fail_has_its_own_words_and_no_secret(
    run: Run, home: Home, mail_server: MailServer, gateway: Gateway
) -> None:
    gateway.status = 500
    set_up(
        home,
        UNSET="",
        WRONG="secretscheme-no-address",
        LOGIN=mail_server.url("secret-password"),
        AWAY=f"json://u:secret-login@127.0.0.1:{free_port()}/secret-path",
        NAME="json://no-such-host.invalid/secret-path",
        BROKEN=gateway.url("secret-token"),
    )
    ran = run("alerts", "test")
    assert ran.status == 1
    assert "secret" not in ran.out + ran.err
    problems = {one["name"]: one["problem"] for one in run("alerts", "test", "--json").json["routes"]}
    assert problems == {
        "UNSET": "its variable is not set",
        "WRONG": "the address is not understood",
        "LOGIN": "the service does not accept the user name, password or token",
        "AWAY": "the connection was refused",
        "NAME": "there is no host of that name",
        "BROKEN": "the service itself is in trouble",
    }
    assert ran.out.count("hint:") == 6
    assert "secret" not in home.alerts.read_text()


def test_no_route_and_an_unknown_one_are_errors_with_a_hint(run: Run, home: Home, gateway: Gateway) -> None:
    assert run("alerts", "test").err.startswith("error: No alert route is set up")
    set_up(home, SMS=gateway.url())
    assert "There are: SMS." in run("alerts", "test", "MAIL").err
    home.config.write_text('[alerts]\nurls = ["mailtos://me:secret@example.org"]\n')
    ran = run("alerts", "list")
    assert "not the name of a variable" in ran.err
    assert "me:secret" not in ran.err


@pytest.mark.parametrize("broken", ["[alerts\n", '[alerts]\nurls = ["SMS"]\n[nonsense]\nx = 1\n'])
def test_a_start_that_fails_is_told_once_a_day_by_the_routes_that_were_good(
    run: Run, home: Home, gateway: Gateway, broken: str
) -> None:
    set_up(home, SMS=gateway.url())
    with Book(home).change() as state:
        state.known_routes = ["SMS"]
    home.config.write_text(broken)
    for _ in range(2):
        assert run("run").status == 78
    assert len(gateway.taken) == 1
    assert "The assistant cannot run" in gateway.taken[0]["message"]
    assert gateway.taken[0]["title"].endswith("critical")


def test_a_damaged_database_is_told(run: Run, home: Home, gateway: Gateway) -> None:
    set_up(home, SMS=gateway.url())
    home.database.write_bytes(b"this is no database, " * 500)
    assert run("run").status == 78
    (sms,) = gateway.taken
    assert "messages.db" in sms["message"]
    history = run("alerts", "history", "--json").json["alerts"]
    assert [(one["level"], one["state"], one["sent_by"]) for one in history] == [("critical", "sent", ["SMS"])]


def test_what_does_not_get_out_is_kept_and_shown_in_the_status(run: Run, home: Home, gateway: Gateway) -> None:
    gateway.status = 503
    set_up(home, SMS=gateway.url())
    clock = ShiftedClock()
    assert alert_without_daemon(home, clock, "It does not start.")
    assert not alert_without_daemon(home, clock, "It does not start.")
    assert "1 wait to be sent (SMS: the service itself is in trouble)" in run("status").out
    gateway.status, clock.ahead = 200, 86_500
    assert alert_without_daemon(home, clock, "It does not start.")
    assert len(gateway.taken) == 2
