"""Changes of a TOML text that leave everything else as it was written."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanoclaw.settings.toml_lines import Keys, TomlValue, as_toml, rewrite

OWN = """\
# My assistant.
[assistant]
name = "Andy"   # as in the film

[channels.web]  # only for me
port = 0

# Costs.
[budget]
day_usd = 5
"""


def changed(text: str, keys: Keys, value: TomlValue | None) -> str:
    result = rewrite(text, keys, value)
    assert result is not None
    return result


def test_a_key_is_written_below_the_others_of_its_table() -> None:
    after = changed(OWN, ("channels", "web", "enabled"), value=False)
    assert after == OWN.replace("port = 0\n", "port = 0\nenabled = false\n")


def test_a_value_is_replaced_and_its_comment_stays() -> None:
    after = changed(OWN, ("assistant", "name"), "Zoë # 1")
    assert after == OWN.replace('"Andy"', '"Zoë # 1"')


def test_a_new_table_stands_behind_its_relatives() -> None:
    after = changed(OWN, ("channels", "telegram", "enabled"), value=True)
    assert after == OWN.replace("port = 0\n", "port = 0\n\n[channels.telegram]\nenabled = true\n")


def test_a_table_that_only_has_to_exist_is_a_header() -> None:
    after = changed(OWN, ("channels", "telegram"), {})
    assert after == OWN.replace("port = 0\n", "port = 0\n\n[channels.telegram]\n")


def test_a_text_that_says_it_already_is_left_alone() -> None:
    assert rewrite(OWN, ("channels", "web", "port"), 0) == OWN
    assert rewrite(OWN, ("channels", "web", "host"), None) == OWN


def test_a_key_is_taken_away_with_its_line() -> None:
    assert changed(OWN, ("budget", "day_usd"), None) == OWN.replace("day_usd = 5\n", "")


def test_an_empty_text_gets_a_table() -> None:
    assert changed("", ("alerts", "chats"), ("web:main",)) == '[alerts]\nchats = ["web:main"]\n'


def test_a_value_of_several_lines_is_replaced_whole() -> None:
    text = '[alerts]\nchats = [\n  "a:b", # mine\n  "[alerts]",\n]\nlevel = "info"\n'
    assert changed(text, ("alerts", "chats"), ["c:d"]) == '[alerts]\nchats = ["c:d"]\nlevel = "info"\n'


def test_a_header_inside_a_string_is_no_header() -> None:
    text = '[assistant]\nname = """\n[channels.web]\n"""\n'
    after = changed(text, ("channels", "web", "port"), 1)
    assert after == f"{text}\n[channels.web]\nport = 1\n"


def test_windows_line_ends_stay() -> None:
    after = changed("[log]\r\nfiles = 3\r\n", ("log", "level"), "debug")
    assert after == '[log]\r\nfiles = 3\r\nlevel = "debug"\r\n'


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("channels.web.port = 0\n", "channels.web.port = 0\nchannels.web.enabled = false\n"),
        ("[channels]\nweb.port = 0\n", "[channels]\nweb.port = 0\nweb.enabled = false\n"),
        ("[channels]\nweb = {}\n", "[channels]\nweb = { enabled = false }\n"),
        ("channels = { web = { port = 0 } }\n", "channels = { web = { port = 0, enabled = false } }\n"),
        ('["channels"."web"]\n  port = 0\n', '["channels"."web"]\n  port = 0\n  enabled = false\n'),
        ("[channels.web]\nx = [\n 1,\n]\n", "[channels.web]\nenabled = false\nx = [\n 1,\n]\n"),
    ],
)
def test_a_key_comes_in_however_the_table_is_written(text: str, after: str) -> None:
    assert changed(text, ("channels", "web", "enabled"), value=False) == after


def test_what_cannot_be_written_safely_is_refused() -> None:
    assert rewrite("[[channels.web]]\nport = 0\n", ("channels", "web", "enabled"), value=True) is None


_names = st.sampled_from(["a", "b", "web", "x y", "dotted.name", "ü", "#", "="])
_leaves = st.one_of(st.booleans(), st.integers(-(2**31), 2**31), st.text(max_size=12), st.lists(st.text(max_size=4)))
_documents = st.recursive(
    st.dictionaries(_names, _leaves, max_size=3), lambda inner: st.dictionaries(_names, inner | _leaves, max_size=3)
)


def as_text(document: dict[str, Any], table: Keys = ()) -> str:
    """A document with each table under a header, comments between them."""
    plain = {name: one for name, one in document.items() if not isinstance(one, dict)}
    text = f"[{'.'.join(as_toml(name) for name in table)}] # of it\n" if table else ""
    text += "".join(f"{as_toml(name)} = {as_toml(one)}\n" for name, one in plain.items())
    for name, one in document.items():
        if isinstance(one, dict):
            text += f"\n# about\n{as_text(one, (*table, name))}"
    return text


@given(_documents, st.lists(_names, min_size=1, max_size=3).map(tuple), _leaves | st.none())
def test_the_result_says_what_it_should_or_there_is_none(document: dict[str, Any], keys: Keys, value: Any) -> None:
    text = as_text(document)
    assert tomllib.loads(text) == document
    after = rewrite(text, keys, value)
    if after is None:
        return
    read: Any = tomllib.loads(after)
    for name in keys[:-1]:
        read = read.get(name, {}) if isinstance(read, dict) else {}
    if value is None:
        assert not isinstance(read, dict) or keys[-1] not in read
    else:
        assert read[keys[-1]] == value
    assert after.count("# about") == text.count("# about")
