"""What the network can do to a client."""

import asyncio
from collections.abc import Callable

import pytest

from tests.fakes.whatsapp_network.client import BareClient, RefusedError
from tests.fakes.whatsapp_network.server import WhatsAppNetwork


@pytest.mark.parametrize(
    ("code", "more", "event"),
    [
        (402, {"code": 101, "expire": 3600}, "TemporaryBan"),
        (403, {}, "LoggedOut"),
        (405, {"location": "frc"}, "ClientOutdated"),
    ],
)
async def test_a_login_fails_with_each_code(
    network: WhatsAppNetwork, client: BareClient, code: int, more: dict[str, str | int], event: str
) -> None:
    network.fail_logins(code, **more)
    network.cut()
    told = await client.until("event", event)
    assert "3600" in told["detail"] or event != "TemporaryBan"


async def test_a_server_that_is_busy_is_asked_again(network: WhatsAppNetwork, client: BareClient) -> None:
    network.fail_logins(503)
    network.cut()
    await network.journal.until(lambda: len(network.journal.logins) > 1, 10)
    network.let_in()
    await client.until("event", "Connected")


async def test_an_outdated_client_gets_no_code(network: WhatsAppNetwork, new_client: Callable[[], BareClient]) -> None:
    network.fail_logins(405, location="frc")
    client = new_client()
    await client.start()
    await network.journal.until(lambda: bool(network.journal.logins), 10)
    with pytest.raises(TimeoutError):
        await client.until("code", seconds=1)


async def test_the_network_may_be_away_and_come_back(network: WhatsAppNetwork, client: BareClient) -> None:
    ann = network.contact("Ann", "491701112223", "222200000000002")
    network.go_down()
    await client.until("event", "Disconnected")
    waiting = await ann.say("are you there?")
    await asyncio.sleep(0.1)
    network.come_back()
    await client.until("message", waiting)


async def test_stream_errors_end_a_connection(network: WhatsAppNetwork, client: BareClient) -> None:
    await network.stream_error(515)
    await client.until("event", "Connected")
    await network.stream_error(500)
    await client.until("event", "StreamError")
    await client.until("event", "Connected")
    await network.stream_error(conflict="replaced")
    await client.until("event", "StreamReplaced")


async def test_a_silent_server_answers_nothing(network: WhatsAppNetwork, client: BareClient) -> None:
    ann = network.contact("Ann", "491701112223", "222200000000002")
    network.faults.silent = True
    waiting = await ann.say("hello?")
    with pytest.raises(TimeoutError):
        await client.until("message", seconds=0.5)
    network.faults.silent = False
    network.cut()
    await client.until("message", waiting)


async def test_messages_may_be_refused_or_forbidden_to_strangers(network: WhatsAppNetwork, client: BareClient) -> None:
    ann = network.contact("Ann", "491701112223", "222200000000002")
    network.faults.strangers = 463
    with pytest.raises(RefusedError, match="463"):
        await client.do("say", to=str(ann.lid), text="hello")
    await client.until("message", await ann.say("hello"))
    await client.do("say", to=str(ann.lid), text="hello")
    network.faults.refuse_sends = 479
    with pytest.raises(RefusedError, match="479"):
        await client.do("say", to=str(ann.lid), text="hello")
    assert [sent.text for sent in network.sent] == ["hello"]


async def test_what_cannot_be_read_is_asked_for_again(network: WhatsAppNetwork, client: BareClient) -> None:
    ann = network.contact("Ann", "491701112223", "222200000000002")
    bob = network.contact("Bob", "491701112224", "222200000000003")
    group = network.group("Garden", [ann, bob])
    ann.garbles = True
    garbled = await ann.say("hello")
    assert (await client.until("event", "UndecryptableMessage"))["detail"]
    assert (await client.until("message", garbled))["text"] == "hello"
    to_all = await ann.say("hello all", chat=group)
    assert (await client.until("message", to_all))["text"] == "hello all"
    ann.garbles = False
    assert (await client.until("message", await ann.say("again", chat=group)))["text"] == "again"
    assert "retry" in {receipt.kind for receipt in network.receipts}


async def test_a_contact_with_a_new_telephone_asks_again(network: WhatsAppNetwork, client: BareClient) -> None:
    ann = network.contact("Ann", "491701112223", "222200000000002")
    await client.until("message", await ann.say("hello"))
    await client.do("say", to=str(ann.lid), text="one")
    await network.next_sent()
    ann.reinstall()
    sent = await client.do("say", to=str(ann.lid), text="two")
    reads = [await network.next_sent(), await network.next_sent()]
    assert [(read.id, read.text) for read in reads] == [(sent, "two"), (sent, "two")]
    assert "Ann" in reads[1].readers
    await client.until("message", await ann.say("got it"))


async def test_bytes_that_are_no_message_are_refused_by_the_client(
    network: WhatsAppNetwork, client: BareClient
) -> None:
    ann = network.contact("Ann", "491701112223", "222200000000002")
    await ann.send(b"\xff\xff\xff\xff")
    after = await ann.say("after")
    assert (await client.until("message"))["message"] == after
    await network.journal.until(lambda: [code for _, code in network.journal.nacks] == [491], 10)


async def test_a_frame_that_holds_no_stanza_is_passed_over(network: WhatsAppNetwork, client: BareClient) -> None:
    await network.send_garbage()
    await client.until("message", await network.phone.say("still there?"))


async def test_a_proxy_may_hang(network: WhatsAppNetwork, client: BareClient) -> None:
    network.faults.hanging = True
    network.cut()
    await client.until("event", "Disconnected")
    with pytest.raises(TimeoutError):
        await client.until("event", "Connected", seconds=1)
    network.faults.hanging = False
    network.cut()
    await client.until("event", "Connected")


async def test_a_thousand_messages_arrive_in_order(network: WhatsAppNetwork, client: BareClient) -> None:
    ann = network.contact("Ann", "491701112223", "222200000000002")
    sent = [await ann.say(f"message {number}") for number in range(1000)]
    seen = [(await client.until("message"))["message"] for _ in sent]
    assert seen == sent


async def test_a_message_without_an_answer_is_sent_again_and_known_again(
    network: WhatsAppNetwork, client: BareClient
) -> None:
    ann = network.contact("Ann", "491701112223", "222200000000002")
    network.faults.swallow_sends = True
    async with asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(client.do("say", to=str(ann.lid), text="once"), name="send")
        first = await network.next_sent()
        network.faults.swallow_sends = False
        network.cut()
        assert await sending == first.id
    second = await network.next_sent()
    assert (first.again, second.again) == (False, True)
    assert (second.id, second.text, second.readers) == (first.id, "once", first.readers)


async def test_receipts_for_a_client_that_is_away_wait_for_it(network: WhatsAppNetwork, client: BareClient) -> None:
    ann = network.contact("Ann", "491701112223", "222200000000002")
    ann.receives = network.phone.receives = False
    sent = await client.do("say", to=str(ann.lid), text="hello")
    await client.kill()
    await ann.has_received(sent)
    await client.start()
    assert (await client.until("receipt"))["ids"] == [sent]


async def test_only_members_write_to_a_group(network: WhatsAppNetwork, client: BareClient) -> None:
    ann = network.contact("Ann", "491701112223", "222200000000002")
    group = network.group("Garden", [ann])
    group.announce(ann)
    assert "Garden" in (await client.until("event", "JoinedGroup"))["detail"]
    await client.until("message", await ann.say("hello", chat=group))
    group.remove(network.phone, ann)
    with pytest.raises(RefusedError, match="403"):
        await client.do("say", to=str(group.id), text="still here")
    await ann.say("we are alone", chat=group)
    aside = await ann.say("you are out", stanza={"notify": "Annie"})
    seen = await client.until("message")
    assert (seen["message"], seen["name"]) == (aside, "Annie")


async def test_what_only_a_telephone_may_show_is_no_message(network: WhatsAppNetwork, client: BareClient) -> None:
    ann = network.contact("Ann", "491701112223", "222200000000002")
    await ann.send_unavailable()
    assert "IsUnavailable: true" in (await client.until("event", "UndecryptableMessage"))["detail"]
