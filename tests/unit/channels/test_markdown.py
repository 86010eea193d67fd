"""What a line of Markdown is."""

import pytest

from nanoclaw.channels.markdown import BULLET, FENCE, HEADING, RULE, TABLE_RULE, TASK, ends_code


@pytest.mark.parametrize(
    ("line", "marks", "language"),
    [
        ("```", "```", ""),
        ("```python", "```", "python"),
        ("  ~~~~ c++ title=x", "~~~~", "c++"),
        ("~~~ with ` in it", "~~~", "with"),
        ("````objective-c", "````", "objective-c"),
    ],
)
def test_a_fence_has_marks_and_may_name_a_language(line: str, marks: str, language: str) -> None:
    found = FENCE.match(line)
    assert found is not None
    assert (found[1], found[2]) == (marks, language)


@pytest.mark.parametrize("line", ["``", "    ```", "```words``` in a line", "text ```", "~~struck~~"])
def test_what_is_no_fence(line: str) -> None:
    assert FENCE.match(line) is None


@pytest.mark.parametrize(
    ("line", "marks", "ends"),
    [
        ("```", "```", True),
        ("  ````  ", "```", True),
        ("``", "```", False),
        ("```python", "```", False),
        ("~~~", "```", False),
        ("", "```", False),
        ("```", "````", False),
    ],
)
def test_code_ends_with_marks_of_its_own_kind_as_many_and_nothing_else(line: str, marks: str, *, ends: bool) -> None:
    assert ends_code(line, marks) is ends


def test_lines_are_told_apart() -> None:
    kinds = {"heading": HEADING, "rule": RULE, "bullet": BULLET, "task": TASK, "table": TABLE_RULE}
    lines = {
        "## Title ##": {"heading"},
        "#hashtag": set(),
        "* * *": {"rule", "bullet"},
        "+ point": {"bullet"},
        "[x] done": {"task"},
        "|:-|-:|": {"table"},
        "-5 degrees": set(),
    }
    for line, expected in lines.items():
        assert {kind for kind, pattern in kinds.items() if pattern.match(line)} == expected, line
