"""Files, both ways, through hosts that keep only what was encrypted."""

import asyncio

import pytest

from tests.fakes.whatsapp_network.client import BareClient, RefusedError
from tests.fakes.whatsapp_network.server import WhatsAppNetwork
from tests.fakes.whatsapp_network.texts import Sheet

_KINDS = [
    Sheet(name="../../a plan.pdf", media_type="application/pdf", caption="look"),
    Sheet(media_type="image/png", caption="look"),
    Sheet(media_type="audio/ogg; codecs=opus", voice=True),
    Sheet(media_type="video/mp4"),
]


async def test_files_arrive_as_they_were(network: WhatsAppNetwork, client: BareClient) -> None:
    ann = network.contact("Ann", "491701112223", "222200000000002")
    for number, sheet in enumerate(_KINDS):
        content = bytes([number]) * 100_001
        sent = await ann.send_file(content, sheet)
        await client.until("message", sent)
        assert bytes.fromhex(await client.do("download", message=sent)) == content
    await client.do("send_file", to=str(ann.lid), name="notes.txt", content=b"some notes".hex())
    read = await network.next_sent()
    assert read.file is not None
    assert (read.file.name, read.file.content, read.text) == ("notes.txt", b"some notes", "see this")


async def test_a_download_that_breaks_off_is_tried_again(network: WhatsAppNetwork, client: BareClient) -> None:
    ann = network.contact("Ann", "491701112223", "222200000000002")
    network.faults.media_breaks = 50_000
    sent = await ann.send_file(bytes(100_000), Sheet())
    await client.until("message", sent)
    async with asyncio.TaskGroup() as tasks:
        download = tasks.create_task(client.do("download", message=sent), name="download")
        await network.journal.until(lambda: bool(network.world.media.requests), 10)
        network.faults.media_breaks = 0
        assert bytes.fromhex(await download) == bytes(100_000)
    assert len(network.world.media.requests) >= 2


async def test_a_damaged_or_missing_file_is_no_file(network: WhatsAppNetwork, client: BareClient) -> None:
    ann = network.contact("Ann", "491701112223", "222200000000002")
    damaged = await ann.send_file(b"something", Sheet(), damaged=True)
    await client.until("message", damaged)
    with pytest.raises(RefusedError):
        await client.do("download", message=damaged)
    network.faults.media = {"get": 404}
    missing = await ann.send_file(b"something", Sheet())
    await client.until("message", missing)
    with pytest.raises(RefusedError, match="404"):
        await client.do("download", message=missing)
