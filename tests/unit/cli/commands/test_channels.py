"""``nanoclaw channels`` and ``nanoclaw alerts chats``."""

import pytest

from nanoclaw.settings.home import Home
from nanoclaw.settings.load import load_settings
from tests.fakes.control_thread import ServerThread
from tests.fakes.service import FakeService
from tests.unit.cli.conftest import Run


def set_up(home: Home, text: str = "") -> None:
    home.create()
    if text:
        home.config.write_text(text)


def test_the_list_has_what_is_built_in_what_is_configured_and_how_it_is(
    run: Run, home: Home, daemon: ServerThread
) -> None:
    set_up(home, "[channels.web]\ncanary_minutes = 10\n[channels.semaphore]\n[channels.telegram]\nenabled = false\n")
    ran = run("channels", "list", "--json")
    found = {one["name"]: one for one in ran.json["channels"]}
    assert found["local"]["enabled"]
    assert (found["web"]["enabled"], found["web"]["origin"]) == (True, "built in")
    assert (found["web"]["canary_minutes"], found["web"]["state"]["status"]) == (10, "up")
    assert (found["semaphore"]["origin"], found["semaphore"]["state"]) == ("", None)
    text = run("channels", "list").out
    assert "there is no such channel" in text
    assert [line.split()[:2] for line in text.splitlines() if line.startswith("telegram")] == [["telegram", "off"]]


def test_without_a_daemon_the_list_says_so(run: Run, home: Home) -> None:
    set_up(home)
    assert "the assistant is not running" in run("channels", "list").out


def test_a_channel_is_switched_off_and_on_in_the_file_for_the_next_start(run: Run, home: Home) -> None:
    text = "# mine\n[channels.web]\nport = 0 # any\n"
    set_up(home, text)
    ran = run("channels", "disable", "web")
    assert ran.out == "web is switched off; that counts when the assistant starts.\n"
    assert load_settings(home).enabled_channels == {}
    assert run("channels", "disable", "web").out == "web is switched off already.\n"
    assert run("channels", "enable", "web", "--json").json == {"action": "none", "channel": None, "changed": True}
    assert home.config.read_text() == text


def test_a_running_assistant_follows_at_once(run: Run, home: Home, daemon: ServerThread) -> None:
    set_up(home, "[channels.web]\nenabled = false\n[channels.telegram]\nenabled = false\n")
    ran = run("channels", "enable", "telegram", "--json")
    assert ran.status == 0, ran.err
    assert ran.json["action"] == "started"
    assert ran.json["changed"]
    assert daemon.service.channels.applied == ["telegram"]
    assert run("channels", "disable", "web").status == 0
    assert daemon.service.channels.applied == ["telegram", "web"]


@pytest.mark.parametrize("action", ["enable", "disable"])
def test_a_channel_that_nobody_offers_changes_nothing(run: Run, home: Home, action: str) -> None:
    set_up(home)
    ran = run("channels", action, "semaphore")
    assert ran.status == 1
    assert "no channel named 'semaphore'" in ran.err
    assert "web" in ran.err
    assert not home.config.exists()


def test_the_terminal_cannot_be_switched_off(run: Run, home: Home) -> None:
    set_up(home)
    assert run("channels", "disable", "local").status == 1


def test_a_table_without_a_channel_can_be_switched_off(run: Run, home: Home) -> None:
    set_up(home, "[channels.semaphore]\n")
    assert run("channels", "disable", "semaphore").status == 0
    assert load_settings(home).enabled_channels == {}


def test_a_test_says_what_was_tried_and_how_long_it_took(run: Run, home: Home, daemon: ServerThread) -> None:
    ran = run("channels", "test", "pigeon", "--chat", "me", "--wait", "5")
    assert ran.status == 0
    assert "probe: passed in 12 ms: there and back" in ran.out
    assert "message: delivered to me in 31 ms" in ran.out
    assert (daemon.service.channels.tested[0].chat, daemon.service.channels.tested[0].wait_seconds) == ("me", 5)


def test_a_failed_test_is_an_exit_status_and_says_what_to_do(run: Run, home: Home, daemon: ServerThread) -> None:
    desk = daemon.service.channels
    down = desk.result.channel.model_copy(
        update={"status": "down", "condition": "logged-out", "detail": "Gone.", "hint": "Link it again."}
    )
    desk.result = desk.result.model_copy(
        update={
            "ok": False,
            "channel": down,
            "probe": "failed",
            "probe_ms": None,
            "probe_detail": "nobody there",
            "message": "undelivered",
            "message_ms": None,
            "message_detail": "not within 5 s",
        }
    )
    ran = run("channels", "test", "pigeon")
    assert ran.status == 1
    assert "pigeon down (logged-out)" in ran.out
    assert "→ Link it again." in ran.out
    assert run("channels", "test", "pigeon", "--json").json["ok"] is False


def test_a_test_needs_a_running_assistant_and_a_channel(run: Run, home: Home) -> None:
    ran = run("channels", "test", "pigeon")
    assert ran.status == 1
    assert "No assistant is running" in ran.err


def test_an_unknown_channel_cannot_be_tested(run: Run, home: Home, daemon: ServerThread) -> None:
    ran = run("channels", "test", "semaphore")
    assert ran.status == 1
    assert "'semaphore'" in ran.err


@pytest.mark.parametrize("live", [True, False])
def test_where_news_go_is_shown_and_said(
    run: Run, home: Home, stored: FakeService, request: pytest.FixtureRequest, *, live: bool
) -> None:
    service = request.getfixturevalue("daemon").service if live else stored
    assert "News would go now to pigeon:me." in run("alerts", "chats").out
    assert run("alerts", "chats", "pigeon:me").status == 0
    assert service.channels.named == ["pigeon:me"]
    assert run("alerts", "chats", "pigeon:stranger").status == 1
    assert run("alerts", "chats", "--default").status == 0
    assert service.channels.named == []


def test_the_chats_can_be_tested(run: Run, home: Home, daemon: ServerThread) -> None:
    ran = run("alerts", "chats", "pigeon:me", "--test", "--json")
    assert ran.status == 0
    assert [one["address"] for one in ran.json["tests"]] == ["pigeon:me"]
    assert daemon.service.channels.tested[0].chat == "me"


def test_without_a_daemon_a_test_of_chats_fails(run: Run, home: Home) -> None:
    ran = run("alerts", "chats", "--test")
    assert ran.status == 1
    assert "undelivered" in ran.out
