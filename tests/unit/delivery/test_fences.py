"""Blocks of code that are cut: each piece is whole as Markdown, and what is code stays code."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nanoclaw.channels.telegram.markup import length, seen, to_html
from nanoclaw.delivery.fences import Fence, open_fence
from nanoclaw.delivery.splitting import Measure, split_text

MARKS = st.sampled_from(("```", "~~~", "````", "~~~~~"))
LANGUAGES = st.sampled_from(("", "", "python", "c++", "objective-c"))
WORDS = st.sampled_from(("word", "é. A b", "👩\u200d👩\u200d👧 x", "1. one", "- two", "`in line`", ""))
CODE = st.sampled_from(("if a:", "    return b", "\tc. d", "# no title", "  👍 = 2", "``", "", "- e", "  ~~ f"))
LIMITS = st.integers(72, 200)
MEASURES = st.sampled_from((len, length))
Lines = list[tuple[str | None, str]]


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Prose and blocks of code in turns; in the code may stand what would be a fence elsewhere."""
    lines: list[str] = []
    for _ in range(draw(st.integers(1, 5))):
        lines += draw(st.lists(WORDS, max_size=25))
        marks = draw(MARKS)
        foreign = "~~~" if marks[0] == "`" else "```"
        code = draw(st.lists(CODE | st.just(foreign), min_size=1, max_size=40))
        lines += [marks + draw(LANGUAGES), *code, marks]
    return "\n".join(lines)


def read(markdown: str) -> Lines:
    """Each line that says something, with the language when it is code. A block that is not closed is an error."""
    found: Lines = []
    marks, language = "", None
    for line in markdown.split("\n"):
        bare = line.strip()
        if not marks and bare[:3] in {"```", "~~~"}:
            language = bare.lstrip(bare[0])
            marks = bare.removesuffix(language)
        elif marks and bare.startswith(marks) and set(bare) == {marks[0]}:
            marks, language = "", None
        elif bare:
            found.append((language, line.rstrip() if marks else bare))
    assert not marks
    return found


def read_all(pieces: tuple[str, ...]) -> Lines:
    return [line for piece in pieces for line in read(piece)]


@given(documents(), LIMITS, MEASURES)
def test_code_stays_code_of_its_language_and_prose_stays_prose_and_every_piece_fits(
    document: str, limit: int, measure: Measure
) -> None:
    pieces = split_text(document, limit, measure)
    assert all(1 <= measure(piece) <= limit for piece in pieces)
    assert read_all(pieces) == read(document)


SOUP = st.sampled_from(("```", "~~~", "````", "```py", "\n", "\n", "\n", " ", "a", "b. c", "👍", "`", "    x", "~"))


@given(st.lists(SOUP, min_size=1, max_size=300).map("".join), LIMITS, MEASURES)
@example("```" + "x" * 300, 72, len)
@example("```\n" + "👍" * 300, 72, length)
@example("```\n" + " " * 300 + "x", 72, len)
@example("a\n```\n" + "```\n" * 90, 72, len)
def test_whatever_is_written_every_piece_fits_and_leaves_nothing_open(text: str, limit: int, measure: Measure) -> None:
    pieces = split_text(text, limit, measure)
    assert all(measure(piece) <= limit for piece in pieces)
    if len(pieces) > 1:
        assert [open_fence(piece) for piece in pieces] == [None] * len(pieces)
    assert [letter for letter in "".join(pieces) if letter in "abc👍x"] == [
        letter for letter in text if letter in "abc👍x"
    ]


@pytest.mark.parametrize(
    ("text", "limit", "pieces"),
    [
        ("```py\none = 1\ntwo = 2\n```", 25, ("```py\none = 1\ntwo = 2\n```",)),
        ("```py\none = 1\ntwo = 2\n```", 24, ("```py\none = 1\n```", "```py\ntwo = 2\n```")),
        ("```\nif a:\n\n    b = 1\n    c = 2\n```", 24, ("```\nif a:\n\n    b = 1\n```", "```\n    c = 2\n```")),
        ("~~~~ sh\nls ```\nls -l\n~~~~\nDone.", 24, ("~~~~ sh\nls ```\n~~~~", "~~~~sh\nls -l\n~~~~\nDone.")),
        ("Some words before it.\n```\none\ntwo\n```", 36, ("Some words before it.", "```\none\ntwo\n```")),
        ("```\none\ntwo\n\n\n```\nAnd then", 16, ("```\none\ntwo\n```", "And then")),
        ("```\nnever closed\nat all\n", 21, ("```\nnever closed\n```", "```\nat all\n```")),
        ("```words``` a\n```b``` c", 14, ("```words``` a", "```b``` c")),
    ],
    ids=["fits", "cut", "indentation", "other marks", "moved", "cut at its end", "unclosed", "in a line"],
)
def test_a_block_is_closed_and_opened_again(text: str, limit: int, pieces: tuple[str, ...]) -> None:
    assert split_text(text, limit) == pieces


def test_a_language_that_would_fill_the_piece_is_named_once() -> None:
    pieces = split_text(f"```{'a' * 40}\n" + "one\n" * 40 + "```", 80)
    assert [piece.partition("\n")[0] for piece in pieces] == [f"```{'a' * 40}", "```", "```"]
    assert all(piece.endswith("\n```") for piece in pieces)


def test_where_there_is_no_room_for_fences_the_text_is_cut_as_any_other() -> None:
    assert split_text("```\none\ntwo", 6) == ("```", "one", "two")


def test_long_code_arrives_in_telegram_as_code_of_its_language() -> None:
    lines = [f"    print({number}, '👍 <b>')" for number in range(400)]
    pieces = split_text("Look:\n\n```python\n" + "\n".join(lines) + "\n```\nThat is all.", 4_096, length)
    shown = [to_html(piece) for piece in pieces]
    assert len(pieces) == 3
    assert all(length(piece) <= 4_096 for piece in pieces)
    assert all('<pre><code class="language-python">' in piece for piece in shown)
    said = [line for piece in shown for line in seen(piece).split("\n")]
    assert [line for line in said if line.startswith(" ")] == lines
    assert shown[-1].endswith("</code></pre>\nThat is all.")


@pytest.mark.parametrize(
    ("text", "fence"),
    [
        ("", None),
        ("words", None),
        ("```", Fence(at=0, marks="```", language="")),
        ("a\n  ```py x\nb", Fence(at=2, marks="```", language="py")),
        ("```\n```", None),
        ("```\n~~~", Fence(at=0, marks="```", language="")),
        ("```\n```\n~~~", Fence(at=8, marks="~~~", language="")),
        ("````\n```\n", Fence(at=0, marks="````", language="")),
        ("```code``` in a line", None),
    ],
)
def test_what_a_text_leaves_open(text: str, fence: Fence | None) -> None:
    assert open_fence(text) == fence


def test_a_megabyte_of_code_is_split_in_no_time() -> None:
    assert len(split_text("```\n" + "x = 1\n" * 150_000, 4_096)) < 300
