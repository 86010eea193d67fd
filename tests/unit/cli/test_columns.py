import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanoclaw.cli.columns import pad, width, wrap


def test_a_chinese_character_takes_two_columns() -> None:
    assert width("Key 密钥") == 8
    assert pad("密钥", 6) == "密钥  "
    assert width("e\u0301") == 1


@pytest.mark.parametrize(
    ("text", "columns", "lines"),
    [
        ("one two three", 7, ["one two", "three"]),
        ("磁盘写满后无法接收任何消息", 10, ["磁盘写满后", "无法接收任", "何消息"]),
        ("一二三四五，六", 10, ["一二三四", "五，六"]),
        ("运行 `nanoclaw run`，或安装", 12, ["运行", "`nanoclaw", "run`，或安装"]),
        ("/a/very/long/path/that/stays", 10, ["/a/very/long/path/that/stays"]),
        ("", 10, [""]),
    ],
)
def test_lines_break_at_spaces_and_between_chinese_characters(text: str, columns: int, lines: list[str]) -> None:
    assert wrap(text, columns) == lines


@given(st.text(alphabet="ab 中文，。（）", max_size=60), st.integers(8, 40))
def test_wrapping_loses_nothing_but_spaces(text: str, columns: int) -> None:
    assert "".join(wrap(text, columns)).replace(" ", "") == text.replace(" ", "")
