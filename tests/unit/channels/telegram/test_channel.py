"""The life of the bot: its states, its pairing, and a token that nobody sees."""

import asyncio
import importlib.metadata
import logging
import traceback
from collections.abc import Callable

import pytest

from nanoclaw.channels.contract import (
    ChannelCondition,
    ChannelError,
    ChannelState,
    ChannelStatus,
    Pairing,
    PairingCode,
    PairingDone,
    PairingError,
    PairingFault,
    Probing,
    TemporarySendError,
)
from nanoclaw.channels.telegram.channel import TelegramChannel
from nanoclaw.model.turns import ReplyKind
from tests.fakes.running_channel import running
from tests.fakes.telegram_rules import RefusedError
from tests.fakes.telegram_server import TOKEN, TelegramServer
from tests.fakes.waiting import until
from tests.unit.channels.telegram.conftest import TEMPO, Scene

CONFLICT = RefusedError(409, "Conflict: terminated by other getUpdates request")
WEBHOOK = RefusedError(409, "Conflict: can't use getUpdates method while webhook is active")


async def reached(scene: Scene, wanted: Callable[[ChannelState], bool], seconds: float = 5) -> ChannelState:
    await until(lambda: wanted(scene.channel.state()), seconds)
    return scene.channel.state()


async def condition(scene: Scene, wanted: ChannelCondition, seconds: float = 5) -> ChannelState:
    return await reached(scene, lambda state: state.condition is wanted, seconds)


async def up(scene: Scene) -> ChannelState:
    return await reached(scene, lambda state: state.status is ChannelStatus.UP)


def started(scene: Scene, tasks: asyncio.TaskGroup) -> asyncio.Task[None]:
    return tasks.create_task(scene.channel.run(scene.world.surroundings()), name="channel")


async def test_a_revoked_token_stops_the_polling_and_waits_for_the_owner(live: Scene) -> None:
    live.server.token = "424242:another_one_0123456789"  # noqa: S105 - of nobody's bot
    state = await condition(live, ChannelCondition.REFUSED)
    assert state.status is ChannelStatus.DOWN
    assert "auth telegram" in state.hint
    assert state.condition.waits_for_owner
    calls = len(live.server.calls)
    await asyncio.sleep(0.3)
    assert len(live.server.calls) == calls
    with pytest.raises(TemporarySendError):
        await live.channel.send(live.world.compose("1001", "Hello"))
    live.write_token(live.server.token)
    assert (await up(live)).detail == "@andy_test_bot"
    await live.server.says("back again")
    await live.server.all_confirmed()
    assert live.world.state_changes >= 3


async def test_without_a_token_it_waits_for_one(scene: Scene) -> None:
    scene.token_file.unlink()
    async with asyncio.TaskGroup() as tasks:
        task = started(scene, tasks)
        state = await condition(scene, ChannelCondition.UNPAIRED)
        assert "auth telegram" in state.hint
        with pytest.raises(ChannelError, match="No bot"):
            await scene.channel.probe()
        scene.token_file.write_text(TOKEN)
        scene.token_file.chmod(0o644)
        state = await reached(scene, lambda state: "Others can read" in state.detail)
        assert "chmod 600" in state.hint
        scene.token_file.chmod(0o600)
        await up(scene)
        task.cancel()


@pytest.mark.parametrize(("fault", "words"), [(CONFLICT, "Another program"), (WEBHOOK, "by a webhook")])
async def test_another_poller_is_named_and_given_way_to(live: Scene, fault: RefusedError, words: str) -> None:
    live.server.fails("getUpdates", *[fault] * 3)
    state = await condition(live, ChannelCondition.REPLACED)
    assert words in state.detail
    assert state.hint
    await up(live)


async def test_a_network_that_goes_and_comes_back(live: Scene) -> None:
    live.server.fails("getUpdates", *["drop"] * 4)
    state = await condition(live, ChannelCondition.UNREACHABLE)
    assert not state.condition.waits_for_owner
    await up(live)


async def test_a_server_that_accepts_and_never_answers_is_left_after_a_deadline(live: Scene) -> None:
    live.server.fails("getUpdates", "silent", "silent")
    state = await condition(live, ChannelCondition.UNREACHABLE)
    assert "did not answer in time" in state.detail
    await up(live)


async def test_a_port_where_nobody_listens(scene: Scene) -> None:
    scene.world._options = {"api_url": "http://127.0.0.1:1"}
    async with asyncio.TaskGroup() as tasks:
        task = started(scene, tasks)
        state = await condition(scene, ChannelCondition.UNREACHABLE)
        assert "refused" in state.detail.lower()
        with pytest.raises(ChannelError, match="cannot be reached"):
            await scene.channel.probe()
        task.cancel()


async def test_telegram_may_ask_for_a_pause(live: Scene) -> None:
    live.server.fails("getUpdates", RefusedError(429, "Too Many Requests", retry_after=1))
    assert "1 seconds" in (await condition(live, ChannelCondition.PAUSED)).detail
    await up(live)


async def test_what_proved_it_long_ago_proves_nothing(live: Scene) -> None:
    live.server.fails("getUpdates", *["silent"] * 5)
    live.world.clock.ahead += 60
    assert live.channel.state().condition is ChannelCondition.UNREACHABLE


async def test_a_probe_goes_there_and_back(live: Scene) -> None:
    assert isinstance(live.channel, Probing)
    assert "@andy_test_bot" in await live.channel.probe()
    live.server.fails("getMe", "drop")
    with pytest.raises(ChannelError, match="cannot be reached"):
        await live.channel.probe()
    live.server.token = "424242:another_one_0123456789"  # noqa: S105 - of nobody's bot
    with pytest.raises(ChannelError, match="does not accept the bot's token"):
        await live.channel.probe()
    with pytest.raises(ChannelError, match="not running"):
        await TelegramChannel().probe()


async def test_the_owner_proves_who_they_are_by_a_code_that_nobody_else_sees(live: Scene) -> None:
    assert isinstance(live.channel, Pairing)
    steps = live.channel.pair()
    code = await anext(steps)
    assert isinstance(code, PairingCode)
    assert code.qr == f"https://t.me/andy_test_bot?start={code.code}"
    assert 590 < code.expires <= 600
    await live.server.says("Hello")
    await live.server.says(code.code, chat={"id": -100200, "type": "supergroup", "title": "Family"})
    await live.server.says(f"/start {code.code}")
    done = await anext(steps)
    assert done == PairingDone(account="andy_test_bot", owner="1001", chat="1001", name="Olga Owner")
    with pytest.raises(StopAsyncIteration):
        await anext(steps)
    await live.server.says(code.code)
    await live.server.all_confirmed()
    # In a group it proves nothing, and afterwards it is a text like any other.
    assert [(one.address.chat, one.text) for one in live.world.accepted] == [
        ("1001", "Hello"),
        ("-100200", code.code),
        ("1001", code.code),
    ]
    assert live.server.texts == ["Hello. This chat is yours now."]


async def test_a_pairing_tries_a_new_token_at_once_and_says_why_it_fails(scene: Scene) -> None:
    scene.write_token("424242:wrong_one_0123456789")
    async with asyncio.TaskGroup() as tasks:
        task = started(scene, tasks)
        await condition(scene, ChannelCondition.REFUSED)
        with pytest.raises(PairingError) as caught:
            await anext(scene.channel.pair())
        assert caught.value.fault is PairingFault.REFUSED
        scene.write_token(TOKEN)
        steps = scene.channel.pair()
        assert isinstance(await anext(steps), PairingCode)
        with pytest.raises(PairingError) as caught:
            await anext(scene.channel.pair())
        assert caught.value.fault is PairingFault.BUSY
        await steps.aclose()
        again = scene.channel.pair()
        assert isinstance(await anext(again), PairingCode)
        scene.world.clock.ahead += 601
        await again.aclose()
        task.cancel()
    with pytest.raises(PairingError) as caught:
        await anext(scene.channel.pair())
    assert caught.value.fault is PairingFault.BROKEN


async def test_a_pairing_takes_up_a_new_token_in_the_place_of_one_that_works(live: Scene) -> None:
    steps = live.channel.pair()
    assert isinstance(await anext(steps), PairingCode)
    await steps.aclose()
    asked = live.server.calls.count("getme")
    live.server.token = "424242:another_one_0123456789"  # noqa: S105 - of nobody's bot
    live.write_token(live.server.token)
    steps = live.channel.pair()
    assert isinstance(await anext(steps), PairingCode)
    assert live.server.calls.count("getme") == asked + 1
    await steps.aclose()


async def test_a_logout_forgets_the_token_and_stops_the_bot(live: Scene) -> None:
    await live.channel.logout()
    await condition(live, ChannelCondition.UNPAIRED)
    assert not live.token_file.exists()
    await live.channel.logout()
    live.write_token(TOKEN)
    await up(live)


async def test_two_bots_on_one_token_do_not_take_the_daemon_down(live: Scene) -> None:
    other = TelegramChannel(TEMPO)
    async with running(other, live.world.surroundings()):
        await live.server.says("for whoever is first")
        await live.server.all_confirmed()
    await up(live)
    assert len(live.world.accepted) == 1


async def test_the_token_is_in_no_log_no_state_and_no_error(
    scene: Scene, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    seen: list[str] = []
    secret = TOKEN.partition(":")[2]
    async with scene.start():
        scene.server.files["f1"] = b"content"
        await scene.server.says(None, document={"file_id": "f1", "file_unique_id": "u", "file_name": "a"})
        for fault in ("drop", "garbage", CONFLICT, RefusedError(500, "oops"), RefusedError(302, "moved")):
            scene.server.fails("getUpdates", fault)
            scene.server.fails("getMe", fault)
            scene.server.fails("sendMessage", fault)
            scene.server.fails("file", fault)
            await scene.server.says("Hello")
            for attempt in (scene.channel.send(scene.world.compose("1001", "x")), scene.channel.probe()):
                try:
                    await attempt
                except ChannelError as error:
                    seen += [f"{error!r} {error} {error.hint}", *traceback.format_exception(error)]
            scene.world.clock.ahead += 5
            seen.append(repr(scene.channel.state()))
            await up(scene)
        reply = scene.world.compose("1001", "\N{THUMBS UP SIGN}", kind=ReplyKind.REACTION, target="1")
        await scene.channel.send(reply)
        scene.server.token = "424242:another_one_0123456789"  # noqa: S105 - of nobody's bot
        seen.append(repr(await condition(scene, ChannelCondition.REFUSED)))
    seen += [f"{one.getMessage()} {vars(one)} {one.exc_text}" for one in caplog.records]
    seen += [caplog.text, *capfd.readouterr()]
    assert len(seen) > 20
    assert not [one for one in seen if secret in one]


async def test_the_server_of_a_proxy_is_asked_in_its_place(scene: Scene) -> None:
    # An HTTP proxy gets the whole address in the first line; our own server does not, and answers nobody.
    async with scene.start():
        pass
    proxy = TelegramServer()
    async with proxy.running():
        scene.world._options = {**scene.world._options, "proxy": proxy.url}
        async with scene.start():
            await proxy.says("by the proxy")
            await proxy.all_confirmed()
    assert [one.text for one in scene.world.accepted] == ["by the proxy"]


def test_the_library_that_is_wanted_is_the_one_that_is_here() -> None:
    assert importlib.metadata.version("python-telegram-bot").startswith("22.")
