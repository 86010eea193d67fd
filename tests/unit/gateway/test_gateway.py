import asyncio
import os
import stat
from pathlib import Path

import aiohttp
import pytest

from nanoclaw.gateway.contract import Decision, GatewayError, GatewayEvent, ModelCallMetered
from nanoclaw.gateway.gateway import Gateway
from nanoclaw.model.groups import parse_folder
from nanoclaw.settings.schema import Upstream
from tests.fakes.clocks import HeldClock
from tests.unit.gateway.conftest import StartGateway
from tests.unit.gateway.stand_ins import FakeMessagesApi, FixedResolver, agent_session, ignore

FAMILY = parse_folder("family")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_a_door_has_two_private_sockets_in_a_private_folder(
    start_gateway: StartGateway, short_path: Path
) -> None:
    door = await (await start_gateway()).open(FAMILY, short_path / "ipc" / "family", None)
    folder = short_path / "ipc" / "family"
    assert sorted(path.name for path in folder.iterdir()) == ["model.sock", "proxy.sock"]
    assert (mode(folder), mode(folder / "model.sock"), mode(folder / "proxy.sock")) == (0o700, 0o600, 0o600)
    await door.close()
    await door.close()
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
async def test_a_door_belongs_to_its_owner(start_gateway: StartGateway, short_path: Path) -> None:
    await (await start_gateway()).open(FAMILY, short_path / "door", (1234, 2345))
    for path in (short_path / "door", short_path / "door" / "model.sock", short_path / "door" / "proxy.sock"):
        assert (path.stat().st_uid, path.stat().st_gid) == (1234, 2345)


async def test_the_socket_is_the_identity(
    start_gateway: StartGateway, short_path: Path, events: list[GatewayEvent]
) -> None:
    gateway = await start_gateway()
    for name in ("family", "work"):
        await gateway.open(parse_folder(name), short_path / name, None)
    for name in ("work", "family"):
        async with agent_session(short_path / name) as agent, agent.get("/v1/models", headers={"group": "main"}):
            pass
        reader, writer = await asyncio.open_unix_connection(str(short_path / name / "proxy.sock"))
        writer.write(b"CONNECT a.example:443 HTTP/1.1\r\n\r\n")
        await reader.read()
        writer.close()
    decisions = [event.group for event in events if isinstance(event, Decision)]
    assert decisions == ["work", "work", "family", "family"]


async def test_a_path_longer_than_a_socket_address_works(start_gateway: StartGateway, tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 40) / "door"
    await (await start_gateway()).open(FAMILY, folder, None)
    descriptor = os.open(folder, os.O_DIRECTORY)
    try:
        async with agent_session(Path(f"/proc/self/fd/{descriptor}")) as agent, agent.get("/") as answer:
            assert answer.status == 404
    finally:
        os.close(descriptor)


async def test_sockets_of_an_earlier_run_are_replaced_and_an_old_door_leaves_the_new_ones(
    start_gateway: StartGateway, short_path: Path
) -> None:
    gateway = await start_gateway()
    first = await gateway.open(FAMILY, short_path, None)
    await gateway.open(FAMILY, short_path, None)
    await first.close()
    async with agent_session(short_path) as agent, agent.get("/") as answer:
        assert answer.status == 404


async def test_closing_a_door_ends_its_connections_and_no_others(
    start_gateway: StartGateway, short_path: Path, api: FakeMessagesApi
) -> None:
    asked = asyncio.Event()

    async def silent(request: aiohttp.web.Request) -> aiohttp.web.StreamResponse:
        asked.set()
        await asyncio.sleep(60)
        raise AssertionError

    api.behaviour = silent
    gateway = await start_gateway()
    door = await gateway.open(FAMILY, short_path / "a", None)
    await gateway.open(parse_folder("work"), short_path / "b", None)
    proxied = await asyncio.open_unix_connection(str(short_path / "a" / "proxy.sock"))

    async def call(agent: aiohttp.ClientSession) -> None:
        with pytest.raises(aiohttp.ClientError):
            await agent.post("/v1/messages", data=b"{}")

    async with agent_session(short_path / "a") as agent, agent_session(short_path / "b") as other:
        async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
            tasks.create_task(call(agent), name="call")
            await asked.wait()
            await door.close()
            assert await proxied[0].read() == b""
        async with other.get("/") as answer:
            assert answer.status == 404
    proxied[1].close()


async def test_connections_to_the_model_socket_are_bounded(start_gateway: StartGateway, short_path: Path) -> None:
    await (await start_gateway()).open(FAMILY, short_path, None)
    held = [await asyncio.open_unix_connection(str(short_path / "model.sock")) for _ in range(64)]
    reader, writer = await asyncio.open_unix_connection(str(short_path / "model.sock"))
    async with asyncio.timeout(5):
        assert await reader.read() == b""
    for _, other in [*held, (reader, writer)]:
        other.close()


async def test_giant_and_unfinished_heads_at_the_model_socket_reach_nobody_and_hold_up_no_call(
    start_gateway: StartGateway, short_path: Path, api: FakeMessagesApi
) -> None:
    await (await start_gateway()).open(FAMILY, short_path, None)
    begun = b"POST /v1/messages HTTP/1.1\r\nHost: model\r\n"
    for giant in (begun + b"X-Pad: " + b"x" * 300_000 + b"\r\n\r\n", begun + b"A: 1\r\n" * 40_000 + b"\r\n"):
        reader, writer = await asyncio.open_unix_connection(str(short_path / "model.sock"))
        writer.write(giant)
        async with asyncio.timeout(10):
            assert (await reader.read()).startswith(b"HTTP/1.0 400 ")
        writer.close()
    slow = [await asyncio.open_unix_connection(str(short_path / "model.sock")) for _ in range(40)]
    for _, writer in slow:
        writer.write(begun)
    async with agent_session(short_path) as agent, agent.post("/v1/messages", json={"model": "m"}) as answer:
        assert answer.status == 200
    assert len(api.seen) == 1
    for _, writer in slow:
        writer.close()


async def test_closing_the_gateway_closes_its_doors_and_its_resolver(
    start_gateway: StartGateway, short_path: Path
) -> None:
    resolver = FixedResolver({})
    gateway = await start_gateway(resolver=resolver)
    await gateway.open(FAMILY, short_path, None)
    await gateway.close()
    assert not (short_path / "model.sock").exists()
    assert resolver.closed


async def test_a_gateway_that_was_not_started_opens_no_door(short_path: Path) -> None:
    gateway = Gateway(Upstream(), (), HeldClock(step=1), ignore)
    with pytest.raises(GatewayError, match="not been started"):
        await gateway.open(FAMILY, short_path, None)


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "127.0.0.1:8080", "http://", "http://u:secret@h:99999"])
def test_a_proxy_that_is_no_http_proxy_is_an_error_that_does_not_show_it(proxy: str) -> None:
    with pytest.raises(GatewayError, match="HTTPS_PROXY") as raised:
        Gateway(Upstream.model_validate({"proxy": proxy}), (), HeldClock(step=1), ignore)
    assert "secret" not in str(raised.value)


async def test_an_empty_allowlist_reaches_nobody(
    start_gateway: StartGateway, short_path: Path, events: list[GatewayEvent]
) -> None:
    await (await start_gateway()).open(FAMILY, short_path, None)
    reader, writer = await asyncio.open_unix_connection(str(short_path / "proxy.sock"))
    writer.write(b"CONNECT example.org:443 HTTP/1.1\r\n\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.1 403 ")
    writer.close()
    assert isinstance(events[-1], Decision)


async def test_a_diverted_group_speaks_to_the_scripted_model_without_our_credential_and_for_nothing(
    start_gateway: StartGateway, short_path: Path, events: list[GatewayEvent], api: FakeMessagesApi
) -> None:
    async with FakeMessagesApi().running() as scripted:
        gateway = await start_gateway()
        gateway.divert(FAMILY, scripted.url)
        await gateway.open(FAMILY, short_path / "family", None)
        await gateway.open(parse_folder("work"), short_path / "work", None)
        for name in ("family", "work"):
            async with (
                agent_session(short_path / name) as agent,
                agent.post("/v1/messages", json={"model": "claude-opus", "messages": []}) as answer,
            ):
                assert answer.status == 200
        assert [len(scripted.seen), len(api.seen)] == [1, 1]
        assert "sk-real" not in str(scripted.seen[0].headers)
        assert "sk-real" in str(api.seen[0].headers)
    costs = {str(event.group): event.cost_usd for event in events if isinstance(event, ModelCallMetered)}
    assert costs["family"] == 0
    assert costs["work"] > 0


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1:1", "http://127.0.0.1", "http://127.0.0.1:1/x", "http://10.0.0.1:1"]
)
async def test_a_group_is_diverted_to_loopback_only(start_gateway: StartGateway, url: str) -> None:
    gateway = await start_gateway()
    with pytest.raises(GatewayError, match="not a scripted model's address"):
        gateway.divert(FAMILY, url)


async def test_a_group_that_is_forgotten_is_diverted_no_more(
    start_gateway: StartGateway, short_path: Path, api: FakeMessagesApi
) -> None:
    gateway = await start_gateway()
    gateway.divert(FAMILY, "http://127.0.0.1:9")
    gateway.forget(FAMILY)
    await gateway.open(FAMILY, short_path / "family", None)
    async with agent_session(short_path / "family") as agent, agent.post("/v1/messages", json={}) as answer:
        assert answer.status == 200
    assert len(api.seen) == 1
