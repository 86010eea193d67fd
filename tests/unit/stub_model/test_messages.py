"""Reading requests and building answers."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanoclaw.stub_model.errors import BadRequestError
from nanoclaw.stub_model.messages import ModelRequest, Reply, fit_schema, read_request, reply_body, reply_events
from nanoclaw.stub_model.script import TokenCounts, ToolCall

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
BLOCKS = st.fixed_dictionaries(
    {"type": st.sampled_from(["text", "tool_result", "image", "thinking"]) | JSON},
    optional={"text": st.text() | JSON, "tool_use_id": st.text() | JSON, "content": st.text() | JSON},
)
MESSAGES = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "system"]) | JSON, "content": st.lists(BLOCKS) | st.text() | JSON}
)
BODIES = st.fixed_dictionaries(
    {"model": st.text(min_size=1) | JSON, "max_tokens": st.integers() | JSON, "messages": st.lists(MESSAGES) | JSON},
    optional={"tools": JSON, "stream": JSON, "output_config": JSON},
)


def read(*messages: dict[str, Any], **more: object) -> ModelRequest:
    data = {"model": "m", "max_tokens": 1, "tools": [{"name": "Bash"}], "messages": messages, **more}
    return read_request(json.dumps(data).encode())


def user(*blocks: object) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "text", "text": b} if isinstance(b, str) else b for b in blocks]}


@given(BODIES | JSON)
def test_an_odd_body_is_read_or_refused(body: object) -> None:
    try:
        request = read_request(json.dumps(body).encode())
    except BadRequestError:
        return
    assert request.model


@given(st.binary())
def test_odd_bytes_are_refused(raw: bytes) -> None:
    with pytest.raises(BadRequestError):
        read_request(raw)


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(BadRequestError, match="not valid JSON"):
        read_request(b"[" * 200_000)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"model": ""}, "model: must be"),
        ({"max_tokens": True}, "max_tokens: must be"),
        ({"stream": 1}, "stream: must be"),
        ({"messages": []}, "messages: must be"),
        ({"messages": [{"role": [], "content": ""}]}, "messages.0.role: must be"),
        ({"messages": [{"role": "user", "content": 1}]}, "messages.0.content: must be"),
        ({"messages": [{"role": "user", "content": [{"type": 1}]}]}, "each block must be"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "a text block must have a text"),
    ],
)
def test_a_refusal_names_what_is_wrong(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        read(user("x"), **change)
    assert complaint in str(caught.value)


def test_only_what_follows_the_last_assistant_message_counts() -> None:
    request = read(user("old"), {"role": "assistant", "content": "answer"}, {"role": "user", "content": "new"})
    assert request.user_text == "new"


def test_what_claude_adds_is_left_out() -> None:
    added = "<system-reminder>\nBe <good>.\n</system-reminder>\n"
    request = read(user(added, "hello"), {"role": "system", "content": "# Environment\nhello"})
    assert request.user_text == "hello"


def test_words_written_while_a_tool_ran_are_found_in_the_system_message() -> None:
    passage = (
        "The user sent a new message while you were working:\n{}\n\n"
        "This is how Claude Code surfaces messages the user sends mid-turn. Address the message above."
    )
    system = {"role": "system", "content": [{"type": "text", "text": "\n\n".join(map(passage.format, "AB"))}]}
    request = read(user({"type": "tool_result", "tool_use_id": "t1", "content": "done"}), system)
    assert request.user_text == "A\nB"
    assert request.tool_results[0].text == "done"


def test_an_interruption_is_noticed_and_not_read_as_words() -> None:
    request = read(user("[Request interrupted by user for tool use]\n", "after"))
    assert request.interrupted
    assert request.user_text == "after"


def test_the_newest_message_element_is_unescaped_and_stripped_of_inner_elements() -> None:
    prompt = (
        '<context timezone="UTC"/>\n<messages>\n<message sender="A" time="1">first</message>\n'
        '<message sender="B" time="2"><quoted sender="A">first</quoted>1 &lt; 2 &amp; &quot;3&quot;'
        '<attachment path="a.png"/></message>\n</messages>'
    )
    assert read(user(prompt)).newest_text == '1 < 2 & "3"'


def test_without_a_message_element_the_newest_text_is_the_whole() -> None:
    assert read(user("a &lt; b", "c")).newest_text == "a &lt; b\nc"


def test_a_request_without_tools_is_a_side_request() -> None:
    assert read(user("title?"), tools=[]).is_side_request
    assert not read(user("title?")).is_side_request


def test_the_request_to_summarise_is_a_side_request_though_it_offers_tools() -> None:
    assert read(user("CRITICAL: Respond with TEXT ONLY. Do NOT call any tools.\n\nSummarise.")).is_side_request


def test_tool_results_may_be_lists_of_blocks() -> None:
    content = [{"type": "text", "text": "a"}, {"type": "image"}, {"type": "text", "text": "b"}]
    block = {"type": "tool_result", "tool_use_id": "t", "content": content}
    assert read(user(block)).tool_results[0].text == "a\nb"


def make_reply(text: str, tool: ToolCall | None = None) -> Reply:
    tokens = TokenCounts(input_tokens=1, output_tokens=2, cache_read_tokens=3, cache_write_tokens=4)
    return Reply(id="msg_1", model="m", text=text, tool=tool, tool_use_id="toolu_1", tokens=tokens)


@given(st.text(), st.integers(1, 50))
def test_the_pieces_of_a_stream_join_to_the_text(text: str, size: int) -> None:
    stream = b"".join(reply_events(make_reply(text), chunk_size=size)).decode()
    data = [json.loads(line.removeprefix("data: ")) for line in stream.split("\n") if line.startswith("data: ")]
    joined = "".join(one["delta"].get("text", "") for one in data if one["type"] == "content_block_delta")
    assert joined == text
    assert [data[0]["type"], data[-1]["type"]] == ["message_start", "message_stop"]


def test_the_whole_answer_carries_text_tool_and_usage() -> None:
    answer = json.loads(reply_body(make_reply("Look:", ToolCall(name="Bash", input={"command": "ls"}))))
    assert [block["type"] for block in answer["content"]] == ["text", "tool_use"]
    assert answer["content"][1]["input"] == {"command": "ls"}
    assert answer["stop_reason"] == "tool_use"
    assert answer["usage"] == {
        "input_tokens": 1,
        "output_tokens": 2,
        "cache_read_input_tokens": 3,
        "cache_creation_input_tokens": 4,
    }


def test_a_schema_is_filled_with_the_smallest_fit() -> None:
    schema = {
        "type": "object",
        "properties": {"title": {"type": "string"}, "ok": {"type": "boolean"}, "kind": {"enum": ["a", "b"]}, "x": 3},
    }
    assert fit_schema(schema, "T") == {"title": "T", "ok": False, "kind": "a", "x": None}


@given(JSON)
def test_an_odd_schema_is_no_crash(schema: object) -> None:
    json.dumps(fit_schema(schema, "T"))
