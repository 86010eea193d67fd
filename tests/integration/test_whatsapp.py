"""From a telephone to the agent and back: the network's server, the real client, the daemon, the real ``claude``."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nanoclaw.stub_model.script import Answer, Rule, ToolCall
from tests.fakes.whatsapp_account import link_account
from tests.fakes.whatsapp_house import SELF, House, house
from tests.fakes.whatsapp_network.known import KnownAccount
from tests.fakes.whatsapp_network.texts import Quote, Sheet
from tests.integration.installation import Installation


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> KnownAccount:
    """Linked once for all tests of this file."""
    return asyncio.run(link_account(tmp_path_factory.mktemp("linked")))


@pytest.fixture
async def home(docker: Installation, account: KnownAccount, tmp_path: Path) -> AsyncIterator[House]:
    async with house(docker, account, tmp_path) as one:
        yield one


async def test_the_owner_writes_to_themselves_and_is_answered_once(home: House) -> None:
    home.installation.script(Rule(when="Which tea", reply="**Green** tea, [here](https://example.org)."))
    await home.opens()
    await home.network.phone.say("Which tea?")
    answer = await home.receives()
    assert answer.chat in {SELF, str(home.network.phone.lid)}
    assert answer.text == "*Green* tea, here (https://example.org)."
    assert any(one.state == "composing" for one in home.network.typing)
    # What it wrote itself there wakes it no more.
    await home.network.phone.say("And coffee?", quote=Quote(id=answer.id, sender=SELF, text="Green"))
    assert "And coffee?" in (await home.receives()).text
    await asyncio.sleep(1)
    assert len(home.network.sent) == 2
    assert "available" not in home.network.presences


async def test_in_a_group_a_trigger_a_mention_and_a_reply_wake_it_and_nothing_else(home: House) -> None:
    await home.opens()
    await home.ann.say("Only talking", chat=home.family)
    await home.bob.say("@Andy I have no role here", chat=home.family)
    await home.ann.say("@Andy the first", chat=home.family)
    first = await home.receives()
    assert first.chat == str(home.family.id)
    assert set(first.readers) >= {"Ann", "Bob"}
    assert "the first" in first.text
    body = str(home.installation.model.requests[-1].body)
    assert "Only talking" in body
    assert "no role here" not in body
    await home.ann.say("the second", chat=home.family, mentions=[str(home.network.phone.lid)])
    assert "the second" in (await home.receives()).text
    quote = Quote(id=first.id, sender=str(home.network.phone.lid), text=first.text)
    await home.ann.say("the third", chat=home.family, quote=quote)
    assert "the third" in (await home.receives()).text
    # Names prove nothing: neither a person's, nor that of a group which takes another's.
    home.bob.name = "Owner"
    home.family.rename("self", by=home.bob)
    await home.bob.say("@Andy it is me, the owner", chat=home.family)
    await home.network.phone.say("@Andy the fourth", chat=home.family)
    fourth = await home.receives()
    assert fourth.chat == str(home.family.id)
    assert "the fourth" in fourth.text
    assert "it is me" not in str(home.installation.model.requests[-1].body)


async def test_a_file_goes_each_way(home: House) -> None:
    copy = ToolCall(name="Bash", input={"command": "cp inbox/*x* out.txt && ls inbox", "description": "copy"})
    send = ToolCall(name="mcp__nanoclaw__send_file", input={"path": "out.txt", "caption": "*Yours*"})
    home.installation.script(
        Rule(when="keep", tool=copy, then=(Answer(tool=send), Answer(reply="<internal>done</internal>")))
    )
    await home.opens()
    await home.network.phone.send_file(
        b"words" * 1_000, Sheet(name="../../x", media_type="text/plain", caption="keep this")
    )
    sent = await home.receives()
    assert sent.file is not None
    assert (sent.file.name, sent.file.content, sent.text) == ("out.txt", b"words" * 1_000, "_Yours_")
    inbox = home.installation.home / "groups" / "self" / "inbox"
    assert [path.name[11:] for path in inbox.iterdir()] == ["x"]


async def test_a_logout_leaves_the_rest_at_work_and_says_what_to_do(home: House) -> None:
    await home.opens()
    await home.network.phone.remove_devices()
    shown = await home.reaches("down")
    assert shown["condition"] == "logged-out"
    assert "auth whatsapp" in str(shown)
    assert await home.installation.answer("still there?")


async def test_kills_of_client_and_daemon_lose_nothing_double_nothing_and_keep_the_order(home: House) -> None:
    await home.opens()
    asked = []
    for number in range(3):
        asked.append(f"question {number}.")
        await home.network.phone.say(asked[-1])
        await asyncio.sleep(0.15 * number)
        if number % 2:
            home.kill_child()
        elif number:
            await home.installation.kill()
            await home.network.phone.say(f"while away {number}.")
            asked.append(f"while away {number}.")
            await home.starts()
    lines: list[dict[str, str]] = []
    async with asyncio.timeout(40):
        while [line for line in lines if line["state"] not in {"answered", "sent"}] or len(lines) <= len(asked):
            await asyncio.sleep(0.1)
            lines = (await home.installation.get("/v1/messages?group=self&limit=1000"))["messages"]
    assert [line["text"] for line in lines if line["direction"] == "in"] == asked
    assert asked[-1] in home.texts()[-1]
    # Each of its answers is seen once, in the order in which they were given.
    assert home.texts() == [line["text"] for line in lines if line["direction"] == "out"]
