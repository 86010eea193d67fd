import pytest

from nanoclaw.channels.contract import ChannelError
from nanoclaw.channels.whatsapp.options import WhatsAppOptions, parse_options


def test_an_empty_table_is_fine() -> None:
    assert parse_options({}) == WhatsAppOptions()


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ({"chat_per_minute": 0}, "chat_per_minute"),
        ({"chat_per_minute": "20"}, "chat_per_minute"),
        ({"history_days": 366}, "history_days"),
        ({"read_receipts": "yes"}, "read_receipts"),
        ({"prefix": "x" * 61}, "prefix"),
        ({"phone": "491700000001"}, "phone: there is no such setting"),
    ],
)
def test_what_is_not_allowed_is_refused_with_its_key(table: dict[str, object], key: str) -> None:
    with pytest.raises(ChannelError, match=key) as caught:
        parse_options(table)
    assert "read_receipts" in caught.value.hint
