import stat
from pathlib import Path

import pytest

from nanoclaw.channels.contract import ChannelError
from nanoclaw.channels.web.channel import WebChannel
from nanoclaw.channels.web.keys import SESSION_SECONDS, Keys
from nanoclaw.model.clock import SystemClock
from tests.fakes.browser_session import BrowserSession, open_browser
from tests.fakes.channel_world import ChannelWorld
from tests.fakes.running_channel import running
from tests.fakes.small_disk import fill, small_disk


async def test_the_link_gives_a_cookie_that_scripts_and_other_sites_cannot_use(
    channel: WebChannel, stranger: BrowserSession
) -> None:
    response = await stranger.get((channel.login_url() or "").removeprefix(stranger.url))
    assert (response.status, response.headers["Location"]) == (303, "/")
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert f"Max-Age={SESSION_SECONDS}" in cookie
    assert (await stranger.get("/")).status == 200


async def test_the_cookie_is_not_the_token_and_not_on_disk(
    channel: WebChannel, browser: BrowserSession, tmp_path: Path
) -> None:
    (cookie,) = browser.session.cookie_jar
    assert cookie.value not in (channel.login_url() or "")
    assert all(
        cookie.value.encode() not in file.read_bytes() for file in (tmp_path / "web").iterdir() if file.is_file()
    )


async def test_token_and_sessions_are_private_files(browser: BrowserSession, tmp_path: Path) -> None:
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "web").iterdir()}
    assert modes == {"token": 0o600, "sessions.json": 0o600, "incoming": 0o700}


async def test_a_wrong_token_is_told_how_to_get_the_right_one(stranger: BrowserSession) -> None:
    response = await stranger.get("/login?token=guess")
    assert response.status == 403
    assert "nanoclaw status" in await response.text()
    assert not response.cookies
    assert (await stranger.get("/login")).status == 403


async def test_guessing_is_slowed_down_and_then_allowed_again(
    channel: WebChannel, stranger: BrowserSession, world: ChannelWorld
) -> None:
    answers = [(await stranger.get("/login?token=guess")).status for _ in range(11)]
    assert answers == [403] * 10 + [429]
    link = (channel.login_url() or "").removeprefix(stranger.url)
    refused = await stranger.get(link)
    assert (refused.status, refused.headers["Retry-After"].isdigit()) == (429, True)
    world.clock.ahead += 61
    assert (await stranger.get(link)).status == 303


async def test_pictures_of_other_pages_do_not_use_the_tries_up(channel: WebChannel, stranger: BrowserSession) -> None:
    for _ in range(20):
        await stranger.get("/login?token=guess", headers={"Sec-Fetch-Dest": "image"})
    await stranger.sign_in(channel)


async def test_a_session_outlives_a_restart_but_not_thirty_days(tmp_path: Path) -> None:
    world = ChannelWorld("web", tmp_path / "web", chats={}, options={"port": 0})
    first = WebChannel()
    async with running(first, world.surroundings()), open_browser(first) as browser:
        (cookie,) = browser.session.cookie_jar
        link = first.login_url()
    port = first_port = browser.url.rsplit(":", 1)[1]
    again = ChannelWorld("web", tmp_path / "web", chats={}, options={"port": int(port)})
    second = WebChannel()
    async with running(second, again.surroundings()), open_browser(second, signed_in=False) as browser:
        assert second.login_url() == link
        headers = {"Cookie": f"nanoclaw_session_{first_port}={cookie.value}"}
        assert (await browser.get("/api/chats", headers=headers)).status == 200
        again.clock.ahead = SESSION_SECONDS + 1
        assert (await browser.get("/api/chats", headers=headers)).status == 401


async def test_signing_out_ends_the_session_for_good(browser: BrowserSession) -> None:
    (cookie,) = browser.session.cookie_jar
    headers = {"Cookie": f"{cookie.key}={cookie.value}"}
    assert (await browser.post("/api/logout")).status == 204
    assert (await browser.get("/api/chats", headers=headers)).status == 401


async def test_a_strange_cookie_is_nobody(stranger: BrowserSession) -> None:
    name = f"nanoclaw_session_{stranger.url.rsplit(':', 1)[1]}"
    for value in ("x", "", "%00", "\u00ff" * 50):
        response = await stranger.get("/api/chats", headers={"Cookie": f"{name}={value}"})
        assert response.status == 401


async def test_sessions_that_cannot_be_read_only_mean_signing_in_again(tmp_path: Path) -> None:
    world = ChannelWorld("web", tmp_path / "web", chats={}, options={"port": 0})
    surroundings = world.surroundings()
    (tmp_path / "web" / "sessions.json").write_text('{"sessions": [{"digest": 1')
    channel = WebChannel()
    async with running(channel, surroundings), open_browser(channel) as browser:
        assert (await browser.get("/api/chats")).status == 200


async def test_the_address_that_the_state_shows_is_not_the_secret(channel: WebChannel) -> None:
    link = channel.login_url() or ""
    assert link.startswith(f"{channel.state().detail}/login?token=")
    assert "token" not in channel.state().detail


async def test_on_a_full_disk_nobody_is_signed_in_and_those_who_were_stay(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", 1) as place:
        keys = Keys(place, SystemClock())
        keys.load()
        kept = keys.open_session()
        filler = fill(place, leave=0)
        with pytest.raises(ChannelError, match="No space left"):
            keys.open_session()
        again = Keys(place, SystemClock())
        again.load()
        assert again.is_session(kept)
        filler.unlink()
        assert again.is_session(again.open_session())
