"""What the owner and admins say to nanoclaw itself."""

import pytest

from nanoclaw.intake.judge import COMMANDS
from nanoclaw.model.chats import ChannelName, IncomingFile
from nanoclaw.model.groups import Group, GroupFolder
from nanoclaw.model.people import Person, Role
from tests.unit.intake.conftest import FAMILY_CHAT, Reception


async def appoint(reception: Reception, role: Role, sender: str = "4179") -> None:
    person = Person(channel=ChannelName("whatsapp"), sender=sender, role=role, folder=GroupFolder("family"))
    await reception.store.people.add(person)


@pytest.mark.parametrize(
    ("text", "answer", "done"),
    [
        ("/new", "begins a new conversation", ["forget main"]),
        ("  /NEW ", "begins a new conversation", ["forget main"]),
        ("@Andy /stop", "Stopped.", ["stop main"]),
        ("/compact", "I am compacting", ["compact main"]),
        ("/status", "all is well in main", []),
        ("/help", "/compact: ", []),
    ],
)
async def test_the_owner_is_obeyed_and_answered_and_no_agent_is_woken(
    reception: Reception, text: str, answer: str, done: list[str]
) -> None:
    await reception.say(text)
    (said,) = await reception.heard()
    assert answer in said
    assert reception.levers == done
    assert reception.woken == []
    assert reception.delivered


async def test_what_cannot_be_done_is_said(reception: Reception) -> None:
    reception.levers.append("before")
    await reception.say("/stop")
    await reception.say("/compact")
    assert await reception.heard() == ["I was doing nothing.", "That cannot be done just now; try again soon."]


async def test_an_admin_is_obeyed_in_their_group_and_a_member_is_refused(reception: Reception) -> None:
    await appoint(reception, Role.MEMBER)
    await reception.say("/new", sender="4179", where=FAMILY_CHAT)
    assert await reception.heard(FAMILY_CHAT) == ["Only the owner and the admins of this group can use that."]
    assert reception.levers == []
    await appoint(reception, Role.ADMIN)
    await reception.say("@Andy /new", sender="4179", where=FAMILY_CHAT)
    assert reception.levers == ["forget family"]


async def test_a_stranger_gets_no_answer_and_commands_nothing(reception: Reception) -> None:
    await reception.say("/stop", sender="4170", where=FAMILY_CHAT)
    await reception.set("family", "senders", "anyone")
    await reception.say("/stop", sender="4170", where=FAMILY_CHAT)
    assert (reception.levers, await reception.heard(FAMILY_CHAT)) == ([], [])


@pytest.mark.parametrize("text", ["/newer", "/new now", "please /stop", "/", "/unknown", "new"])
async def test_what_is_no_command_is_a_message(reception: Reception, text: str) -> None:
    await reception.say(text)
    assert (reception.levers, reception.woken) == ([], ["main"])


async def test_a_caption_is_no_command(reception: Reception) -> None:
    await reception.say("/new", files=(IncomingFile(name="a", media_type="image/png", path="/x"),))
    assert (reception.levers, reception.woken) == ([], ["main"])


async def test_a_command_is_obeyed_once_however_often_it_arrives(reception: Reception) -> None:
    await reception.say("/new")
    reception.count -= 1
    await reception.say("/new")
    assert reception.levers == ["forget main"]
    assert len(await reception.heard()) == 1


async def test_commands_are_nothing_that_the_agent_reads(reception: Reception) -> None:
    await reception.say("/status")
    await reception.say("hello")
    group: Group | None = await reception.store.groups.find("main")
    assert group is not None
    assert [one.text for one in (await reception.store.claim(group)).messages] == ["hello"]


async def test_help_lists_every_command(reception: Reception) -> None:
    await reception.say("/help")
    (said,) = await reception.heard()
    assert [line.partition(":")[0] for line in said.splitlines()] == list(COMMANDS)
