"""Where a tunnel may lead, and where not."""

import pytest

from nanoclaw.gateway.contract import Decision, DomainRefused, GatewayEvent, Verdict
from nanoclaw.model.options import GroupOptions, NetworkPolicy
from tests.unit.gateway.proxy_door import HOST, Open, connect, echo, last_decision, public_server
from tests.unit.gateway.stand_ins import (
    PUBLIC,
    FixedResolver,
)


@pytest.mark.parametrize(
    "authority",
    [
        "other.example:443",
        "wild.example:443",
        f"evil{HOST}:443",
        f"{HOST}.evil.test:443",
        f"{HOST}:80",
        f"{HOST}:22",
        f"user@{HOST}:443",
        f"{HOST}@evil.test:443",
        f"{HOST}%00.evil.test:443",
        "93.184.215.14:443",
        "127.0.0.1:443",
        "127.1:443",
        "2130706433:443",
        "0x7f000001:443",
        "0x7f.0.0.1:443",
        "0177.0.0.1:443",
        "[::1]:443",
        "[::ffff:127.0.0.1]:443",
        "[64:ff9b::a9fe:a9fe]:443",
        ":443",
        "localhost:443",
        "169.254.169.254:443",
    ],
)
async def test_a_target_that_is_not_allowed_is_refused_undialled(
    open_door: Open, events: list[GatewayEvent], authority: str
) -> None:
    door = await open_door()
    assert await door.refused(connect(authority)) == 403
    assert door.dialer.dialled == []
    assert [event.verdict for event in events if isinstance(event, Decision)] == [Verdict.DENIED]


@pytest.mark.parametrize(("network", "asked"), [(NetworkPolicy.ALLOWLIST, 1), (NetworkPolicy.NONE, 0)])
async def test_the_owner_hears_of_a_refused_host_unless_they_closed_everything(
    open_door: Open, events: list[GatewayEvent], network: NetworkPolicy, asked: int
) -> None:
    door = await open_door()
    door.policy.set_options(GroupOptions(network=network))
    assert await door.refused(connect("other.example:443")) == 403
    heard = [event for event in events if isinstance(event, DomainRefused)]
    assert [(event.host, event.port) for event in heard] == [("other.example", 443)] * asked


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        [PUBLIC, "10.0.0.1"],
        ["169.254.169.254"],
        ["100.64.0.1"],
        ["192.0.0.192"],
        ["::1"],
        ["::ffff:93.184.215.14"],
        ["64:ff9b::a9fe:a9fe"],
        ["2002:7f00:1::"],
        ["2001:0:4136:e378:8000:63bf:3fff:fdd2"],
        ["fe80::1%1"],
        ["224.0.0.1"],
        ["0.0.0.0"],  # noqa: S104 - an address to refuse
    ],
)
async def test_an_allowed_name_that_leads_to_a_closed_address_is_refused(
    open_door: Open, events: list[GatewayEvent], addresses: list[str]
) -> None:
    door = await open_door(resolver=FixedResolver({HOST: addresses}))
    assert await door.refused(connect()) == 403
    assert door.dialer.dialled == []
    assert "not public" in last_decision(events).reason


async def test_plain_requests_are_refused_and_their_path_is_not_kept(
    open_door: Open, events: list[GatewayEvent]
) -> None:
    door = await open_door()
    assert await door.refused(f"GET http://{HOST}/?q=secret HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()) == 403
    assert last_decision(events).target == "GET request"


async def test_a_name_that_does_not_resolve_or_answer_is_a_502(open_door: Open, events: list[GatewayEvent]) -> None:
    door = await open_door(resolver=FixedResolver({}))
    assert await door.refused(connect()) == 502
    assert last_decision(events).reason == "the name does not resolve"


async def test_a_name_that_only_the_machines_proxy_knows_is_left_to_it(open_door: Open) -> None:
    async with public_server(echo) as port:
        door = await open_door(resolver=FixedResolver({}), port=port, looks_names_up=True)
        status, stream = await door.ask(connect())
        assert status == 200
        await stream.close(5)
    assert door.dialer.dialled == [(HOST, (), 443)]


async def test_a_name_that_is_private_here_is_refused_behind_a_proxy_too(open_door: Open) -> None:
    door = await open_door(resolver=FixedResolver({HOST: ["10.0.0.1"]}), looks_names_up=True)
    assert await door.refused(connect()) == 403
    assert door.dialer.dialled == []


async def test_a_name_that_changes_its_address_is_judged_anew_and_the_checked_address_is_dialled(
    open_door: Open, events: list[GatewayEvent]
) -> None:
    resolver = FixedResolver({HOST: [PUBLIC]})
    async with public_server(echo) as port:
        door = await open_door(resolver=resolver, port=port)
        status, stream = await door.ask(connect())
        assert status == 200
        await stream.close(5)
        resolver.zone[HOST] = ["127.0.0.1"]
        assert await door.refused(connect()) == 403
    assert door.dialer.dialled == [(HOST, (PUBLIC,), 443)]
    assert "loopback" in last_decision(events).reason
