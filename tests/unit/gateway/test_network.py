import asyncio
from ipaddress import ip_address

import pytest

from nanoclaw.gateway.network import DirectDialer, ProxyDialer, SystemResolver


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def test_the_system_resolver_finds_this_machine() -> None:
    resolver = SystemResolver()
    assert ip_address("127.0.0.1") in await resolver.resolve("localhost")
    resolver.close()


async def test_the_direct_dialer_goes_on_to_the_next_address() -> None:
    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    stream = await DirectDialer().dial("any.test", [ip_address("127.0.0.9"), ip_address("127.0.0.1")], port)
    assert stream.writer.get_extra_info("peername") == ("127.0.0.1", port)
    await stream.close(5)
    server.close()


async def test_the_direct_dialer_fails_without_an_address() -> None:
    with pytest.raises(OSError, match="no address"):
        await DirectDialer().dial("any.test", [], 443)


@pytest.mark.parametrize(
    ("answer", "opened"),
    [
        (b"HTTP/1.1 200 OK\r\nVia: x\r\n\r\nhello", True),
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", False),
        (b"HTTP/1.1 2", False),
        (b"SSH-2.0\r\n\r\n", False),
        (b"x" * 100_000, False),
    ],
)
async def test_the_proxy_dialer_asks_the_machines_proxy_for_a_tunnel(answer: bytes, opened: bool) -> None:  # noqa: FBT001
    asked: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(proxy, "127.0.0.1", 0)
    dialer = ProxyDialer(f"http://us%40er:pass@127.0.0.1:{server.sockets[0].getsockname()[1]}")
    if opened:
        stream = await dialer.dial("a.example", [], 443)
        assert await stream.reader.read() == b"hello"
        await stream.close(5)
    else:
        with pytest.raises(OSError, match=r"refused a\.example"):
            await dialer.dial("a.example", [], 443)
    server.close()
    assert asked[0].startswith(b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n")
    assert b"Proxy-Authorization: Basic dXNAZXI6cGFzcw==\r\n" in asked[0]
