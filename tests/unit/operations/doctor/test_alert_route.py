"""The doctor on alert routes."""

from nanoclaw.operations.alerts.routes import find_routes
from nanoclaw.operations.alerts.starting import alert_without_daemon
from nanoclaw.operations.alerts.testing import try_routes
from nanoclaw.operations.doctor.checks.alert_route import ALERT_ROUTE
from nanoclaw.operations.doctor.contract import Severity
from nanoclaw.settings.home import Home
from nanoclaw.settings.load import load_settings
from tests.fakes.alert_servers import Gateway
from tests.fakes.channel_world import ClockForTests
from tests.unit.operations.doctor.conftest import Make, group, look


def found(ground: Make, clock: ClockForTests) -> tuple[Severity, str]:
    (finding,) = [one for one in look(ALERT_ROUTE, ground(clock=clock)) if "SMS" in one.what.en]
    return finding.severity, finding.what.en


def test_a_route_is_unset_untested_tested_failed_or_tested_long_ago(home: Home, ground: Make) -> None:
    group(home, "main")
    clock = ClockForTests()
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
