import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from nanoclaw.gateway.addresses import Address
from nanoclaw.gateway.connect_proxy import ProxyLimits
from nanoclaw.gateway.contract import Decision, GatewayEvent, Verdict
from tests.unit.gateway.proxy_door import HOST, Open, connect, echo, last_decision, public_server
from tests.unit.gateway.stand_ins import (
    PUBLIC,
    FixedResolver,
    SilentResolver,
    certificate,
    client_hello,
)


async def test_an_allowed_tunnel_carries_real_tls_both_ways(
    open_door: Open, events: list[GatewayEvent], tmp_path: Path
) -> None:
    server_tls, client_tls = certificate(tmp_path, HOST)
    async with public_server(echo, server_tls) as port:
        door = await open_door(port=port)
        status, stream = await door.ask(connect(HOST.upper() + ".:443"))
        assert status == 200
        await stream.writer.start_tls(client_tls, server_hostname=HOST)
        payload = bytes(range(256)) * 8_192
        stream.writer.write(payload)
        async with asyncio.timeout(20):
            assert await stream.reader.readexactly(len(payload)) == payload
        await stream.close(5)
    assert door.dialer.dialled == [(HOST, (PUBLIC,), 443)]
    decision = last_decision(events)
    assert (decision.verdict, decision.target, decision.group) == (Verdict.ALLOWED, f"{HOST}:443", "family")


async def test_an_end_in_one_direction_leaves_the_other_open(open_door: Open) -> None:
    received: list[bytes] = []

    async def answer_at_the_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.read())
        writer.write(b"everything arrived")
        writer.close()

    async with public_server(answer_at_the_end) as port:
        door = await open_door(port=port)
        _, stream = await door.ask(connect())
        stream.writer.write(client_hello(HOST) + b"more")
        stream.writer.write_eof()
        async with asyncio.timeout(5):
            assert await stream.reader.read() == b"everything arrived"
        await stream.close(5)
    assert received[0].endswith(b"more")
    assert received[0].startswith(b"\x16\x03")


async def test_a_host_that_cannot_be_reached_is_a_502(open_door: Open, events: list[GatewayEvent]) -> None:
    unused = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = unused.sockets[0].getsockname()[1]
    unused.close()
    await unused.wait_closed()
    door = await open_door(port=port)
    assert await door.refused(connect()) == 502
    assert last_decision(events).reason == "the host cannot be reached"


async def test_a_name_server_that_never_answers_is_given_up(open_door: Open) -> None:
    door = await open_door(ProxyLimits(resolve_seconds=0.1), SilentResolver())
    assert await door.refused(connect()) == 502


@pytest.mark.parametrize(
    ("first_bytes", "reason"),
    [
        (client_hello("other.example"), "TLS names another host, or none"),
        (client_hello("sub." + HOST), "TLS names another host, or none"),
        (client_hello(None), "TLS names another host, or none"),
        (b"GET / HTTP/1.1\r\nHost: other.example\r\n\r\n", "the tunnel does not begin with TLS"),
        (client_hello(HOST)[:100], "TLS did not begin in time"),
    ],
    # A greeting holds random bytes, which are no name that every process would give this test.
    ids=["another host", "a host below", "no host", "plain text", "half a greeting"],
)
async def test_a_tunnel_that_does_not_begin_with_tls_to_its_host_is_cut(
    open_door: Open, events: list[GatewayEvent], first_bytes: bytes, reason: str
) -> None:
    received: asyncio.Queue[bytes] = asyncio.Queue()

    async def record(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.put_nowait(await reader.read())
        writer.close()

    async with public_server(record) as port:
        door = await open_door(ProxyLimits(hello_seconds=0.3), port=port)
        status, stream = await door.ask(connect())
        assert status == 200
        stream.writer.write(first_bytes)
        async with asyncio.timeout(5):
            assert await stream.reader.read() == b""
            assert await received.get() == b""
        await stream.close(5)
    assert (last_decision(events).verdict, last_decision(events).reason) == (Verdict.DENIED, reason)


async def test_a_head_that_trickles_in_is_refused(open_door: Open, events: list[GatewayEvent]) -> None:
    door = await open_door(ProxyLimits(head_seconds=0.3))
    stream = await door.connect()

    async def trickle() -> None:
        while True:
            stream.writer.write(b"C")
            await asyncio.sleep(0.02)

    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        trickling = tasks.create_task(trickle(), name="trickle")
        assert (await stream.reader.readline()).startswith(b"HTTP/1.1 408 ")
        trickling.cancel()
    await stream.close(5)
    assert last_decision(events).verdict is Verdict.DENIED


@pytest.mark.parametrize("size", [9_000, 300_000])
async def test_a_giant_head_is_refused(open_door: Open, size: int) -> None:
    door = await open_door()
    head = connect()[:-2] + b"X-Pad: " + b"x" * size + b"\r\n\r\n"
    assert await door.refused(head) == 431


async def test_connections_at_the_same_time_are_bounded(open_door: Open, events: list[GatewayEvent]) -> None:
    door = await open_door(ProxyLimits(connections=2))
    held = [await door.connect() for _ in range(2)]
    await asyncio.sleep(0.05)
    status, stream = await door.ask(connect())
    assert status == 503
    stream.writer.transport.abort()
    assert last_decision(events).reason == "too many connections at once"
    for stream in held:
        await stream.close(5)
    await asyncio.sleep(0.05)
    assert await door.refused(connect("other.example:443")) == 403


async def test_an_idle_tunnel_is_closed(open_door: Open) -> None:
    async with public_server(echo) as port:
        door = await open_door(ProxyLimits(idle_seconds=0.3), port=port)
        _, stream = await door.ask(connect())
        hello = client_hello(HOST)
        stream.writer.write(hello)
        async with asyncio.timeout(5):
            assert await stream.reader.readexactly(len(hello)) == hello
            assert await stream.reader.read() == b""
        await stream.close(5)


async def test_a_reader_that_stops_stops_the_sender(open_door: Open) -> None:
    sent = 0

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.read(65_536)
        try:
            while sent < 1 << 28:
                writer.write(bytes(65_536))
                await writer.drain()
                sent += 65_536
        except OSError:
            writer.close()

    async with public_server(flood) as port:
        door = await open_door(port=port)
        _, stream = await door.ask(connect())
        stream.writer.write(client_hello(HOST))
        await asyncio.sleep(0.5)
        stalled_at = sent
        await asyncio.sleep(0.3)
        # What fits into the buffers of the kernel and of both programs, far from the 256 MiB on offer.
        assert sent == stalled_at < 1 << 25
        await door.proxy.close()
        stream.writer.transport.abort()


async def test_closing_the_proxy_ends_its_tunnels(open_door: Open) -> None:
    async with public_server(echo) as port:
        door = await open_door(port=port)
        _, stream = await door.ask(connect())
        stream.writer.write(client_hello(HOST))
        await stream.reader.read(1)
        await door.proxy.close()
        async with asyncio.timeout(5):
            await stream.reader.read()
        await stream.close(5)


async def test_a_defect_met_by_one_connection_is_logged_and_does_not_end_the_door(
    open_door: Open, caplog: pytest.LogCaptureFixture
) -> None:
    class Defective(FixedResolver):
        async def resolve(self, host: str) -> Sequence[Address]:  # noqa: ARG002 - it fails for all
            raise RuntimeError("a defect")

    door = await open_door(resolver=Defective({}))
    stream = await door.connect()
    stream.writer.write(connect())
    assert await stream.reader.read() == b""
    await stream.close(5)
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert await door.refused(connect("other.example:443")) == 403


async def test_an_agent_that_leaves_before_tls_is_recorded_and_one_that_never_asked_is_not(
    open_door: Open, events: list[GatewayEvent]
) -> None:
    async with public_server(echo) as port:
        door = await open_door(port=port)
        await (await door.connect()).close(5)
        _, stream = await door.ask(connect())
        stream.writer.write_eof()
        assert await stream.reader.read() == b""
        await stream.close(5)
    assert [event.reason for event in events if isinstance(event, Decision)] == ["closed before TLS began"]
