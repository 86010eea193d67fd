"""What the owner is asked to allow, and what follows."""

import asyncio

import pytest

from nanoclaw.model.groups import GroupFolder
from nanoclaw.model.people import Role
from tests.unit.intake.conftest import FAMILY_CHAT, Reception
from tests.unit.store.conftest import HERE

ANN = "4179@s.whatsapp.net"
DAY = 24 * 3_600_000


async def asked(reception: Reception) -> str:
    """A stranger has written twice in a group that asks; what the owner reads."""
    await reception.set("family", "senders", "ask")
    await reception.say("hello there", sender=ANN, where=FAMILY_CHAT)
    await reception.say("@Andy what is up?", sender=ANN, where=FAMILY_CHAT)
    (question,) = await reception.heard()
    return question


async def claimed(reception: Reception) -> list[str]:
    """What the family's agent is given; empty when nothing waits."""
    group = await reception.store.groups.find("family")
    assert group is not None
    turn = await reception.store.turns.claim(group.id)
    return [] if turn is None else [one.text for one in turn.messages]


async def test_the_owner_is_asked_once_with_the_immutable_identity_and_nothing_is_read_before(
    reception: Reception,
) -> None:
    question = await asked(reception)
    assert "whatsapp 4179@s.whatsapp.net" in question
    assert "1. allow" in question
    assert reception.woken == []
    assert await claimed(reception) == []
    assert await reception.heard(FAMILY_CHAT) == []


async def test_who_is_allowed_is_a_member_and_what_was_held_is_delivered(reception: Reception) -> None:
    await asked(reception)
    await reception.say("allow")
    assert reception.notes.answers == [True]
    await reception.approvals.settle()
    assert reception.woken == ["family"]
    assert await claimed(reception) == ["hello there", "@Andy what is up?"]
    assert await reception.heard() == ["They are a member of family now."]
    assert [(one.sender, one.role, one.folder) for one in await reception.store.people.all()][1:] == [
        (ANN, Role.MEMBER, "family")
    ]
    await reception.say("@Andy more", sender=ANN, where=FAMILY_CHAT)
    assert reception.woken == ["family", "family"]


async def test_a_held_mention_that_only_the_network_knows_wakes_the_agent_once_its_sender_is_let_in(
    reception: Reception,
) -> None:
    await reception.set("family", "senders", "ask")
    await reception.say("what is up?", sender=ANN, where=FAMILY_CHAT, mentions_assistant=True)
    await reception.say("allow")
    await reception.approvals.settle()
    assert reception.woken == ["family"]
    assert await claimed(reception) == ["what is up?"]


async def test_who_is_not_allowed_stays_unread_and_is_not_asked_about_again(reception: Reception) -> None:
    await asked(reception)
    await reception.say("2")
    await reception.approvals.settle()
    assert await reception.heard() == ["I go on ignoring them there."]
    await reception.say("@Andy please", sender=ANN, where=FAMILY_CHAT)
    assert (await reception.heard(), reception.woken) == ([], [])


async def test_only_the_owner_can_answer_and_only_in_their_own_chat(reception: Reception) -> None:
    await asked(reception)
    await reception.say("allow", sender=ANN, where=FAMILY_CHAT)
    await reception.say("allow", sender="somebody")
    await reception.approvals.settle()
    assert await reception.store.questions.open_in(GroupFolder("family"))
    assert reception.woken == []


async def test_of_a_stranger_only_so_much_is_held_and_the_rest_is_counted(reception: Reception) -> None:
    await reception.set("family", "senders", "ask")
    for number in range(25):
        await reception.say(f"@Andy {number}", sender=ANN, where=FAMILY_CHAT)
    (dropped,) = await reception.store.people.dropped(10)
    assert (dropped.sender, dropped.count) == (ANN, 5)
    await reception.say("allow")
    await reception.approvals.settle()
    held = [f"@Andy {number}" for number in range(20)]
    # The catch-up of this store is five: the one that woke the agent and the newest are told.
    assert await claimed(reception) == [held[0], *held[-5:]]


async def test_a_crash_between_answer_and_effect_is_made_good_and_doing_it_twice_does_no_harm(
    reception: Reception,
) -> None:
    await asked(reception)
    await reception.say("allow")
    again = Reception(reception.store)
    await again.approvals.settle()
    await again.approvals.settle()
    assert again.woken == ["family"]
    assert await again.heard() == ["They are a member of family now."]


@pytest.mark.parametrize(
    ("answer", "granted", "said"),
    [
        ("once", ["once family example.org:443"], "for ten minutes"),
        ("always", ["always family example.org:443"], "from now on"),
        ("no", [], "may not reach"),
    ],
)
async def test_a_host_is_allowed_as_the_owner_says(
    reception: Reception, answer: str, granted: list[str], said: str
) -> None:
    await reception.approvals.ask_domain(GroupFolder("family"), "example.org", 443)
    await reception.approvals.ask_domain(GroupFolder("family"), "example.org", 443)
    (question,) = await reception.heard()
    assert "example.org:443" in question
    await reception.say(answer)
    await reception.approvals.settle()
    assert reception.granted == granted
    (told,) = await reception.heard()
    assert said in told


async def test_a_host_allowed_once_is_asked_about_again_and_a_refused_one_is_not(reception: Reception) -> None:
    for answer, again in (("once", 1), ("no", 0)):
        host = f"{answer}.example.org"
        await reception.approvals.ask_domain(GroupFolder("family"), host, 443)
        await reception.heard()
        await reception.say(answer)
        await reception.approvals.settle()
        await reception.heard()
        reception.store.clock.value += 1
        await reception.approvals.ask_domain(GroupFolder("family"), host, 443)
        assert len(await reception.heard()) == again


async def test_nobody_is_asked_about_a_group_that_is_not_there_or_without_an_owner(reception: Reception) -> None:
    await reception.approvals.ask_domain(GroupFolder("nobody"), "example.org", 443)
    await reception.store.groups.remove(GroupFolder("main"))
    await reception.approvals.ask_domain(GroupFolder("family"), "example.org", 443)
    assert await reception.heard() == []


async def test_a_question_expires_visibly_by_itself(reception: Reception) -> None:
    question = await asked(reception)
    told = asyncio.Event()
    reception.on_delivery = told.set
    reception.store.clock.value += DAY
    async with asyncio.TaskGroup() as tasks, asyncio.timeout(10):
        looking = tasks.create_task(reception.approvals.run(), name="approvals")
        await told.wait()
        looking.cancel()
    (notice,) = await reception.heard()
    assert notice.startswith("Nobody answered in time: ")
    assert question.partition("\n")[0] in notice
    await reception.say("allow", where=HERE)
    assert reception.notes.answers == []


async def test_an_agent_cannot_bury_the_owner_in_questions(reception: Reception) -> None:
    for number in range(12):
        await reception.approvals.ask_domain(GroupFolder("family"), f"{number}.example.org", 443)
    assert len(await reception.heard()) == 5
    await reception.say("no")
    await reception.approvals.settle()
    await reception.heard()
    await reception.approvals.ask_domain(GroupFolder("family"), "later.example.org", 443)
    (question,) = await reception.heard()
    assert "later.example.org:443" in question
