"""Splitting an answer."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nanoclaw.delivery.splitting import cut_text, split_text

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


def utf16(text: str) -> int:
    """As some networks count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@given(TEXTS, st.integers(2, 40))
@example("👩" * 9, 3)
def test_every_piece_fits_by_the_networks_own_measure(text: str, limit: int) -> None:
    pieces = split_text(text, limit, utf16)
    assert all(1 <= utf16(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


@pytest.mark.parametrize(
    "letter",
    ["e\u0301", "👍🏽", "👩\u200d👩\u200d👧", "🇨🇭", "❤\ufe0f", "1\ufe0f\u20e3", "🏴\U000e0067\U000e0062\U000e007f"],
    ids=["accent", "skin tone", "family", "flag", "variation", "keycap", "tags"],
)
def test_what_a_reader_sees_as_one_letter_is_not_cut(letter: str) -> None:
    limit = 3 * len(letter) - 1
    assert split_text(letter * 7, limit) == (letter * 2, letter * 2, letter * 2, letter)


def test_a_letter_longer_than_the_limit_is_cut_rather_than_kept_back() -> None:
    assert split_text("e" + "\u0301" * 5, 4) == ("e" + "\u0301" * 3, "\u0301" * 2)


def test_a_heap_of_accents_ends_nowhere_and_is_cut() -> None:
    assert "".join(split_text("e" + "\u0301" * 5_000, 1_000)) == "e" + "\u0301" * 5_000


@given(TEXTS, st.integers(3, 40))
def test_a_text_that_is_cut_ends_with_an_ellipsis_and_fits(text: str, limit: int) -> None:
    cut = cut_text(text, limit, utf16)
    assert utf16(cut) <= limit
    assert cut == text or (cut.endswith("…") and text.startswith(cut[:-1]))


def test_a_megabyte_is_measured_in_no_time() -> None:
    assert len(split_text("word " * 209_715, 4_096, utf16)) < 300
