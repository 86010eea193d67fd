"""The real library links itself, chats, and comes back."""

import asyncio

from tests.fakes.whatsapp_network.addresses import PHONE
from tests.fakes.whatsapp_network.client import BareClient
from tests.fakes.whatsapp_network.server import WhatsAppNetwork
from tests.fakes.whatsapp_network.texts import Quote


async def test_a_contact_writes_and_reads_the_answer(network: WhatsAppNetwork, client: BareClient) -> None:
    ann = network.contact("Ann", "491701112223", "222200000000002")
    first = await ann.say("hello")
    seen = await client.until("message", first)
    assert (seen["text"], seen["sender"], seen["other"], seen["name"]) == (
        "hello",
        str(ann.lid),
        str(ann.phone),
        "Ann",
    )
    sent = await client.do("say", to=str(ann.phone), text="hello Ann", quote=first, quoted_sender=str(ann.lid))
    read = await network.next_sent()
    assert (read.id, read.chat, read.text, read.quoted, read.readers) == (
        sent,
        str(ann.lid),
        "hello Ann",
        first,
        ("Ann", "Owner"),
    )
    second = await ann.say("and again", quote=Quote(id=sent, sender=str(network.phone.lid), text="hello Ann"))
    assert (await client.until("message", second))["quoted"] == sent


async def test_the_network_names_people_by_either_id(network: WhatsAppNetwork, client: BareClient) -> None:
    ann = network.contact("Ann", "491701112223", "222200000000002")
    ann.addressing = network.phone.addressing = PHONE
    ann.name = "Owner"
    seen = await client.until("message", await ann.say("hello"))
    assert (seen["chat"], seen["sender"], seen["other"], seen["name"]) == (
        str(ann.phone),
        str(ann.phone),
        str(ann.lid),
        "Owner",
    )
    seen = await client.until("message", await network.phone.say("hi Ann", chat=ann))
    assert (seen["chat"], seen["from_me"]) == (str(ann.phone), True)
    await client.do("say", to=str(ann.phone), text="hello Ann")
    assert (await network.next_sent()).chat == str(ann.lid)


async def test_a_client_that_was_killed_gets_what_came_meanwhile(network: WhatsAppNetwork, client: BareClient) -> None:
    ann = network.contact("Ann", "491701112223", "222200000000002")
    before = await ann.say("before")
    await client.until("message", before)
    await network.journal.until(lambda: any(before in receipt.ids for receipt in network.receipts), 10)
    await client.kill()
    meanwhile = [await ann.say(f"meanwhile {number}") for number in range(3)]
    await client.start()
    seen = [(await client.until("message"))["message"] for _ in meanwhile]
    assert seen == meanwhile


async def test_what_was_confirmed_never_comes_again(network: WhatsAppNetwork, client: BareClient) -> None:
    ann = network.contact("Ann", "491701112223", "222200000000002")
    confirmed = await ann.say("once")
    await client.until("message", confirmed)
    await network.journal.until(lambda: any(confirmed in receipt.ids for receipt in network.receipts), 10)
    for _ in range(2):
        network.cut()
        await client.until("event", "Connected")
    last = await ann.say("last")
    await client.until("message", last)
    assert [line["message"] for line in client.lines if "message" in line] == [confirmed, last]


async def test_what_was_not_confirmed_comes_again_with_a_new_login_only(
    network: WhatsAppNetwork, client: BareClient
) -> None:
    (companion,) = network.world.companions.values()
    network.faults.lose_confirmations = True
    ids = [await network.phone.say("one"), await network.phone.say("two")]
    for message_id in ids:
        await client.until("message", message_id)
    await network.journal.until(lambda: {one for receipt in network.receipts for one in receipt.ids} >= {*ids}, 10)
    seen = len(network.receipts)
    await client.do("probe")
    await client.until("message", await network.phone.say("three"))
    await asyncio.sleep(0.2)  # for receipts that should not come
    assert len([receipt for receipt in network.receipts[seen:] if set(receipt.ids) & {*ids}]) == 0
    waiting = len(companion.mailbox)
    network.faults.lose_confirmations = False
    network.cut()
    await network.journal.until(lambda: not len(companion.mailbox), 10)
    assert waiting >= 3
    assert {one for receipt in network.receipts[seen:] for one in receipt.ids} >= {*ids}


async def test_reactions_edits_and_deletions_go_both_ways(network: WhatsAppNetwork, client: BareClient) -> None:
    ann = network.contact("Ann", "491701112223", "222200000000002")
    first = await ann.say("frist")
    await client.until("message", first)
    await ann.edit(first, "first")
    assert (await client.until("about", first))["text"] == "first"
    own = await client.do("say", to=str(ann.lid), text="pogn")
    await network.next_sent()
    await ann.react("👍", own, by=network.phone)
    seen = await client.until("about", own)
    assert (seen["kind"], seen["text"]) == ("reactionMessage", "👍")
    await client.do("edit", to=str(ann.lid), about=own, text="pong")
    await client.do("react", to=str(ann.lid), sender=str(ann.lid), about=first, text="🎉")
    await client.do("take_back", to=str(ann.lid), sender=str(network.phone.lid), about=own)
    read = [await network.next_sent() for _ in range(3)]
    assert [(one.kind, one.text, one.target) for one in read] == [
        ("edit", "pong", own),
        ("reaction", "🎉", first),
        ("delete", "", own),
    ]
    await ann.delete(first)
    assert (await client.until("about", first))["kind"] == "protocolMessage"


async def test_the_owner_writes_on_their_telephone(network: WhatsAppNetwork, client: BareClient) -> None:
    ann = network.contact("Ann", "491701112223", "222200000000002")
    note = await network.phone.say("a note")
    seen = await client.until("message", note)
    own = str(network.phone.lid)
    assert (seen["chat"], seen["from_me"], seen["text"]) == (own, True, "a note")
    seen = await client.until("message", await network.phone.say("hi Ann", chat=ann))
    assert (seen["chat"], seen["from_me"], seen["text"]) == (str(ann.lid), True, "hi Ann")
    sent = await client.do("say", to=str(network.phone.phone), text="noted")
    read = await network.next_sent()
    assert (read.id, read.chat, read.text, read.readers) == (sent, own, "noted", ("Owner",))


async def test_what_the_client_shows_of_itself_is_written_down(network: WhatsAppNetwork, client: BareClient) -> None:
    ann = network.contact("Ann", "491701112223", "222200000000002")
    first = await ann.say("hello")
    await client.until("message", first)
    await client.do("mark_read", to=str(ann.phone), sender=str(ann.phone), ids=[first])
    await client.do("type", to=str(ann.lid))
    await network.journal.until(lambda: bool(network.typing), 10)
    assert network.typing[0].chat == str(ann.lid)
    assert network.typing[0].state == "composing"
    assert ("read", str(ann.lid)) in {(receipt.kind, receipt.chat) for receipt in network.receipts}
    own = await client.do("say", to=str(ann.lid), text="hi")
    await ann.has_read(own)
    kinds: set[int] = set()
    while len(kinds) < 3:  # it arrived at Ann's and at the owner's telephone, and was read
        kinds = {line["receipt"] for line in client.lines if line.get("ids") == [own]}
        if len(kinds) < 3:
            await client.until("receipt")
