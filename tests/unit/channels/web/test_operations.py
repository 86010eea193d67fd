"""What the page may ask of the daemon."""

import json
from collections.abc import AsyncIterator

import pytest
from yarl import URL

from nanoclaw.channels.web.channel import WebChannel
from tests.fakes.browser_session import BrowserSession, open_browser
from tests.fakes.channel_world import ChannelWorld
from tests.fakes.running_channel import running


class Daemon:
    """Notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, bytes]] = []
        self.status = 200

    async def __call__(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        self.asked.append((method, path, body))
        return self.status, b'{"groups": []}'


@pytest.fixture
def daemon() -> Daemon:
    return Daemon()


@pytest.fixture
async def desk(world: ChannelWorld, daemon: Daemon) -> AsyncIterator[WebChannel]:
    web = WebChannel(operations=daemon)
    async with running(web, world.surroundings()):
        yield web


@pytest.fixture
async def owner(desk: WebChannel) -> AsyncIterator[BrowserSession]:
    async with open_browser(desk) as signed_in:
        yield signed_in


async def test_an_operation_is_passed_on_with_its_query_and_body(owner: BrowserSession, daemon: Daemon) -> None:
    response = await owner.get("/api/control/v1/usage?by=day&group=main")
    assert (response.status, await response.json()) == (200, {"groups": []})
    await owner.post("/api/control/v1/groups", {"name": "A"})
    assert daemon.asked == [
        ("GET", "/v1/usage?by=day&group=main", b""),
        ("POST", "/v1/groups", json.dumps({"name": "A"}).encode()),
    ]


async def test_a_refusal_of_the_daemons_comes_back_as_it_is(owner: BrowserSession, daemon: Daemon) -> None:
    daemon.status = 422
    assert (await owner.get("/api/control/v1/groups")).status == 422


@pytest.mark.parametrize(
    "path",
    [
        "/v1/stop",
        "/v1/people",
        "/v1/messages",
        "/v1/groups/main/events",
        "/v1/groups/%2e%2e",
        "/v1/groups/a%2fb",
        "/v1/groups/%2e%2e%2fstop",
        "/v1/tasks/1/delete",
        "/v1/groups%00",
        "/v1/groups%0a",
        "/v1/groups/\u0661",
        "//v1/groups",
        "/openapi.json",
        "",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_nothing_else_is(owner: BrowserSession, daemon: Daemon, method: str, path: str) -> None:
    place = URL(f"{owner.url}/api/control{path}", encoded=path.isascii())
    response = await owner.session.request(method, place, headers={"Origin": owner.url}, data=b"{}")
    assert response.status == 404
    assert not daemon.asked


async def test_a_group_cannot_be_removed_from_the_page(owner: BrowserSession, daemon: Daemon) -> None:
    response = await owner.session.delete(f"{owner.url}/api/control/v1/groups/work", headers={"Origin": owner.url})
    assert response.status == 404
    assert not daemon.asked


async def test_an_odd_query_is_refused(owner: BrowserSession, daemon: Daemon) -> None:
    assert (await owner.get("/api/control/v1/usage?by=day;x&&=")).status == 400
    assert not daemon.asked


async def test_a_large_body_is_refused(owner: BrowserSession, daemon: Daemon) -> None:
    assert (await owner.post("/api/control/v1/tasks", b"x" * 200_000)).status == 413
    assert not daemon.asked


async def test_only_the_owner_from_the_page_itself_is_let_in(desk: WebChannel, daemon: Daemon) -> None:
    async with open_browser(desk, signed_in=False) as stranger:
        assert (await stranger.get("/api/control/v1/groups")).status == 401
        await stranger.sign_in(desk)
        foreign = {"Origin": "https://example.org"}
        assert (await stranger.post("/api/control/v1/groups", {}, headers=foreign)).status == 403
    assert not daemon.asked


async def test_without_a_way_to_the_daemon_there_is_nothing(browser: BrowserSession) -> None:
    assert (await browser.get("/api/control/v1/groups")).status == 404
