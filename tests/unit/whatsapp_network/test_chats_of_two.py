"""The real library links itself, chats, and comes back."""

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
