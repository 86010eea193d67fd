"""Alerts on their way to real servers: mail, and a gateway over HTTP."""

import logging
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from nanoclaw.operations.alerts.contract import Level
from nanoclaw.operations.alerts.state import Fate
from tests.fakes.alert_servers import PASSWORD, Gateway, MailServer, free_port
from tests.fakes.small_disk import fill, small_disk
from tests.fakes.waiting import until
from tests.unit.operations.alerts.conftest import House

REPOSITORY = Path(__file__).parents[4]


async def test_an_alert_goes_out_by_mail_and_by_the_gateway_once_however_often_it_is_raised(
    house: House, mail_server: MailServer, gateway: Gateway
) -> None:
    house.set_up(MAIL=mail_server.url(), SMS=gateway.url(kind="form"))
    async with house.running() as desk:
        assert await desk.alert(Level.ERROR, "backup", "A backup\nfailed.")
        assert not await desk.alert(Level.ERROR, "backup", "A backup failed again.")
        await until(lambda: house.state.history)
    assert mail_server.texts[0].strip() == "A backup failed."
    assert mail_server.subjects[0].endswith(": error")
    assert [(sms["path"], sms["message"]) for sms in gateway.taken] == [
        ("/send/token-of-the-gateway", "A backup failed.")
    ]
    assert len(mail_server.mails) == 1
    (entry,) = house.state.history
    assert (entry.fate, sorted(entry.sent)) == (Fate.SENT, ["MAIL", "SMS"])


async def test_the_same_trouble_is_told_again_after_its_hours_and_how_often_it_came(
    house: House, gateway: Gateway
) -> None:
    house.set_up("repeat_hours = 2", SMS=gateway.url())
    async with house.running() as desk:
        for _ in range(3):
            await desk.alert(Level.WARNING, "disk", "The disk is nearly full.")
        await until(lambda: gateway.taken)
        house.clock.ahead = 2 * 3600 + 1
        assert await desk.alert(Level.WARNING, "disk", "The disk is nearly full.")
        await until(lambda: len(gateway.taken) == 2)
    assert gateway.taken[1]["message"] == "The disk is nearly full. (It came 2 times more since it was told last.)"


async def test_what_is_below_the_level_stands_in_the_log_only(
    house: House, gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    house.set_up('level = "error"', SMS=gateway.url())
    with caplog.at_level(logging.INFO, "nanoclaw.operations.alerts"):
        async with house.running() as desk:
            await desk.alert(Level.WARNING, "a", "Not so bad.")
            await desk.alert(Level.CRITICAL, "b", "Very bad.")
            await until(lambda: gateway.taken)
    assert [sms["message"] for sms in gateway.taken] == ["Very bad."]
    levels = {vars(record)["about"]: record.levelname for record in caplog.records if record.message == "alert"}
    assert levels == {"Not so bad.": "WARNING", "Very bad.": "CRITICAL"}
    assert house.state.history[0].fate is Fate.LOGGED


async def test_a_storm_becomes_one_digest_with_the_worst_first(house: House, gateway: Gateway) -> None:
    house.set_up(SMS=gateway.url())
    before = house.desk()
    for number in range(250):
        await before.alert(Level.WARNING, f"storm-{number}", f"Trouble {number}.")
    await before.alert(Level.WARNING, "last", "Nobody reads this one.")
    async with house.running():
        await until(lambda: gateway.taken and not house.state.waiting)
    (digest,) = gateway.taken
    assert "251 alerts" in digest["title"]
    assert len(digest["message"].splitlines()) == 21
    assert "And 231 more" in digest["message"]
    assert house.state.left_out == 0


async def test_a_route_rests_after_a_burst_and_then_tells_the_rest_at_once(house: House, gateway: Gateway) -> None:
    house.set_up(SMS=gateway.url())
    async with house.running() as desk:
        for number in range(5):
            await desk.alert(Level.ERROR, str(number), f"Trouble {number}.")
            await until(lambda: not house.state.waiting)
        singly = len(gateway.taken)
        for number in range(5, 9):
            await desk.alert(Level.ERROR, str(number), f"Trouble {number}.")
        await desk.alert(Level.CRITICAL, "worst", "The worst.")
        assert len(house.state.waiting) == 5
    house.clock.ahead = 601
    async with house.running():
        await until(lambda: not house.state.waiting)
    assert singly == 5
    assert len(gateway.taken) == 6
    assert gateway.taken[-1]["message"].splitlines()[0] == "critical: The worst."


async def test_an_outage_of_one_route_holds_up_no_other_and_loses_nothing(
    house: House, mail_server: MailServer, gateway: Gateway
) -> None:
    house.set_up(MAIL=mail_server.url(), SMS=gateway.url())
    mail_server.stop()
    async with house.running() as desk:
        for number in range(4):
            await desk.alert(Level.ERROR, str(number), f"Trouble {number}.")
            await until(lambda: len(gateway.taken) == number + 1)  # noqa: B023 - awaited here
            # As time passes the mail server is tried again, and is still away.
            await until(lambda: house.state.routes["MAIL"].fails == number + 1)  # noqa: B023
            house.clock.ahead += 3600
        assert "refused" in house.state.routes["MAIL"].problem
        assert len(house.state.waiting) == 4
        assert [what for what, _ in house.noted] == ["Alerts do not get out by MAIL: the connection was refused"]
        mail_server.start()
        await desk.alert(Level.ERROR, "again", "Trouble once more.")
        await until(lambda: not house.state.waiting)
    assert len(mail_server.mails) == 1, "what it missed comes as one digest"
    assert [line for line in mail_server.texts[0].split("\n") if "Trouble 0" in line]
    assert house.state.routes["MAIL"].fails == 0


async def test_pauses_grow_with_each_failure_up_to_an_hour(house: House) -> None:
    house.set_up(SMS=f"json://127.0.0.1:{free_port()}/x")
    pauses = []
    await house.desk().alert(Level.ERROR, "a", "Trouble.")
    for _ in range(10):
        await house.desk().flush(20)
        pauses.append(round((house.state.routes["SMS"].next_at - house.clock.now()) / 1000))
        house.clock.ahead += pauses[-1] + 1
    assert [pause // 30 for pause in pauses[:2]] == [0, 1] or pauses[:2] == [30, 60]
    assert pauses[-1] in {3599, 3600}
    assert pauses == sorted(pauses)


async def test_an_alert_is_of_no_use_after_a_week_and_a_clock_set_back_holds_nothing_up(
    house: House, gateway: Gateway
) -> None:
    house.set_up(SMS=gateway.url())
    gateway.status = 503
    house.clock.ahead = 30 * 86_400
    await house.desk().alert(Level.ERROR, "future", "From a wrong clock.")
    await house.desk().flush(20)
    house.clock.ahead = 0
    gateway.status = 200
    async with house.running():
        await until(lambda: gateway.taken)
    gateway.status = 503
    await house.desk().alert(Level.ERROR, "old", "Too old.")
    house.clock.ahead = 8 * 86_400
    async with house.running():
        await until(lambda: len(house.state.history) == 2)
    assert house.state.history[-1].fate is Fate.EXPIRED


_ACCEPT_AND_DIE = """
import asyncio, os, signal, sys
from pathlib import Path
from nanoclaw.model.clock import SystemClock
from nanoclaw.operations.alerts.book import Book
from nanoclaw.operations.alerts.contract import Level
from nanoclaw.operations.alerts.desk import AlertDesk, plain_hands
from nanoclaw.operations.alerts.routes import find_routes
from nanoclaw.settings.home import Home
from nanoclaw.settings.load import load_settings
home = Home(Path(sys.argv[1]))
routes = find_routes(home, load_settings(home).alerts)
async def main():
    desk = AlertDesk(Book(home), routes, SystemClock(), plain_hands(routes))
    for number in range(3):
        await desk.alert(Level.ERROR, str(number), f"Trouble {number}.")
    os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(main())
"""


async def test_a_kill_between_accepting_and_sending_loses_no_alert(
    house: House, gateway: Gateway, scrubbed_environment: dict[str, str]
) -> None:
    house.set_up(SMS=gateway.url())
    ended = subprocess.run(  # noqa: ASYNC221 - it dies at once
        [sys.executable, "-c", _ACCEPT_AND_DIE, str(house.home.root)],
        env={**scrubbed_environment, "PYTHONPATH": str(REPOSITORY / "src")},
        timeout=50,
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL
    assert gateway.taken == []
    async with house.running():
        await until(lambda: not house.state.waiting)
    assert [sms["message"] for sms in gateway.taken] == [f"Trouble {number}." for number in range(3)]


async def test_a_damaged_file_is_set_aside_and_alerts_go_on(house: House, gateway: Gateway) -> None:
    house.set_up(SMS=gateway.url())
    for rubbish in ("{", "[]", '{"waiting": 7}', "\0\0", '{"waiting":[{"alert":{"level":"bad"}}]}'):
        house.home.alerts.write_text(rubbish)
        assert await house.desk().alert(Level.ERROR, rubbish, f"Found {len(rubbish)}.")
        assert house.home.alerts.with_name("alerts.json.damaged").read_text() == rubbish
    async with house.running():
        await until(lambda: not house.state.waiting)
    assert stat.S_IMODE(house.home.alerts.stat().st_mode) == 0o600


async def test_an_alert_that_cannot_be_kept_is_in_the_log_and_goes_out_all_the_same(
    house: House, gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    house.set_up(SMS=gateway.url())
    house.home.alerts.mkdir()
    async with house.running() as desk:
        await desk.alert(Level.ERROR, "a", "Trouble.")
        await until(lambda: gateway.taken)
    said = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    assert said == ["alerts cannot be kept", "alert"]


async def test_on_a_full_disk_alerts_go_out_once_and_are_written_down_when_there_is_room(
    gateway: Gateway, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO), small_disk(tmp_path / "small", 1) as place:
        house = House(place / "nc")
        house.set_up(SMS=gateway.url())
        gateway.status = 503
        await house.desk().alert(Level.ERROR, "before", "From before.")
        kept = house.home.alerts.read_bytes()
        filler = fill(place, leave=0)
        gateway.status = 200
        async with house.running() as desk:
            for _ in range(3):
                await desk.alert(Level.CRITICAL, "disk", "The disk is full.")
            await desk.alert(Level.ERROR, "more", "And more.")
            await until(lambda: len(gateway.taken) == 3)
            assert house.home.alerts.read_bytes() == kept
            filler.unlink()
            await desk.alert(Level.INFO, "again", "There is room: only the log has it.")
            await until(lambda: len(house.state.history) == 4)
        assert not house.state.waiting
        assert [path.name for path in house.home.alerts.parent.glob("*alerts*")] == ["alerts.json", "alerts.lock"]
    assert sorted(sms["message"] for sms in gateway.taken) == [
        "And more.",
        "From before.",
        "The disk is full.",
    ]
    said = [record.message for record in caplog.records]
    assert (said.count("alerts cannot be kept"), said.count("alerts are kept again")) == (1, 1)


async def test_a_route_that_fails_on_a_full_disk_is_not_tried_without_end(gateway: Gateway, tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", 1) as place:
        house = House(place / "nc")
        house.set_up(SMS=gateway.url())
        fill(place, leave=0)
        gateway.status = 503
        async with house.running() as desk:
            for number in range(5):
                await desk.alert(Level.ERROR, str(number), f"Trouble {number}.")
            await until(lambda: gateway.asked)
            await desk.flush(5)
        assert gateway.asked == 1


async def test_no_secret_is_in_what_is_sent_kept_or_logged(
    house: House, mail_server: MailServer, gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    house.set_up(MAIL=mail_server.url("wrong-but-secret"), SMS=gateway.url("path-secret"))
    key = "sk-ant-api03-abcdefghijklmnop"
    with caplog.at_level(logging.DEBUG):
        async with house.running() as desk:
            await desk.alert(Level.ERROR, "a", f"It said {key}, wrong-but-secret, and +41 79 123 45 67.")
            await until(lambda: gateway.taken and house.state.routes.get("MAIL"))
            await until(lambda: house.state.routes["MAIL"].fails == 1)
    assert gateway.taken[0]["message"] == "It said [hidden], [hidden], and [hidden]."
    logged = "\n".join(
        f"{record.getMessage()} {vars(record)}" for record in caplog.records if record.name.startswith("nanoclaw")
    )
    kept = house.home.alerts.read_text()
    for place in (logged, kept):
        for secret in (key, "wrong-but-secret", "path-secret", PASSWORD, "123 45 67"):
            assert secret not in place
    assert house.state.routes["MAIL"].problem == "the service does not accept the user name, password or token"


async def test_a_route_whose_variable_is_not_set_is_named_and_the_others_work(house: House, gateway: Gateway) -> None:
    house.set_up(NOWHERE="", SMS=gateway.url())
    async with house.running() as desk:
        await desk.alert(Level.ERROR, "a", "Trouble.")
        await until(lambda: not house.state.waiting)
    assert house.noted == [("The alert route NOWHERE has no address", "Write NOWHERE=… into .env.")]
    assert len(gateway.taken) == 1


async def test_alerts_that_waited_for_a_first_route_are_sent_once_there_is_one(house: House, gateway: Gateway) -> None:
    house.set_up(SMS="")
    await house.desk().alert(Level.ERROR, "a", "Trouble.")
    house.set_up(SMS=gateway.url())
    async with house.running():
        await until(lambda: not house.state.waiting)
    assert len(gateway.taken) == 1
