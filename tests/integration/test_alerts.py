"""Alerts of a whole daemon: what it tells its owner reaches a real server too."""

import asyncio

from tests.fakes.alert_servers import Gateway
from tests.integration.installation import Installation


async def test_a_turn_that_is_given_up_is_told_outside_without_what_was_said_and_a_kill_loses_nothing(
    installation: Installation,
) -> None:
    installation.config = '\n[alerts]\nurls = ["SMS"]\n[agents]\nretry_seconds = []\nstart_seconds = 20\n'
    installation.key = None
    with Gateway().serving() as gateway:
        gateway.status = 503
        installation.home.mkdir(mode=0o700, parents=True)
        (installation.home / ".env").write_text(f"SMS={gateway.url('secret-token')}\n")
        await installation.start()
        await installation.send("A very private question about my garden.")
        async with asyncio.timeout(20):
            while "alert not sent" not in installation.log_events():
                await asyncio.sleep(0.05)
        await installation.kill()
        gateway.status = 200
        status = installation.run("status")
        assert "wait to be sent (SMS: the service itself is in trouble)" in status.stdout
        assert installation.run("alerts", "test").returncode == 0
        await installation.start()
        async with asyncio.timeout(20):
            while len(gateway.taken) < 2:
                await asyncio.sleep(0.05)
        told = str(gateway.taken)
        assert "main: " in told
        assert "private question" not in told
        assert "secret-token" not in installation.log_text()
