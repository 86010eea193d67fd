"""Which names can be folders."""

import re
from pathlib import PurePosixPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nanoclaw.model.groups import InvalidFolderError, parse_folder

BAD = {
    "empty": "",
    "parent": "..",
    "path": "a/b",
    "absolute": "/etc",
    "backslash": "a\\b",
    "dot": ".",
    "hidden": ".ssh",
    "NUL": "a\0b",
    "65 characters": "a" * 65,
    "trailing newline": "family\n",
    "leading space": " family",
    "option": "-rf",
    "underscore first": "_family",
    "Cyrillic look-alike": "f\u0430mily",
    "full-width letters": "\uff46amily",
    "ligature": "\ufb01x",
    "Arabic digit": "group\u0661",
    "combining accent": "e\u0301",
    "zero-width joiner": "fam\u200dily",
    "right-to-left override": "a\u202eb",
    "lone surrogate": "a\ud800",
    "global": "global",
    "Global": "Global",
    "GLOBAL": "GLOBAL",
}


@pytest.mark.parametrize("name", ["a", "0", "main", "Family-2", "a_b-c", "a" * 64, "globals", "global-2", "con"])
def test_plain_names_are_folders(name: str) -> None:
    assert parse_folder(name) == name


@pytest.mark.parametrize("kind", BAD)
def test_names_that_could_escape_or_deceive_are_refused_with_a_hint(kind: str) -> None:
    with pytest.raises(InvalidFolderError) as caught:
        parse_folder(BAD[kind])
    assert caught.value.hint


def test_a_refusal_of_a_long_name_is_short() -> None:
    with pytest.raises(InvalidFolderError) as caught:
        parse_folder("x" * 100_000)
    assert len(str(caught.value)) < 200


@given(st.text(st.characters()) | st.from_regex(r"[A-Za-z0-9_./\\ -]{1,70}"))
@example("global\n")
@example("K")
def test_whatever_is_taken_is_one_ascii_path_component_below_its_parent(text: str) -> None:
    try:
        folder = parse_folder(text)
    except InvalidFolderError:
        return
    assert re.match(r"\A[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z", folder)
    assert folder.casefold() != "global"
    assert PurePosixPath("/groups", folder).parent == PurePosixPath("/groups")
