"""Splitting an answer."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nanoclaw.delivery.compose import split_text

TEXTS = st.text(st.sampled_from("ab .\n\t👩\u200dé\u0301<>&") | st.characters(), max_size=300)


@given(TEXTS, st.integers(1, 40))
@example("a. " * 30, 4)
@example("👩\u200d👩\u200d👧" * 9, 4)
@example("\n\n\n", 1)
def test_nothing_is_lost_but_space_around_the_pieces_and_every_piece_fits(text: str, limit: int) -> None:
    pieces = split_text(text, limit)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    for piece in pieces:
        assert 1 <= len(piece) <= limit
        assert piece == piece.strip()
    rest = text
    for piece in pieces:
        # Each piece stands in the text as it was, with only space before it.
        before, found, rest = rest.partition(piece)
        assert found
        assert not before.strip()
    assert not rest.strip()


@given(TEXTS)
def test_a_text_that_fits_is_one_piece(text: str) -> None:
    assert split_text(text, 1_000) == ((text.strip(),) if text.strip() else ())


@pytest.mark.parametrize(
    ("text", "limit", "pieces"),
    [
        ("", 10, ()),
        (" \n ", 10, ()),
        ("one\n\ntwo", 7, ("one", "two")),
        ("one two\nthree", 12, ("one two", "three")),
        ("One. Two three", 10, ("One. Two", "three")),
        ("First one. Second", 14, ("First one.", "Second")),
        ("aaaa bbbb", 6, ("aaaa", "bbbb")),
        ("aaaa bbbb", 4, ("aaaa", "bbbb")),
        ("abcdefgh", 3, ("abc", "def", "gh")),
        ("a bcdefghij", 10, ("a bcdefghi", "j")),
    ],
)
def test_it_is_cut_where_a_reader_would(text: str, limit: int, pieces: tuple[str, ...]) -> None:
    assert split_text(text, limit) == pieces


def test_a_limit_that_nothing_fits_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        split_text("x", 0)


def test_a_megabyte_is_split_in_no_time() -> None:
    assert len(split_text("word " * 209_715, 4_000)) < 300
