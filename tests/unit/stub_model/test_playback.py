"""The order in which a script answers."""

from typing import Any

from nanoclaw.stub_model.messages import ModelRequest, ToolResult
from nanoclaw.stub_model.playback import Chosen, Playback
from nanoclaw.stub_model.script import Answer, Rule, Script, ToolCall

BASH = ToolCall(name="Bash", input={"command": "echo {text:shell}", "deep": [{"turn": "{turn}"}], "timeout": 5})


class Player:
    """Plays rules, numbering the tool calls t1, t2, …"""

    def __init__(self, *rules: Rule) -> None:
        self._playback = Playback(Script(rules=rules))
        self._number = 0

    def say(self, text: str, **results: str) -> Chosen:
        return self._next(text, results, interrupted=False)

    def interrupt(self, text: str, **results: str) -> Chosen:
        return self._next(text, results, interrupted=True)

    def _next(self, text: str, results: dict[str, Any], *, interrupted: bool) -> Chosen:
        self._number += 1
        request = ModelRequest(
            model="m",
            stream=True,
            is_side_request=False,
            wants_summary=False,
            user_text=text,
            newest_text=text,
            tool_results=tuple(ToolResult(tool_use_id=key, text=value) for key, value in results.items()),
            interrupted=interrupted,
            output_schema=None,
        )
        return self._playback.next(request, f"t{self._number}")


def test_without_a_rule_the_answer_is_an_echo() -> None:
    assert Player().say("hello {turn}").text == "You wrote: hello {turn}"


def test_a_tool_result_without_a_rule_is_echoed() -> None:
    assert Player().say("", t0="42").text == "The tool answered: 42"


def test_the_first_rule_that_applies_answers() -> None:
    player = Player(Rule(when="b", reply="B"), Rule(when_regex="(?i)A", reply="A{turn}"), Rule(reply="rest"))
    assert [player.say(text).text for text in ("ab", "xa", "x")] == ["B", "A2", "rest"]


def test_a_rule_is_used_up_after_its_times() -> None:
    player = Player(Rule(error=529, times=2), Rule(reply="ok"))
    assert [player.say("x").answer.error for _ in range(3)] == [529, 529, None]


def test_steps_are_used_one_after_another_and_once() -> None:
    player = Player(Rule(steps=(Answer(reply="1"), Answer(reply="2"))), Rule(reply="done"))
    assert [player.say("x").text for _ in range(3)] == ["1", "2", "done"]


def test_steps_begin_again_as_often_as_times_says() -> None:
    player = Player(Rule(steps=(Answer(reply="1"), Answer(reply="2")), times=2))
    assert [player.say("x").text for _ in range(5)] == ["1", "2", "1", "2", "You wrote: x"]


def test_named_groups_fill_the_answer() -> None:
    player = Player(Rule(when_regex=r"I am (?P<name>\w+)", reply="Hello {name}, {unknown} {{text}}"))
    assert player.say("I am Bo").text == "Hello Bo, {unknown} {I am Bo}"


def test_the_strings_of_a_tool_input_are_filled_and_quoted_for_the_shell() -> None:
    chosen = Player(Rule(tool=BASH)).say("it's; rm -rf /")
    assert chosen.tool is not None
    assert chosen.tool.input == {
        "command": """echo 'it'"'"'s; rm -rf /'""",
        "deep": [{"turn": "1"}],
        "timeout": 5,
    }


def test_the_result_of_a_tool_is_followed_by_then() -> None:
    player = Player(Rule(when="go", tool=BASH, then=(Answer(reply="got {tool_result}"),)))
    assert player.say("go").tool_use_id == "t1"
    assert player.say("", t1="42").text == "got 42"


def test_a_failed_answer_to_a_tool_result_goes_on_at_the_retry() -> None:
    player = Player(Rule(when="go", tool=BASH, then=(Answer(error=500), Answer(reply="ok"))))
    player.say("go")
    assert player.say("", t1="r").answer.error == 500
    assert player.say("", t1="r").text == "ok"


def test_a_tool_within_then_is_followed_by_the_rest() -> None:
    player = Player(Rule(when="go", tool=BASH, then=(Answer(tool=BASH), Answer(reply="ok"))))
    player.say("go")
    assert player.say("", t1="r").tool_use_id == "t2"
    assert player.say("", t2="r").text == "ok"


def test_a_tool_among_steps_is_followed_by_the_next_step() -> None:
    player = Player(Rule(when="go", steps=(Answer(tool=BASH), Answer(reply="ok"))))
    player.say("go")
    assert player.say("", t1="r").text == "ok"


def test_after_tool_looks_at_the_result() -> None:
    player = Player(Rule(after_tool="^err", reply="bad"), Rule(when="go", tool=BASH))
    player.say("go")
    assert player.say("", t1="error").text == "bad"


def test_two_conversations_keep_to_their_own_tools() -> None:
    player = Player(Rule(when_regex="(?P<who>.+)", tool=BASH, then=(Answer(reply="{who}: {tool_result}"),)))
    player.say("A")
    player.say("B")
    assert player.say("", t2="2").text == "B: 2"
    assert player.say("", t1="1").text == "A: 1"


def test_an_interrupted_tool_is_not_followed_by_then() -> None:
    player = Player(Rule(when="go", tool=BASH, then=(Answer(reply="ok"),)))
    player.say("go")
    assert player.interrupt("after", t1="stopped").text == "You wrote: after"


def test_tools_that_are_never_answered_are_forgotten_in_the_end() -> None:
    player = Player(Rule(when="go", tool=BASH, then=(Answer(reply="ok"),)))
    for _ in range(1_001):
        player.say("go")
    assert player.say("", t1="r").text == "The tool answered: r"
    assert player.say("", t2="r").text == "ok"
