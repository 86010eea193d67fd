"""``nanoclaw auth`` with a daemon; tests/integration has it with a real network and without a daemon."""

import tomllib
from typing import Any

import pytest

from nanoclaw.cli.exits import Exit
from nanoclaw.control.pairing_shapes import PairingShape
from nanoclaw.settings.home import Home
from tests.fakes.control_thread import ServerThread
from tests.unit.cli.conftest import Run

_CODE = PairingShape(channel="whatsapp", state="code", code="ABCD-EFGH", words="Type this.", expires_in=60)
_DONE = PairingShape(
    channel="whatsapp", state="done", account="49170@s.whatsapp.net", owner="49170@s.whatsapp.net", chat="49170@s"
)


def _failed(fault: str) -> PairingShape:
    return PairingShape(channel="whatsapp", state="failed", fault=fault, problem="It is so.", hint="Do that.")


def test_a_code_is_shown_and_what_to_do_next_is_said(run: Run, daemon: ServerThread) -> None:
    daemon.service.pairing.shapes = [_CODE, _DONE]
    ran = run("auth", "whatsapp", "--phone", "+49 170")
    assert (ran.status, daemon.service.pairing.begun) == (Exit.OK, ["+49 170"])
    assert "ABCD-EFGH" in ran.err
    assert "unofficial client" in ran.err
    assert "WhatsApp is linked: 49170." in ran.out
    assert "nanoclaw groups chats main add whatsapp:49170@s" in ran.out
    assert "nanoclaw run" not in ran.out


def test_the_channel_is_switched_on_for_it_and_stays_so(run: Run, daemon: ServerThread, home: Home) -> None:
    home.create()
    home.config.write_text("# mine\n[log]\nlevel = 'debug'\n")
    daemon.service.pairing.shapes = [_DONE]
    assert run("auth", "whatsapp").status == Exit.OK
    assert home.config.read_text().startswith("# mine\n")
    assert set(tomllib.loads(home.config.read_text())["channels"]) == {"web", "whatsapp"}


@pytest.mark.parametrize(
    ("fault", "status"),
    [("timeout", Exit.TIMED_OUT), ("outdated", Exit.ERROR), ("passkey", Exit.ERROR), ("broken", Exit.ERROR)],
)
def test_a_failure_is_said_and_the_channel_is_off_again(
    run: Run, daemon: ServerThread, home: Home, fault: str, status: Exit
) -> None:
    daemon.service.pairing.shapes = [_failed(fault)]
    ran = run("auth", "whatsapp")
    assert (ran.status, ran.out) == (status, "")
    assert "error: It is so.\nhint: Do that.\n" in ran.err
    assert tomllib.loads(home.config.read_text())["channels"]["whatsapp"] == {"enabled": False}


def test_the_outcome_as_json_has_the_fault(run: Run, daemon: ServerThread) -> None:
    daemon.service.pairing.shapes = [_CODE, _failed("passkey")]
    ran = run("auth", "whatsapp", "--json")
    assert (ran.json["state"], ran.json["fault"], ran.status) == ("failed", "passkey", Exit.ERROR)


def test_an_account_that_is_linked_already_is_good_news(run: Run, daemon: ServerThread, home: Home) -> None:
    daemon.service.pairing.shapes = [_failed("already-paired")]
    ran = run("auth", "whatsapp")
    assert ran.status == Exit.OK
    assert "linked already" in ran.out
    assert tomllib.loads(home.config.read_text())["channels"]["whatsapp"] == {}


@pytest.mark.parametrize("seconds", ["9", "3601", "soon"])
def test_a_time_that_makes_no_sense_is_refused(run: Run, seconds: str) -> None:
    assert run("auth", "whatsapp", "--timeout", seconds).status == Exit.USAGE


def test_the_status_says_what_is_linked_and_what_links_the_rest(run: Run, home: Home) -> None:
    home.create()
    token = home.channel("telegram") / "token"
    token.parent.mkdir(mode=0o700)
    token.write_text("424242:AAtest-token_0123456789abcdefghijklmn\n")
    token.chmod(0o600)
    ran = run("auth", "status")
    assert "nanoclaw auth whatsapp links it" in ran.out
    assert "424242" not in ran.out
    accounts: list[dict[str, Any]] = run("auth", "status", "--json").json["accounts"]
    assert [(one["channel"], one["linked"], one["enabled"]) for one in accounts] == [
        ("whatsapp", False, False),
        ("telegram", True, False),
    ]
    token.chmod(0o644)
    (open_to_all,) = [one for one in run("auth", "status", "--json").json["accounts"] if one["channel"] == "telegram"]
    assert (open_to_all["linked"], "Others can read" in open_to_all["problem"]) == (None, True)


def test_a_damaged_session_is_said_in_the_status(run: Run, home: Home) -> None:
    home.create()
    home.channel("whatsapp").mkdir(mode=0o700)
    (home.channel("whatsapp") / "session.db").write_bytes(b"no database at all, " * 100)
    (whatsapp, _) = run("auth", "status", "--json").json["accounts"]
    assert (whatsapp["linked"], "damaged" in whatsapp["problem"]) == (None, True)


def test_logging_out_asks_and_nobody_answers(run: Run, daemon: ServerThread) -> None:
    ran = run("auth", "logout", "whatsapp")
    assert (ran.status, daemon.service.pairing.logged_out) == (Exit.USAGE, 0)
    assert "--yes" in ran.err


def test_logging_out_ends_the_session_and_switches_the_channel_off(run: Run, daemon: ServerThread, home: Home) -> None:
    home.create()
    home.config.write_text("[channels.whatsapp]\ntyping = false\n")
    ran = run("auth", "logout", "whatsapp", "--yes")
    assert (ran.status, daemon.service.pairing.logged_out) == (Exit.OK, 1)
    assert tomllib.loads(home.config.read_text())["channels"]["whatsapp"] == {"typing": False, "enabled": False}


def test_where_the_network_cannot_be_told_the_way_out_is_named_and_nothing_is_changed(
    run: Run, daemon: ServerThread, home: Home
) -> None:
    home.create()
    home.config.write_text("[channels.whatsapp]\n")
    daemon.service.pairing.refuses_logout = True
    ran = run("auth", "logout", "whatsapp", "--yes")
    assert (ran.status, "nanoclaw auth logout whatsapp --force" in ran.err) == (Exit.ERROR, True)
    assert home.config.read_text() == "[channels.whatsapp]\n"


def _linked(home: Home) -> None:
    home.create()
    home.channel("whatsapp").mkdir(mode=0o700)
    for name in ("session.db", "session.db-wal", "session.db-shm", "identities.json"):
        (home.channel("whatsapp") / name).write_text("x")


def _kept(home: Home) -> list[str]:
    return [path.name for path in home.channel("whatsapp").iterdir()]


def test_where_the_network_cannot_be_told_the_session_can_be_forgotten_here(
    run: Run, daemon: ServerThread, home: Home
) -> None:
    _linked(home)
    home.config.write_text("[channels.whatsapp]\n")
    ran = run("auth", "logout", "whatsapp", "--force", "--yes")
    assert (ran.status, daemon.service.pairing.logged_out, _kept(home)) == (Exit.OK, 0, ["identities.json"])
    assert "telephone still lists the device" in ran.out
    assert daemon.service.channels.applied == ["whatsapp"]
    assert tomllib.loads(home.config.read_text())["channels"]["whatsapp"] == {"enabled": False}


def test_it_can_be_forgotten_without_a_daemon_too(run: Run, home: Home) -> None:
    _linked(home)
    ran = run("auth", "logout", "whatsapp", "--force", "--yes")
    assert (ran.status, _kept(home)) == (Exit.OK, ["identities.json"])
    assert run("auth", "logout", "whatsapp", "--force", "--yes").status == Exit.OK


def test_the_bots_token_is_forgotten_without_a_daemon(run: Run, home: Home) -> None:
    home.create()
    token = home.channel("telegram") / "token"
    token.parent.mkdir(mode=0o700)
    token.write_text("x")
    ran = run("auth", "logout", "telegram", "--yes")
    assert (ran.status, token.exists()) == (Exit.OK, False)
    assert "/revoke" in ran.out


def test_a_bot_needs_a_token_from_somewhere(run: Run) -> None:
    ran = run("auth", "telegram")
    assert ran.status == Exit.ERROR
    assert "--token-file" in ran.err


@pytest.mark.parametrize("text", ["", "hello", "12:short", "424242"])
def test_what_is_no_token_is_not_even_tried(run: Run, home: Home, text: str) -> None:
    ran = run("auth", "telegram", "--token-file", "-", stdin=text)
    assert ran.status == Exit.ERROR
    assert "no bot token" in ran.err
    assert not (home.channel("telegram") / "token").exists()


def test_a_token_file_that_cannot_be_read_is_named(run: Run) -> None:
    ran = run("auth", "telegram", "--token-file", "/nowhere/token")
    assert "Cannot read /nowhere/token" in ran.err
    assert ran.status == Exit.ERROR
