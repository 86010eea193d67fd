"""Scripts from files and from Python."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanoclaw.stub_model.errors import ScriptError
from nanoclaw.stub_model.script import Answer, Rule, Script, TokenCounts, ToolCall, load_script, read_script

TOML = """
side_reply = "Title"

[[rules]]
when = "weather"
tool = { name = "Bash", input = { command = "date" } }
then = [{ reply = "sunny" }]

[[rules]]
error = 529
retry_after = 0.5
times = 2

[[rules]]
[[rules.steps]]
reply = "one"
usage = { input_tokens = 5, cache_read_tokens = 7 }
[[rules.steps]]
reply = "two"
"""
SCRIPT = Script(
    side_reply="Title",
    rules=(
        Rule(
            when="weather",
            tool=ToolCall(name="Bash", input={"command": "date"}),
            then=(Answer(reply="sunny"),),
        ),
        Rule(error=529, retry_after=0.5, times=2),
        Rule(
            steps=(
                Answer(reply="one", usage=TokenCounts(input_tokens=5, cache_read_tokens=7)),
                Answer(reply="two"),
            )
        ),
    ),
)


def test_a_toml_file_is_the_same_as_the_values(tmp_path: Path) -> None:
    path = tmp_path / "script.toml"
    path.write_text(TOML)
    assert load_script(path) == SCRIPT


def test_a_json_file_is_the_same_as_the_values(tmp_path: Path) -> None:
    path = tmp_path / "script.json"
    path.write_text(json.dumps({"rules": [{"reply": "hi"}]}))
    assert load_script(path) == Script(rules=(Rule(reply="hi"),))


@pytest.mark.parametrize(
    ("rules", "complaint"),
    [
        ('[{"reply": "a"}, {"replay": "b"}]', "rule 2, key replay: there is no such key"),
        ('[{"steps": [{"delay_ms": -1}]}]', "rule 1, step 1: delay_ms must not be negative"),
        ('[{"times": 0}]', "rule 1: times must be at least 1"),
        ('[{"error": 418}]', "rule 1, key error: Input should be 400, 401"),
        ('[{"tool": {"name": ""}}]', "rule 1: tool the name is empty"),
        ('[{"tool": {"nam": "Bash"}}]', "rule 1, key tool, key nam"),
        ('[{"then": [{}]}]', "rule 1: then follows a tool"),
        ('[{"when_regex": "("}]', "rule 1: when_regex is not a regular expression"),
        ('[{"steps": [{}], "reply": "x"}]', "rule 1: steps stand in place"),
        ('[{"garbage": "x", "reply": "y"}]', "rule 1: garbage stands alone"),
        ('[{"retry_after": 1}]', "rule 1: retry_after belongs to an error"),
        ("3", "key rules"),
    ],
)
def test_an_error_names_the_rule_and_the_key(rules: str, complaint: str) -> None:
    with pytest.raises(ScriptError) as caught:
        read_script(f'{{"rules": {rules}}}', suffix=".json", name="x.json")
    assert complaint in str(caught.value)


def test_all_wrong_keys_are_named_at_once() -> None:
    with pytest.raises(ScriptError, match=r"rule 1, key a: .*; rule 2, key b: "):
        read_script('{"rules": [{"a": 1}, {"b": 1}]}', suffix=".json", name="x.json")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match=r"nothing\.toml"):
        load_script(tmp_path / "nothing.toml")


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "script.yaml").write_text("rules: []")
    with pytest.raises(ScriptError, match=r"neither \.toml nor \.json"):
        load_script(tmp_path / "script.yaml")


@given(st.text(), st.sampled_from([".toml", ".json"]))
def test_odd_text_is_a_script_or_an_error(text: str, suffix: str) -> None:
    try:
        script = read_script(text, suffix=suffix, name="odd")
    except ScriptError:
        return
    assert isinstance(script, Script)


def test_wrong_values_are_refused_in_python_too() -> None:
    with pytest.raises(ScriptError, match="then follows a tool"):
        Rule(then=(Answer(reply="x"),))


def test_the_example_of_the_reference_is_a_script() -> None:
    page = Path(__file__).parents[3] / "docs" / "reference" / "scripted-model.md"
    example = page.read_text().split("```toml\n")[1].split("```")[0]
    assert len(read_script(example, suffix=".toml", name="example").rules) == 4
