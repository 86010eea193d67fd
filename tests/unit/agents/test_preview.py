import re

from hypothesis import given
from hypothesis import strategies as st

from nanoclaw.agents.preview import Preview

_PIECES = st.lists(
    st.sampled_from(["<", "internal", ">", "</", "<internal>", "</internal>", "a", "b ", "<INTERNAL>", "İ"])
)


@given(_PIECES)
def test_however_it_is_cut_only_what_is_outside_internal_parts_is_shown(pieces: list[str]) -> None:
    preview = Preview()
    shown = "".join(preview.feed(piece) for piece in pieces)
    whole = re.sub(r"(?is)<internal>.*?(</internal>|\Z)", "", "".join(pieces))
    assert whole.startswith(shown)
    assert len(whole) - len(shown) < len("<internal>"), "at most the beginning of a tag is held back"


def test_a_new_text_begins_in_the_open() -> None:
    preview = Preview()
    assert preview.feed("one <internal>secret") == "one "
    preview.restart()
    assert preview.feed("two") == "two"
