from typing import Any

import pytest

from nanoclaw.channels.contract import ChannelError
from nanoclaw.channels.web.options import parse_options


def test_the_default_port_is_8787() -> None:
    assert parse_options({}).port == 8787


@pytest.mark.parametrize("port", [0, 1, 65535])
def test_any_port_can_be_chosen(port: int) -> None:
    assert parse_options({"port": port}).port == port


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ({"port": -1}, "port"),
        ({"port": 65536}, "port"),
        ({"port": "8787"}, "port"),
        ({"port": True}, "port"),
        ({"prot": 8787}, "prot: there is no such setting"),
        ({"host": "0.0.0.0"}, "host"),  # noqa: S104 - the point is that it cannot be chosen
    ],
)
def test_a_wrong_option_is_named(table: dict[str, Any], key: str) -> None:
    with pytest.raises(ChannelError, match=key) as caught:
        parse_options(table)
    assert "port" in caught.value.hint
