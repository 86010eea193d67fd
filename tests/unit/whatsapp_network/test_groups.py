"""Groups with sender keys, both ways."""

from tests.fakes.whatsapp_network.client import BareClient
from tests.fakes.whatsapp_network.server import WhatsAppNetwork


async def test_members_write_to_a_group_and_all_read_the_answer(network: WhatsAppNetwork, client: BareClient) -> None:
    ann = network.contact("Ann", "491701112223", "222200000000002")
    bob = network.contact("Bob", "491701112224", "222200000000003")
    group = network.group("Garden", [ann, bob])
    first = await ann.say("who waters?", chat=group)
    seen = await client.until("message", first)
    assert (seen["chat"], seen["sender"], seen["other"], seen["text"]) == (
        str(group.id),
        str(ann.lid),
        str(ann.phone),
        "who waters?",
    )
    await client.until("message", await ann.say("anybody?", chat=group))
    await client.until("message", await bob.say("not me", chat=group))
    assert await client.do("group", to=str(group.id)) == ["Garden", 3]
    for number in range(2):
        await client.do("say", to=str(group.id), text=f"I do {number}", mentions=[str(ann.lid)])
        read = await network.next_sent()
        assert (read.chat, read.text, read.mentions) == (str(group.id), f"I do {number}", (str(ann.lid),))
        assert set(read.readers) == {"Ann", "Bob", "Owner"}
    group.rename("Jungle", ann)
    told = await client.until("event", "GroupInfoEvent")
    assert "Jungle" in told["detail"]
    group.remove(bob, ann)
    await client.until("event", "GroupInfoEvent")
    await client.do("say", to=str(group.id), text="without Bob")
    assert set((await network.next_sent()).readers) == {"Ann", "Owner"}
    assert not network.journal.problems


async def test_reactions_edits_and_deletions_in_a_group_name_the_writer(
    network: WhatsAppNetwork, client: BareClient
) -> None:
    ann = network.contact("Ann", "491701112223", "222200000000002")
    group = network.group("Garden", [ann], addressing="pn")
    first = await ann.say("one", chat=group)
    seen = await client.until("message", first)
    assert (seen["sender"], seen["other"]) == (str(ann.phone), str(ann.lid))
    await client.do("react", to=str(group.id), sender=str(ann.lid), about=first, text="👍")
    read = await network.next_sent()
    assert (read.kind, read.text, read.target, read.target_sender) == ("reaction", "👍", first, str(ann.lid))
    await ann.delete(first, chat=group)
    assert (await client.until("about", first))["kind"] == "protocolMessage"
