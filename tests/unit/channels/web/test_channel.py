import socket
import stat
from pathlib import Path

import pytest

from nanoclaw.channels.contract import ChannelError, ChannelStatus
from nanoclaw.channels.web.channel import WebChannel
from tests.fakes.browser_session import open_browser
from tests.fakes.channel_world import ChannelWorld
from tests.fakes.running_channel import running


def world_of(directory: Path, **options: object) -> ChannelWorld:
    return ChannelWorld("web", directory, chats={}, options=options)


async def test_a_port_in_use_names_the_port_and_the_setting(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        channel = WebChannel()
        with pytest.raises(ChannelError, match=rf"port {port}") as caught:
            await channel.run(world_of(tmp_path, port=port).surroundings())
    assert "[channels.web] port" in caught.value.hint
    assert channel.state().status is ChannelStatus.DOWN
    assert str(port) in channel.state().detail


async def test_the_port_is_only_open_on_this_machine(tmp_path: Path) -> None:
    channel = WebChannel()
    async with running(channel, world_of(tmp_path, port=0).surroundings()):
        assert channel.state().detail.startswith("http://127.0.0.1:")


async def test_a_channel_can_run_again_after_it_was_stopped(tmp_path: Path) -> None:
    channel = WebChannel()
    for _ in range(2):
        async with running(channel, world_of(tmp_path, port=0).surroundings()), open_browser(channel) as browser:
            assert (await browser.get("/")).status == 200
        assert channel.login_url() is None


async def test_a_token_that_others_could_read_is_made_private(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("x" * 43)
    token.chmod(0o644)
    channel = WebChannel()
    async with running(channel, world_of(tmp_path, port=0).surroundings()):
        assert (channel.login_url() or "").endswith("x" * 43)
    assert stat.S_IMODE(token.stat().st_mode) == 0o600


async def test_a_token_file_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "token").symlink_to("/etc/hostname")
    with pytest.raises(ChannelError, match="token"):
        await WebChannel().run(world_of(tmp_path, port=0).surroundings())


async def test_an_empty_token_file_gets_a_token(tmp_path: Path) -> None:
    (tmp_path / "token").touch()
    channel = WebChannel()
    async with running(channel, world_of(tmp_path, port=0).surroundings()):
        token = (channel.login_url() or "").rsplit("=", 1)[1]
    assert len(token) == 43
