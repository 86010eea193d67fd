"""The token on disk."""

import os
from pathlib import Path

import pytest

from nanoclaw.channels.contract import ChannelError
from nanoclaw.channels.telegram.credential import (
    NoTokenError,
    Token,
    forget_token,
    parse_token,
    read_token,
    token_path,
    write_token,
)
from tests.fakes.telegram_server import TOKEN


def test_it_is_written_for_its_owner_only_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "telegram" / "token"
    write_token(path, Token(TOKEN))
    write_token(path, Token(TOKEN))
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_token(path) == Token(TOKEN)
    assert read_token(path).bot == "424242"
    assert [one.name for one in path.parent.iterdir()] == ["token"]
    forget_token(path)
    forget_token(path)
    with pytest.raises(NoTokenError, match="No bot"):
        read_token(path)


def test_it_is_not_shown_by_accident() -> None:
    assert TOKEN not in f"{Token(TOKEN)!r} {Token(TOKEN)}"


def test_a_token_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(TOKEN)
    path.chmod(0o640)
    with pytest.raises(NoTokenError, match="Others can read") as caught:
        read_token(path)
    assert "chmod 600" in caught.value.hint


@pytest.mark.parametrize("content", ["", "hello", "123", "1:short", f"{TOKEN} {TOKEN}", "x" * 100_000])
def test_what_is_no_token_is_not_taken_for_one(tmp_path: Path, content: str) -> None:
    path = tmp_path / "token"
    path.touch(mode=0o600)
    path.write_text(content)
    assert parse_token(content) is None
    with pytest.raises(NoTokenError, match="holds no bot token") as caught:
        read_token(path)
    assert "x" * 50 not in str(caught.value)


def test_a_pipe_or_a_folder_does_not_hold_anybody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "folder").mkdir(mode=0o700)
    for name in ("pipe", "folder"):
        with pytest.raises(NoTokenError):
            read_token(tmp_path / name)


def test_it_lies_in_the_channels_folder_unless_the_owner_says_otherwise(tmp_path: Path) -> None:
    assert token_path(tmp_path, "") == tmp_path / "token"
    assert token_path(tmp_path, "/etc/bot") == Path("/etc/bot")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ChannelError, match="Cannot keep the token"):
        write_token(tmp_path / "file" / "token", Token(TOKEN))
