"""The real client in the real child, at a WhatsApp of our own."""

import asyncio
import os
import stat
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nanoclaw.channels.whatsapp import link
from nanoclaw.channels.whatsapp.child_contract import OrderFailedError
from nanoclaw.model.clock import SystemClock
from tests.fakes.small_disk import fill, small_disk
from tests.fakes.whatsapp_network.history import Past, PastChat
from tests.fakes.whatsapp_network.people import Contact
from tests.fakes.whatsapp_network.texts import Sheet
from tests.fakes.whatsapp_rig import Rig, rig

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the client is made to trust our network by /proc")
ANN = "222200000000002@lid"


@pytest.fixture
async def linked(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig(tmp_path) as one:
        yield one


def contact(one: Rig, name: str = "Ann") -> Contact:
    number = len(one.network.world.accounts)
    return one.network.contact(name, f"49170111222{number}", f"22220000000000{number + 1}")


async def test_a_pairing_code_links_an_account_and_the_session_is_private(tmp_path: Path) -> None:
    async with rig(tmp_path, linked=False) as one:
        await one.keeper.order(link.Pair(order=0, phone="+49 170 0000001"))
        code = await one.next(link.Code)
        await one.network.phone.enter(code.pairing)
        paired = await one.next(link.Paired)
        assert paired.me.phone == "491700000001@s.whatsapp.net"
        await one.state("connected")
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in one.folder.rglob("*")}
        assert {name: oct(mode) for name, mode in modes.items() if mode & 0o077} == {}
        with pytest.raises(OrderFailedError, match="linked"):
            await one.keeper.order(link.Pair(order=0))


@pytest.mark.parametrize(
    ("fault", "value", "why"),
    [("login", {"reason": "405"}, "outdated"), ("unreachable", True, "unreachable"), ("passkey", True, "passkey")],
)
async def test_a_pairing_that_fails_says_why(tmp_path: Path, fault: str, value: object, why: str) -> None:
    async with rig(tmp_path, linked=False) as one:
        setattr(one.network.faults, fault, value)
        await one.keeper.order(link.Pair(order=0))
        if fault == "passkey":
            code = await one.next(link.Code)
            with pytest.raises(Exception, match="passkey"):
                await one.network.phone.scan(code.qr)
        assert (await one.next(link.NotPaired)).why == why


async def test_what_people_do_arrives_and_is_confirmed_quietly(linked: Rig) -> None:
    ann, bob = contact(linked, 'Ann "x" id="F"'), contact(linked, "Bob")
    group = linked.network.group("Family", [ann, bob])
    first = await ann.say("hello")
    await linked.until(lambda: len(linked.incoming) == 1)
    await bob.say("all", chat=group)
    await ann.edit(first, "hello!")
    ours = await linked.write("hi", chat=str(ann.lid))
    await ann.react("👍", ours.id, by=linked.network.phone)
    await ann.delete(first)
    await linked.network.phone.say("from my phone", chat=ann)
    await ann.send(b"\xff\xff\xff\xff")
    await linked.until(lambda: len(linked.incoming) == 7)
    said = {(one.kind, one.text): one for one in linked.incoming}
    assert set(said) == {
        ("message", "hello"), ("message", "all"), ("edited", "hello!"), ("reacted", "👍"), ("deleted", ""),
        ("message", "from my phone"), ("unreadable", ""),
    }  # fmt: skip
    assert (said["message", "all"].chat_name, said["message", "all"].sender.name) == ("Family", "Bob")
    assert (said["reacted", "👍"].target, said["reacted", "👍"].target_from_me) == (ours.id, True)
    assert said["deleted", ""].target == said["edited", "hello!"].target == first
    assert said["message", "from my phone"].from_me
    confirmed = {receipt.kind for receipt in linked.network.receipts}
    assert "inactive" in confirmed
    assert "read" not in confirmed
    await linked.keeper.order(link.Typing(order=0, chat=str(ann.lid), on=True))
    await linked.keeper.order(link.Read(order=0, chat=str(ann.lid), sender=str(ann.lid), ids=(first,)))
    await linked.keeper.order(link.Probe(order=0))
    network = linked.network
    await network.journal.until(lambda: any(one.kind == "read" for one in network.receipts), 10)
    assert [typing.state for typing in network.typing] == ["composing"]
    assert "available" not in network.presences, "the owner's telephone would fall silent"
    assert network.journal.problems == []


def downloads(one: Rig) -> int:
    """How often a file was asked for."""
    return sum(method == "GET" for method, _ in one.network.world.media.requests)


def fetched(one: Rig) -> list[Path]:
    return list((one.folder / "fetched").iterdir())


def content_of(media: link.Media) -> bytes:
    return Path(media.path).read_bytes()


async def fetch(one: Rig, said: link.Incoming) -> link.Media:
    done = await one.keeper.order(link.Fetch(order=0, number=said.number, id=said.id))
    (media,) = done.media
    return media


async def test_files_go_both_ways_and_bad_ones_come_with_a_reason(linked: Rig, tmp_path: Path) -> None:
    linked.keeps = False
    ann = contact(linked)
    content = os.urandom(200_000)
    pdf = Sheet(name="../../x", media_type="application/pdf", caption="look")
    await ann.send_file(content, pdf)
    await ann.send_file(content, pdf, damaged=True)
    await ann.send_file(content, Sheet(media_type="application/zip", size=200_000_000))
    await ann.send_file(bytes(26 * 1024 * 1024), Sheet(media_type="application/zip", size=5))
    await linked.until(lambda: len(linked.incoming) == 4)
    told = [one.media[0] for one in linked.incoming]
    assert [(one.path, one.fetchable) for one in told] == [("", True), ("", True), ("", False), ("", True)]
    assert (told[0].name, told[2].problem) == ("../../x", "larger than 25 MB")
    assert downloads(linked) == 0
    good, damaged, liar = [await fetch(linked, linked.incoming[one]) for one in (0, 1, 3)]
    assert content_of(good) == content
    assert (damaged.path, damaged.problem) == ("", "what came is not what was sent")
    assert (liar.path, liar.problem) == ("", "larger than 25 MB, and than it said")
    assert downloads(linked) == 3
    assert fetched(linked) == [Path(good.path)]
    outgoing = tmp_path / "out.pdf"
    outgoing.write_bytes(content)
    await linked.keeper.order(
        link.Write(order=0, client_id="f", chat=str(ann.lid), text="cap", file=str(outgoing), name="a.pdf",
                   media_type="application/pdf")
    )  # fmt: skip
    sent = await linked.network.next_sent()
    assert sent.file
    assert (sent.text, sent.file.name, sent.file.content) == ("cap", "a.pdf", content)


async def test_a_file_is_there_until_its_message_is_kept_also_for_the_next_child(linked: Rig) -> None:
    linked.keeps = False
    await contact(linked).send_file(b"words", Sheet(media_type="application/pdf"))
    await linked.until(lambda: len(linked.incoming) == 1)
    first = await fetch(linked, linked.incoming[0])
    # A half one, of a child that died over it.
    (linked.folder / "fetched" / "1-abc").write_bytes(b"wo")
    linked.kill()
    await linked.until(lambda: len(linked.incoming) == 2)
    assert linked.incoming[0] == linked.incoming[1]
    assert fetched(linked) == [Path(first.path)]
    assert (await fetch(linked, linked.incoming[1])).path == first.path
    with pytest.raises(OrderFailedError, match="not read") as refused:
        await fetch(linked, linked.incoming[0].model_copy(update={"id": "another's"}))
    assert refused.value.again
    await linked.keeper.kept(linked.incoming[1].number)
    async with asyncio.timeout(5):
        while fetched(linked):
            await asyncio.sleep(0.01)
    with pytest.raises(OrderFailedError, match="not read"):
        await fetch(linked, linked.incoming[1])


async def test_a_file_waits_for_room_without_being_fetched_and_half_of_one_takes_up_none(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 24) as disk:
        async with rig(disk) as one:
            one.keeps = False
            ann, content = contact(one), os.urandom(6_000_000)
            await ann.send_file(content, Sheet(media_type="application/pdf"))
            await ann.send_file(content, Sheet(media_type="application/pdf", size=5))
            await one.until(lambda: len(one.incoming) == 2)
            filler = fill(disk, leave=3_000_000)
            for said, downloaded in ((one.incoming[0], 0), (one.incoming[1], 1)):
                with pytest.raises(OrderFailedError, match="No space left") as refused:
                    await fetch(one, said)
                assert refused.value.full
                assert fetched(one) == []
                assert downloads(one) == downloaded
            filler.unlink()
            assert content_of(await fetch(one, one.incoming[0])) == content
            assert content_of(await fetch(one, one.incoming[1])) == content


async def test_files_can_be_fetched_by_a_client_that_is_logged_out(linked: Rig) -> None:
    linked.keeps = False
    await contact(linked).send_file(b"words", Sheet(media_type="application/pdf"))
    await linked.until(lambda: len(linked.incoming) == 1)
    since = len(linked.heard)
    await linked.network.phone.remove_devices()
    await linked.state("logged-out", since)
    await linked.rests()
    await linked.keeper.order(link.Pair(order=0))
    await linked.until(lambda: len(linked.incoming) == 2)
    assert content_of(await fetch(linked, linked.incoming[1])) == b"words"


async def test_history_is_bounded_and_known_messages_do_not_come_again(linked: Rig) -> None:
    ann = contact(linked)
    live = await ann.say("live")
    now, day = SystemClock().now() // 1000, 86_400
    past = [Past(id="OLD", text="old", at=now - 30 * day), Past(id="NEW", text="new", at=now - day)]
    chat = PastChat(id=str(ann.lid), name="Ann", messages=[*past, Past(id=live, text="live", at=now)])
    await linked.until(lambda: len(linked.incoming) == 1)
    await linked.network.phone.hand_over([chat])
    await linked.until(lambda: len(linked.incoming) == 2)
    await ann.say("afterwards")
    await linked.until(lambda: len(linked.incoming) == 3)
    assert [(one.text, one.history) for one in linked.incoming] == [
        ("live", False), ("new", True), ("afterwards", False),
    ]  # fmt: skip


async def test_after_a_kill_it_is_there_again_with_what_came_meanwhile(linked: Rig) -> None:
    ann = contact(linked)
    linked.keeps = False
    await ann.say("not kept")
    await linked.until(lambda: len(linked.incoming) == 1)
    since, begun = len(linked.heard), time.monotonic()
    linked.kill()
    await ann.say("meanwhile")
    await linked.state("connected", since)
    assert time.monotonic() - begun < 5  # 0.4 s on a machine that does nothing else
    await linked.until(lambda: len(linked.incoming) == 3)
    assert linked.texts == ["not kept", "not kept", "meanwhile"]


async def test_a_message_that_left_before_a_crash_is_not_sent_again(linked: Rig) -> None:
    ann = contact(linked)
    await ann.say("hi")
    done = await linked.write("once", client_id="c1", chat=ANN)
    assert (await linked.write("once", client_id="c1", chat=ANN)).id == done.id
    linked.network.faults.swallow_sends = True
    written, _ = await asyncio.gather(
        linked.write("twice?", client_id="c2", chat=ANN), _kill_at_the_second(linked), return_exceptions=True
    )
    assert isinstance(written, OrderFailedError)
    assert written.unsure
    linked.network.faults.swallow_sends = False
    again = await linked.write("twice?", client_id="c2", chat=ANN)
    assert [(one.text, one.again) for one in linked.network.sent] == [("once", False), ("twice?", False)]
    assert again.id == linked.network.sent[1].id


async def _kill_at_the_second(one: Rig) -> None:
    await one.network.journal.until(lambda: len(one.network.sent) == 2, 10)
    one.kill()
