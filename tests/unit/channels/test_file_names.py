"""Names of files that came with a message."""

import pytest

from nanoclaw.channels.file_names import shorten


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("plan.pdf", "plan.pdf"),
        ("a" * 36 + ".pdf", "a" * 36 + ".pdf"),
        ("a" * 37 + ".pdf", "a" * 36 + ".pdf"),
        ("a" * 400 + ".tar.gz", "a" * 33 + ".tar.gz"),
        ("é" * 300, "é" * 40),
    ],
)
def test_a_long_name_loses_its_middle_and_keeps_its_ending(name: str, short: str) -> None:
    assert shorten(name, 40) == short
