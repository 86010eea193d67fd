"""How a device is linked to the account, and how that ends."""

import asyncio
from collections.abc import Callable

import pytest

from tests.fakes.whatsapp_network.client import BareClient
from tests.fakes.whatsapp_network.history import Past, PastChat
from tests.fakes.whatsapp_network.pairing import PairingError
from tests.fakes.whatsapp_network.pairing_code import WrongCodeError
from tests.fakes.whatsapp_network.server import WhatsAppNetwork


async def test_a_code_that_is_typed_links_too(network: WhatsAppNetwork, new_client: Callable[[], BareClient]) -> None:
    client = new_client()
    await client.start()
    await client.until("code")
    await network.phone.enter(await client.do("pair", phone=network.phone.phone.user))
    await client.until("event", "Connected")
    await client.until("message", await network.phone.say("hello, computer"))
    assert not network.journal.problems
    assert not network.refused, "the client went to hosts that it has no business with"


async def test_a_wrong_code_links_nothing(network: WhatsAppNetwork, new_client: Callable[[], BareClient]) -> None:
    client = new_client()
    await client.start()
    code = (await client.until("code"))["code"]
    with pytest.raises(PairingError, match="waits"):
        await network.phone.enter("ABCD-EFGH")
    shown = await client.do("pair", phone=network.phone.phone.user)
    with pytest.raises(WrongCodeError):
        await network.phone.enter("ABCD-EFGH" if shown != "ABCD-EFGH" else "ABCD-EFGJ")
    with pytest.raises(PairingError, match="not valid any more"):
        await network.phone.scan(code.replace("#", "#0"))
    with pytest.raises(PairingError, match="no code"):
        await network.phone.scan("https://example.org/#a,b")
    assert not network.world.companions


async def test_a_client_without_codes_left_gives_up(
    network: WhatsAppNetwork, new_client: Callable[[], BareClient]
) -> None:
    network.faults.codes = 0
    client = new_client()
    await client.start()
    with pytest.raises(TimeoutError):
        await client.until("code", seconds=3)
    assert "Login event: timeout" in client.noise


async def test_an_account_with_a_passkey_cannot_be_linked(
    network: WhatsAppNetwork, new_client: Callable[[], BareClient]
) -> None:
    client = new_client()
    await client.start()
    network.faults.passkey = True
    with pytest.raises(PairingError, match="passkey"):
        await network.phone.scan((await client.until("code"))["code"])
    assert not network.world.companions


async def test_a_removed_device_is_logged_out_at_once_or_at_its_next_login(
    network: WhatsAppNetwork, client: BareClient
) -> None:
    await network.phone.remove_devices()
    await client.until("event", "LoggedOut")


async def test_a_device_that_was_removed_while_away_hears_of_it(network: WhatsAppNetwork, client: BareClient) -> None:
    await client.kill()
    await network.phone.remove_devices()
    await client.start()
    told = await client.until("event", "LoggedOut")
    assert "OnConnect: true" in told["detail"]


async def test_a_device_may_log_out_by_itself(network: WhatsAppNetwork, client: BareClient) -> None:
    await client.do("log_out")
    assert not network.world.companions


async def test_the_telephone_hands_over_the_past(network: WhatsAppNetwork, client: BareClient) -> None:
    ann = network.contact("Ann", "491701112223", "222200000000002")
    messages = [Past(id="3A01", text="long ago", at=1_700_000_000), Past(id="3A02", text="later", at=1_700_000_100)]
    await network.phone.hand_over([PastChat(id=str(ann.lid), name="Ann", messages=messages)])
    told = await client.until("history")
    assert sorted(told["history"]) == [["3A01", "long ago"], ["3A02", "later"]]
    await network.journal.until(lambda: any(method == "DELETE" for method, _ in network.world.media.requests), 10)


async def test_two_programs_with_one_session_throw_each_other_out(
    network: WhatsAppNetwork, client: BareClient, new_client: Callable[[], BareClient]
) -> None:
    other = new_client()
    await other.start()
    await client.until("event", "StreamReplaced")
    await other.until("event", "Connected")
    await asyncio.sleep(0)
    await other.until("message", await network.phone.say("who is it?"))
