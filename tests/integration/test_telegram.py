"""A message in Telegram and its answer: a real daemon, a real sandbox, the real ``claude``; our own Telegram."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from nanoclaw.stub_model.script import Rule, ToolCall
from tests.fakes.telegram_server import TOKEN, TelegramServer
from tests.integration.installation import Installation

HERE = "1001"


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramServer]:
    server = TelegramServer()
    async with server.running():
        yield server


async def set_up(installation: Installation, server: TelegramServer) -> None:
    """A daemon with the bot of a group whose chat is the owner's."""
    folder = installation.home / "store" / "auth" / "telegram"
    folder.mkdir(mode=0o700, parents=True)
    (folder / "token").touch(mode=0o600)
    (folder / "token").write_text(TOKEN)
    installation.config = f'[channels.telegram]\napi_url = "{server.url}"\npoll_seconds = 2\n'
    await installation.start()
    await installation.add_group("family", channel="telegram", chat=HERE, requires_trigger=False)
    person = {"channel": "telegram", "sender": HERE, "role": "owner"}
    status, answer = await installation.request("POST", "/v1/people", person)
    assert status in {200, 201}, answer
    await is_up(installation)


async def is_up(installation: Installation) -> None:
    await installation.until("any(one['name'] == 'telegram' and one['status'] == 'up' for one in status['channels'])")


async def answered(server: TelegramServer, words: str, seconds: float = 45) -> None:
    """Wait until the bot has said something with these words."""
    async with asyncio.timeout(seconds):
        while not any(words in text for text in server.texts):
            await asyncio.sleep(0.05)


@pytest.mark.docker
async def test_a_message_with_a_file_is_answered_in_telegrams_own_way(
    docker: Installation, telegram: TelegramServer
) -> None:
    read = ToolCall(name="Bash", input={"command": "cat inbox/*", "description": "read"})
    docker.script(
        Rule(when="swordfish", reply="It says **{tool_result}**, see `inbox`."),
        Rule(after_tool=".", reply="It says **{tool_result}**, see `inbox`."),
        Rule(when="Read this", tool=read, times=1),
        Rule(reply="Once more."),
    )
    await set_up(docker, telegram)
    telegram.files["f1"] = b"swordfish"
    document = {"file_id": "f1", "file_unique_id": "u", "file_name": "../../secret.txt", "mime_type": "text/plain"}
    await telegram.says(None, caption="Read this", document=document)
    await answered(telegram, "It says")
    sent = telegram.sent[-1]
    assert "swordfish" in sent.seen.text
    assert ("code", "inbox") in sent.seen.marks
    assert telegram.typed
    (kept,) = (docker.home / "groups" / "family" / "inbox").iterdir()
    assert kept.name.endswith("secret.txt")
    assert TOKEN not in docker.log_text()


async def stored(installation: Installation) -> list[str]:
    lines = (await installation.get("/v1/messages?group=family&limit=100"))["messages"]
    return [line["text"] for line in lines if line["direction"] == "in"]


async def test_a_kill_between_an_update_and_the_next_poll_loses_nothing_and_doubles_nothing(
    installation: Installation, telegram: TelegramServer
) -> None:
    # The newest first: what was said before is a part of every later prompt.
    installation.script(Rule(when="two", reply="Answer two."), Rule(when="one", reply="Answer one."))
    await set_up(installation, telegram)
    said: list[str] = []
    for number in ("one", "two"):
        said.append(f"tell me {number}")
        async with asyncio.timeout(20):
            while not telegram.waiting:
                await asyncio.sleep(0.01)
            # The poll that waits gets it; no poll after it is answered, so that it stays unconfirmed.
            telegram.fails("getUpdates", *["silent"] * 50)
            await telegram.says(said[-1])
            while await stored(installation) != said:
                await asyncio.sleep(0.01)
        await installation.kill()
        assert len(telegram.pending) == 1
        telegram.faults.clear()
        await installation.start()
        await answered(telegram, f"Answer {number}.")
        await telegram.all_confirmed()
    assert await stored(installation) == said
