"""The table of the configuration."""

from typing import Any

import pytest

from nanoclaw.channels.contract import ChannelError
from nanoclaw.channels.telegram.options import OFFICIAL, parse_options


def test_nothing_need_be_said() -> None:
    options = parse_options({})
    assert (options.api_url, options.token_file, options.proxy) == (OFFICIAL, "", "")


@pytest.mark.parametrize(
    "url",
    [
        *("https://bot.example.org", "https://example.org:8443/api/", "http://127.0.0.1:8081"),
        *("http://bot-api:8081", "http://192.168.1.5:8081", "http://[::1]:8081"),
    ],
)
def test_a_server_of_ones_own_may_be_named(url: str) -> None:
    assert parse_options({"api_url": url}).api_url == url.rstrip("/")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"api_url": "http://bot.example.org"}, "api_url: it must begin with https"),
        ({"api_url": "http://8.8.8.8"}, "api_url: it must begin with https"),
        ({"api_url": "bot.example.org"}, "api_url"),
        ({"api_url": "https://me:secret@example.org"}, "api_url"),
        ({"api_url": "https://example.org/?a=1"}, "api_url"),
        ({"api_url": "https://exa mple.org"}, "api_url"),
        ({"proxy": "socks5://127.0.0.1"}, "proxy"),
        ({"token_file": "token"}, "token_file: it must be an absolute path"),
        ({"poll_seconds": 0}, "poll_seconds"),
        ({"poll_seconds": "30"}, "poll_seconds"),
        ({"token": "1:secret-secret"}, "token: there is no such setting"),
    ],
)
def test_what_cannot_work_is_refused_with_its_key_and_without_its_value(table: dict[str, Any], words: str) -> None:
    with pytest.raises(ChannelError, match=words) as caught:
        parse_options(table)
    assert "secret" not in str(caught.value)
    assert "poll_seconds" in caught.value.hint
