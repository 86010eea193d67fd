from nanoclaw.cli.exits import Exit
from tests.fakes.control_thread import ServerThread
from tests.unit.cli.conftest import Run


def test_everything_is_shown_and_nothing_steers_the_terminal(run: Run, daemon: ServerThread) -> None:
    ran = run("status")
    assert ran.status == 0
    for words in ("running", "bubblewrap", "web up", "main idle", "ANTHROPIC_API_KEY in .env", "␛[31mmodel"):
        assert words in ran.out
    assert not [line for line in ran.out.splitlines() if line.startswith(":")]


def test_json_is_the_documented_shape(run: Run, daemon: ServerThread) -> None:
    assert run("status", "--json").json["queue"]["agents_at_once"] == 5


def test_a_stopped_daemon_is_status_three_and_shows_what_is_on_disk(run: Run) -> None:
    ran = run("status")
    assert ran.status == Exit.DAEMON_DOWN
    assert "not running" in ran.out
    assert "groups:       main" in ran.out
