"""File names that came from elsewhere."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanoclaw.workspaces.names import safe_name


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        ("photo.jpg", "photo.jpg"),
        ("Übung für Zoë.pdf", "Übung_für_Zoë.pdf"),
        ("../../etc/passwd", "etc_passwd"),
        ("..", "file"),
        ("", "file"),
        ("-rf", "rf"),
        (".bashrc", "bashrc"),
        ("a\nb\x1b[2J.txt", "a_b[2J.txt"),
        ("invoice\u202etxt.exe", "invoicetxt.exe"),
        ("CON", "file-CON"),
        ("写真.png", "写真.png"),
    ],
)
def test_a_name_keeps_what_can_do_no_harm(given_: str, kept: str) -> None:
    assert safe_name(given_) == kept


@given(st.text(max_size=300))
def test_every_name_becomes_one_that_is_safe(text: str) -> None:
    name = safe_name(text)
    assert 0 < len(name.encode()) <= 105
    assert "/" not in name
    assert not name.startswith((".", "-"))
    assert all(unicodedata.category(char) not in {"Cc", "Cf", "Cs"} for char in name)
