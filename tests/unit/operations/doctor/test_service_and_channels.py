import os
import socket
import sys
import time
from contextlib import closing
from pathlib import Path

import apsw

from nanoclaw.daemon.networks.built_in import built_in_channels
from nanoclaw.model.chats import ChannelName, ChatAddress
from nanoclaw.model.clock import Milliseconds, SystemClock
from nanoclaw.operations.doctor.checks import channel_extras, channel_libraries, channels, recent_errors
from nanoclaw.operations.doctor.checks.alert_route import ALERT_ROUTE
from nanoclaw.operations.doctor.checks.channel_extras import CHANNEL_EXTRAS
from nanoclaw.operations.doctor.checks.channel_libraries import CHANNEL_LIBRARIES
from nanoclaw.operations.doctor.checks.channels import BUILT_IN, CHANNELS
from nanoclaw.operations.doctor.checks.port import PORT
from nanoclaw.operations.doctor.checks.recent_errors import RECENT_ERRORS
from nanoclaw.operations.doctor.checks.running import RUNNING
from nanoclaw.operations.doctor.checks.telegram_token import TELEGRAM_TOKEN
from nanoclaw.operations.doctor.checks.whatsapp_session import WHATSAPP_SESSION
from nanoclaw.operations.doctor.contract import Severity
from nanoclaw.operations.extras.contract import EXTRAS
from nanoclaw.operations.extras.programs import HELPERS
from nanoclaw.sandboxes.engine import Outcome
from nanoclaw.settings.home import Home
from nanoclaw.store.database import Database
from nanoclaw.store.groups import Groups, Trouble
from nanoclaw.store.survey import Roll
from tests.fakes.control_thread import serving
from tests.unit.operations.doctor.conftest import Make, group, is_ok, known, look, only, run

OK, WARNING, ERROR, SKIPPED = Severity.OK, Severity.WARNING, Severity.ERROR, Severity.SKIPPED
UP = {"running": True, "pid": 1, "version": "1", "channels": [{"name": "web", "status": "up", "detail": ""}]}
DOWN = {**UP, "channels": [{"name": "web", "status": "down", "detail": "The port is taken"}]}


def test_a_daemon_that_answers_runs_and_one_that_is_gone_is_a_warning(ground: Make, home: Home) -> None:
    assert only(RUNNING, ground()).severity is WARNING
    with serving(home.control_socket):
        assert is_ok(RUNNING, ground())


def test_a_daemon_that_hangs_is_an_error(ground: Make, home: Home) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(home.control_socket))
        silent.listen()
        assert only(RUNNING, ground()).severity is ERROR


def test_a_port_is_free_ours_or_taken(ground: Make) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        config = f"[channels.web]\nport = {port}\n"
        taken.listen()
        assert only(PORT, ground(config=config)).severity is ERROR
        assert is_ok(PORT, ground(config=config, status=known(UP)))
    assert is_ok(PORT, ground(config=config))
    assert is_ok(PORT, ground(config="[channels]\n"))
    assert is_ok(PORT, ground(config="[channels.web]\nport = 0\n"))
    assert only(PORT, ground(config='[channels.web]\nport = "http"\n')).severity is ERROR


def test_a_channel_that_nobody_offers_is_an_error_and_one_that_is_down_a_warning(ground: Make) -> None:
    assert is_ok(CHANNELS, ground())
    assert is_ok(CHANNELS, ground(status=known(UP)))
    assert only(CHANNELS, ground(status=known(DOWN))).severity is WARNING
    finding = only(CHANNELS, ground(config="[channels.telegraf]\n"))
    assert (finding.severity, "'telegraf'" in finding.what.en) == (ERROR, True)


def test_the_names_of_built_in_channels_are_those_that_the_daemon_builds() -> None:
    assert frozenset(built_in_channels()) == BUILT_IN


def test_a_whatsapp_session_is_missing_broken_old_or_in_order(ground: Make, home: Home) -> None:
    assert only(WHATSAPP_SESSION, ground()).severity is SKIPPED
    made = ground(config="[channels.whatsapp]\n")
    assert only(WHATSAPP_SESSION, made).severity is ERROR
    folder = home.channel("whatsapp")
    folder.mkdir(mode=0o700)
    session = folder / "session.db"
    session.write_bytes(b"")
    assert "no account is linked" in only(WHATSAPP_SESSION, made).what.en
    session.write_bytes(b"SQLite format 3\0" + bytes(4080))
    assert "not whole" in only(WHATSAPP_SESSION, made).what.en
    session.unlink()
    with closing(apsw.Connection(str(session))) as connection:
        connection.execute("CREATE TABLE whatsmeow_device (jid TEXT)")
        assert only(WHATSAPP_SESSION, made).severity is ERROR
        connection.execute("INSERT INTO whatsmeow_device VALUES ('1@s.whatsapp.net')")
    assert only(WHATSAPP_SESSION, made).severity is OK
    long_ago = time.time() - 20 * 86_400  # noqa: TID251 - a file's time is the machine's
    os.utime(session, (long_ago, long_ago))
    finding = only(WHATSAPP_SESSION, made)
    assert (finding.severity, "20 days" in finding.what.en) == (WARNING, True)


def test_a_telegram_token_is_missing_open_to_others_or_in_order(ground: Make, home: Home) -> None:
    assert only(TELEGRAM_TOKEN, ground()).severity is SKIPPED
    made = ground(config="[channels.telegram]\n")
    assert only(TELEGRAM_TOKEN, made).severity is ERROR
    token = home.channel("telegram") / "token"
    token.parent.mkdir(mode=0o700)
    token.write_text("no token")
    token.chmod(0o600)
    assert "no bot token" in only(TELEGRAM_TOKEN, made).what.en
    token.write_text("424242:AAtest-token_0123456789abcdefghijklmn")
    finding = only(TELEGRAM_TOKEN, made)
    assert (finding.severity, "AAtest" in finding.what.en) == (OK, False)
    token.chmod(0o640)
    finding = only(TELEGRAM_TOKEN, made)
    assert (finding.severity, "Others can read" in finding.what.en) == (ERROR, True)
    wrong = ground(config="[channels.telegram]\napi_url = 'ftp://x'\n")
    assert only(TELEGRAM_TOKEN, wrong).severity is ERROR


def test_what_an_enabled_channel_needs_is_named_with_the_command_that_installs_it(ground: Make) -> None:
    assert only(CHANNEL_EXTRAS, ground()).severity is SKIPPED
    assert only(CHANNEL_EXTRAS, ground(config="[channels.telegram]\n")).severity is OK
    (missing,) = channel_extras.findings(["web", "whatsapp"], lambda extra: extra.packages)
    assert (missing.severity, "neonize" in missing.what.en) == (ERROR, True)
    here = channel_extras.judge(EXTRAS["whatsapp"], ("neonize",), (), checkout=True)
    assert here.todo is not None
    assert "nanoclaw auth whatsapp" in here.todo.en
    packaged = channel_extras.judge(EXTRAS["whatsapp"], ("neonize",), (), checkout=False)
    assert packaged.todo is not None
    assert "pip install 'nanoclaw-py[whatsapp]'" in packaged.todo.zh
    without = channel_extras.judge(EXTRAS["whatsapp"], (), HELPERS, checkout=True)
    assert (without.severity, "no ffmpeg" in without.what.en, "无 libmagic" in without.what.zh) == (OK, True, True)


def test_libraries_of_channels_are_named_and_a_newer_one_is_a_warning(ground: Make) -> None:
    assert any("aiohttp" in finding.what.en for finding in look(CHANNEL_LIBRARIES, ground()))
    assert only(CHANNEL_LIBRARIES, ground(config="[channels]\n")).severity is SKIPPED
    newer = Outcome(code=0, text="aiohttp (3.99.0)\nAvailable versions: 3.99.0\n  LATEST:    3.99.0", error="")
    assert channel_libraries.judge("aiohttp", "3.14.5", newer).severity is WARNING
    assert channel_libraries.judge("aiohttp", "3.99.0", newer).severity is OK
    assert channel_libraries.judge("aiohttp", "3.14.5", Outcome(code=1, text="", error="offline")).severity is SKIPPED
    elsewhere = Outcome(code=0, text="aiohttp (3.99.0)\nAvailable versions: 3.99.0, 3.14.5", error="")
    assert channel_libraries.judge("aiohttp", "3.14.5", elsewhere).severity is WARNING


def test_an_environment_without_pip_asks_that_of_the_python_it_was_made_from() -> None:
    ours, *others = channel_libraries.interpreters()
    assert ours == sys.executable
    assert bool(others) is Path(sys.executable).is_symlink()
    assert not any(Path(other).is_symlink() for other in others)


def test_versions_that_were_chosen_long_ago_are_a_warning() -> None:
    assert channel_libraries.judge_age("aiohttp 3.14.5", 30).severity is OK
    old = channel_libraries.judge_age("aiohttp 3.14.5", 200)
    assert (old.severity, "200 days ago" in old.what.en) == (WARNING, True)
    assert channel_libraries.judge_age("aiohttp 3.14.5", None).severity is SKIPPED


def test_a_library_that_another_package_brings_counts_by_its_channel() -> None:
    assert channel_libraries.libraries(["pigeon"], {"pigeon": "pydantic"}).keys() == {"pydantic"}
    assert channel_libraries.libraries(["pigeon"], {"pigeon": "no-such-package"}) == {}


def test_the_owner_is_reached_by_a_chat_whose_channel_is_enabled_and_up(ground: Make, home: Home) -> None:
    group(home, "main")
    assert is_ok(ALERT_ROUTE, ground())
    assert only(ALERT_ROUTE, ground(config="[channels]\n")).severity is WARNING
    on_web = Roll(
        installation="x",
        groups=(),
        chats=(),
        owner_chat=ChatAddress(channel=ChannelName("web"), chat="main"),
    )
    web = "[channels.web]\n"
    assert is_ok(ALERT_ROUTE, ground(config=web, roll=known(on_web)))
    assert only(ALERT_ROUTE, ground(config=web, roll=known(on_web), status=known(DOWN))).severity is WARNING
    assert only(ALERT_ROUTE, ground(config="[channels]\n", roll=known(on_web))).severity is ERROR


def test_without_a_main_group_nobody_can_be_told(ground: Make, home: Home) -> None:
    group(home, "family")
    assert only(ALERT_ROUTE, ground()).severity is ERROR


def test_errors_of_the_last_day_are_counted_and_old_ones_are_history(ground: Make, home: Home) -> None:
    assert only(RECENT_ERRORS, ground()).severity is SKIPPED
    group(home, "main")
    assert is_ok(RECENT_ERRORS, ground())

    async def note() -> None:
        database = await Database.open(home.database)
        await Groups(database, SystemClock()).note_trouble("The model was not reached", "Look at the network.")
        await database.close()

    run(note())
    finding = only(RECENT_ERRORS, ground())
    assert (finding.severity, "The model was not reached" in finding.what.en) == (WARNING, True)
    old = Trouble(at=Milliseconds(1), what="", hint="")
    assert recent_errors.judge([old], 0, SystemClock().now()) == []


def test_a_fresh_crash_report_is_a_warning(ground: Make, home: Home) -> None:
    group(home, "main")
    (home.log.parent / "crash-20261122T100000Z-1.txt").write_text("Traceback")
    assert look(RECENT_ERRORS, ground())[0].severity is WARNING


def test_a_channel_that_is_not_up_is_told_with_its_reason() -> None:
    (finding,) = channels.judge_states(DOWN["channels"])  # type: ignore[arg-type]
    assert "The port is taken" in finding.what.zh
