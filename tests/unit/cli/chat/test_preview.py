import re

from hypothesis import given
from hypothesis import strategies as st

from nanoclaw.cli.chat.preview import Preview

PIECES = st.lists(
    st.sampled_from(["<internal>", "</internal>", "<inter", "nal>", "</", "a", "<", "b\n"]) | st.text(max_size=5)
)


@given(PIECES)
def test_pieces_show_what_the_whole_would_show(pieces: list[str]) -> None:
    preview = Preview()
    shown = "".join(preview.feed(piece) for piece in pieces)
    whole = re.sub(r"<internal>.*?(</internal>|\Z)", "", "".join(pieces), flags=re.DOTALL)
    assert whole.startswith(shown)
    # What is still held back could be the beginning of a tag.
    assert "<internal>".startswith(whole[len(shown) :])


def test_plain_text_is_shown_at_once() -> None:
    assert Preview().feed("hello") == "hello"
