import pytest

from tests.fakes.browser_session import BrowserSession
from tests.fakes.channel_world import ChannelWorld

PATHS = ["/", "/login?token=x", "/static/page.css", "/api/chats", "/nothing", "/api/nothing"]


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_forbids_framing_sniffing_caching_and_foreign_code(
    stranger: BrowserSession, path: str
) -> None:
    response = await stranger.get(path)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "no-store"
    assert not [name for name in response.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize("path", PATHS)
async def test_a_foreign_host_name_is_refused_everywhere(browser: BrowserSession, path: str) -> None:
    port = browser.url.rsplit(":", 1)[1]
    for host in (f"evil.example:{port}", "127.0.0.1", "127.0.0.1:1", f"127.0.0.1.evil.example:{port}", ""):
        response = await browser.get(path, headers={"Host": host})
        assert response.status in {400, 403}, host


async def test_the_names_of_this_machine_are_accepted(stranger: BrowserSession) -> None:
    port = stranger.url.rsplit(":", 1)[1]
    for host in (f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}", f"LOCALHOST:{port}"):
        assert (await stranger.get("/static/page.css", headers={"Host": host})).status == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "", "http://127.0.0.1:1", "https://{own}"])
async def test_a_post_from_another_origin_changes_nothing(
    browser: BrowserSession, world: ChannelWorld, origin: str
) -> None:
    foreign = origin.format(own=browser.url.removeprefix("http://"))
    for action in ("messages", "typing", "stop"):
        response = await browser.post(f"/api/chats/main/{action}", {}, headers={"Origin": foreign})
        assert response.status == 403
    assert not world.accepted
    assert not world.expected
    assert not world.interrupted


async def test_a_post_without_an_origin_is_refused(browser: BrowserSession) -> None:
    async with browser.session.post(f"{browser.url}/api/chats/main/stop") as response:
        assert response.status == 403


async def test_the_stream_is_not_for_other_origins(browser: BrowserSession) -> None:
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "none"}):
        assert (await browser.get("/api/events", headers=headers)).status == 403


@pytest.mark.parametrize("path", ["/api/chats", "/api/events", "/api/chats/main/lines", "/api/anything"])
async def test_nothing_is_told_to_who_is_not_signed_in(stranger: BrowserSession, path: str) -> None:
    response = await stranger.get(path)
    assert response.status == 401
    assert "nanoclaw status" in (await response.json())["hint"]


async def test_only_files_of_the_page_are_served(stranger: BrowserSession) -> None:
    assert (await stranger.get("/static/app.js")).content_type == "text/javascript"
    for name in ("..%2f__init__.py", "%2e%2e%2fkeys.py", "index.html", "refusal.html", "token", "app.js%00"):
        assert (await stranger.get(f"/static/{name}")).status == 404


async def test_the_page_is_not_shown_to_strangers(stranger: BrowserSession) -> None:
    response = await stranger.get("/")
    assert response.status == 403
    assert "nanoclaw status" in await response.text()
