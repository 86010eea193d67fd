"""Edits, deletions, reactions, quotes, voice notes, and groups of several chats: a whole daemon, real ``claude``."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from nanoclaw.model.chats import ChangeKind
from nanoclaw.stub_model.script import Rule
from tests.fakes.string_telephone import NAMES, Party, announce
from tests.integration.installation import REPOSITORY, Installation
from tests.integration.test_group_settings import body


class House:
    """A group whose chat is at one end of a string; the other telephone is a tube."""

    def __init__(self, installation: Installation, root: Path) -> None:
        self.installation = installation
        self.string, self.tube = (Party(root / name) for name in NAMES)
        announce(root / "packages")
        packages = os.pathsep.join((str(root / "packages"), str(REPOSITORY)))
        installation.environment = {**installation.environment, "PYTHONPATH": packages}
        tables = "".join(f'[channels.{name}]\nfolder = "{root / name}"\n' for name in NAMES)
        self.script = root / "write-down"
        self.script.write_text('#!/bin/sh\nprintf "%s" "$(cat "$1")"\n')
        self.script.chmod(0o700)
        installation.config = f'{tables}[transcription]\ncommand = ["{self.script}", "{{file}}"]\n'

    async def open(self, **group: object) -> None:
        await self.installation.start()
        await self.installation.add_group("family", channel="string", chat="home", **group)
        self.command("groups", "set", "family", "senders=anyone")

    def command(self, *arguments: str) -> str:
        ran = self.installation.run(*arguments)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    async def sent(self) -> None:
        """Wait until what was heard is known here by the network's name for it: a person is never that quick."""
        async with asyncio.timeout(10):
            while any(line["state"] != "sent" for line in await self._replies()):
                await asyncio.sleep(0.05)

    async def _replies(self) -> list[dict[str, Any]]:
        lines = (await self.installation.get("/v1/messages?group=family&limit=100"))["messages"]
        return [line for line in lines if line["direction"] == "out"]

    def prompt(self) -> str:
        """The newest that the model was asked."""
        (newest,) = [one for one in body(self.installation)["messages"] if one["role"] == "user"][-1:]
        return str(newest["content"])

    def conversation(self) -> str:
        return str(body(self.installation)["messages"])


@pytest.fixture
def house(bubblewrap: Installation, tmp_path: Path) -> House:
    return House(bubblewrap, tmp_path)


async def test_the_agent_reads_what_people_made_of_their_messages_and_quotes_what_it_answers(house: House) -> None:
    house.installation.script(Rule(reply="Hi."))
    await house.open()
    string = house.string
    await string.say("home", "we meet at nine", "1")
    await string.do(ChangeKind.EDITED, "home", "1", "we meet at ten")
    await string.say("home", "the safe is 4711", "2", "ben")
    await string.do(ChangeKind.DELETED, "home", "2", sender="ben")
    await string.say("home", "@Andy when?", "3", "ben")
    first = await string.hears(1)
    assert (first["quote"], first["text"]) == ("3", "Hi.")
    asked = house.prompt()
    assert "we meet at ten" in asked
    assert "nine" not in asked
    assert "4711" not in asked
    await house.sent()
    await string.do(ChangeKind.REACTED, "home", first["id"], "👍")
    await string.do(ChangeKind.EDITED, "home", "3", "@Andy when, and where?", sender="ben")
    await string.do(ChangeKind.DELETED, "home", "1")
    await string.say("home", "@Andy well?", "4")
    assert (await string.hears(2))["quote"] == "4"
    told = house.prompt()
    assert '<reaction sender="Ann"' in told
    assert 'emoji="👍"' in told
    assert 'message="in-3">@Andy when, and where?</edited>' in told
    assert '<deleted sender="Ann"' in told
    await string.do(ChangeKind.EDITED, "home", "1", "gone")
    await string.say("home", "no trigger here", "5")
    await string.do(ChangeKind.EDITED, "home", "5", "@Andy a trigger here")
    assert (await string.hears(3))["quote"] == "5"
    assert "4711" not in house.command("messages", "list", "--limit", "50")
    assert "@Andy when, and where?" in house.command("messages", "search", "where")


async def test_a_voice_note_is_read_in_its_place_and_holds_up_no_other_chat(house: House, tmp_path: Path) -> None:
    house.installation.script(Rule(reply="Hi."))
    house.script.write_text('#!/bin/sh\nwhile [ ! -e "$0.go" ]; do sleep 0.05; done\ncat "$1"\n')
    await house.open()
    (tmp_path / "sound").write_text("Andy, buy plums")
    await house.string.say("home", "", "1", voice=str(tmp_path / "sound"))
    await house.string.say("home", "@Andy and pears", "2")
    assert await house.installation.answer("hello") == "Hi."
    assert house.string.heard() == []
    (tmp_path / "write-down.go").touch()
    await house.string.hears(1)
    asked = house.prompt()
    assert asked.index("[transcript of the voice note] Andy, buy plums") < asked.index("and pears")
    assert 'type="audio/ogg"' in asked


async def test_one_group_in_two_chats_has_one_memory_and_one_conversation_or_two(house: House) -> None:
    house.installation.script(Rule(reply="Hi."))
    await house.open(requires_trigger=False)
    assert "cottage" in house.command("groups", "chats", "family", "add", "tube:cottage")
    memory = house.installation.home / "groups" / "family" / "CLAUDE.md"
    memory.write_text("Our colour is violet.")
    await house.string.say("home", "the word is plums", "1")
    await house.string.hears(1)
    assert 'chat="Home on string"' in house.prompt()
    await house.tube.say("cottage", "and here?", "1")
    assert (await house.tube.hears(1))["chat"] == "cottage"
    assert 'chat="Cottage on tube"' in house.prompt()
    assert "the word is plums" in house.conversation()
    assert len(house.string.heard()) == 1

    house.command("groups", "set", "family", "conversation=separate")
    await house.tube.say("cottage", "we say pears", "2")
    await house.tube.hears(2)
    assert "plums" not in house.conversation()
    assert "Our colour is violet." in str(body(house.installation))
    await house.string.say("home", "we say apples", "2")
    await house.string.hears(2)
    assert "pears" not in house.conversation()
    await house.tube.say("cottage", "what did we say?", "3")
    await house.tube.hears(3)
    assert "we say pears" in house.conversation()
    assert "apples" not in house.conversation()
    await house.installation.until("len(status['agents']) <= 1")
    listed = {line.split()[-1] for line in house.command("groups", "list").splitlines()}
    assert {"string:home", "tube:cottage"} <= listed
