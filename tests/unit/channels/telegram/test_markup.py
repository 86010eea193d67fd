"""Markdown as Telegram's HTML."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nanoclaw.channels.telegram.markup import length, seen, to_html
from tests.fakes.telegram_rules import shown

PIECES = st.sampled_from(
    (
        *(
            "**",
            "*",
            "_",
            "__",
            "~~",
            "`",
            "```",
            "\n",
            "[",
            "](",
            ")",
            "https://a.b/c",
            "# ",
            "> ",
            "- ",
            "| a |",
            "|-|",
        ),
        *("<b>", "&", "&amp;", '"', "'", "\\", " ", "word", "a", "\N{GRINNING FACE}", "***", "---", "- [x] ", "!"),
    )
)
MARKDOWN = st.lists(PIECES | st.characters(exclude_categories=["Cs"]), max_size=60).map("".join)


@pytest.mark.parametrize(
    ("markdown", "markup"),
    [
        ("plain", "plain"),
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
        ("**bold** and *slanted*", "<b>bold</b> and <i>slanted</i>"),
        ("__bold__ and _slanted_", "<b>bold</b> and <i>slanted</i>"),
        ("***both*** ~~gone~~", "<b><i>both</i></b> <s>gone</s>"),
        ("**bold with *slanted* in it**", "<b>bold with <i>slanted</i> in it</b>"),
        ("snake_case_word 2*3*4 5 * 6 * 7", "snake_case_word 2*3*4 5 * 6 * 7"),
        ("`a<b> **no**`", "<code>a&lt;b&gt; **no**</code>"),
        ("``a ` b``", "<code>a ` b</code>"),
        ("# Heading with **bold**", "<b>Heading with bold</b>"),
        ("- one\n* two\n  + three\n1. four", "• one\n• two\n  • three\n1. four"),
        ("- [ ] open\n- [x] done", "☐ open\n☑ done"),
        ("> said **so**\n> twice\nafter", "<blockquote>said <b>so</b>\ntwice</blockquote>\nafter"),
        ("```c++\nif a < b:\n    *no*\n```", '<pre><code class="language-c++">if a &lt; b:\n    *no*</code></pre>'),
        ("```\nhalf", "<pre>half</pre>"),
        ("~~~\n```\n~~~", "<pre>```</pre>"),
        ("```a b``` is *code*\nand not this", "<code>a b</code> is <i>code</i>\nand not this"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "<pre>| a | b |\n|---|---|\n| 1 | 2 |</pre>"),
        ("---", "———"),
        ("[here](https://a.b/c_(d)?x=1&y=2)", '<a href="https://a.b/c_(d)?x=1&amp;y=2">here</a>'),
        ("![](https://a.b/c.png)", '<a href="https://a.b/c.png">https://a.b/c.png</a>'),
        ("[bad](javascript:alert(1))", "[bad](javascript:alert(1))"),
        ('[x](https://a.b/" onclick="y)', "[x](https://a.b/&quot; onclick=&quot;y)"),
        (r"\*not slanted\*", "*not slanted*"),
        ("**open and `open", "**open and `open"),
    ],
)  # fmt: skip
def test_what_agents_write(markdown: str, markup: str) -> None:
    assert to_html(markdown) == markup


@given(MARKDOWN)
@example("**a *b **c* d**")
@example("> \n>")
@example("[**a](https://b)**")
def test_telegram_can_read_whatever_comes_out_and_it_is_no_longer_than_what_went_in(markdown: str) -> None:
    markup = to_html(markdown)
    found = shown(markup, "HTML", 100_000, empty=True)
    assert found.text == seen(markup)
    assert length(found.text) <= length(markdown)


@given(st.text(st.characters(categories=["L", "N"]), min_size=1))
def test_words_are_never_lost(words: str) -> None:
    for markdown in (words, f"**{words}**", f"# {words}", f"> {words}", f"- *{words}*", f"`{words}`", f"~~{words}"):
        assert words in seen(to_html(markdown))


@pytest.mark.parametrize(
    "piece", ["**a ", "[", "`", "*", "_a", "[a](http://", "~~a", "![[]", "a_", "> ", "[[]", "\\", "``"]
)
def test_the_longest_message_of_the_worst_kind_takes_no_time(piece: str) -> None:  # fmt: skip
    began = time.perf_counter()
    to_html(piece * (4096 // len(piece)))
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize(
    ("text", "units"), [("", 0), ("abc", 3), ("é", 1), ("\N{GRINNING FACE}", 2), ("👩\u200d👧", 5)]
)
def test_lengths_are_those_of_utf_16(text: str, units: int) -> None:
    assert length(text) == units == len(text.encode("utf-16-le")) // 2
