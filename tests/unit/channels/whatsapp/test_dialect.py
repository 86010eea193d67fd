import pytest
from hypothesis import given
from hypothesis import strategies as st

from nanoclaw.channels.whatsapp.dialect import to_whatsapp


@pytest.mark.parametrize(
    ("markdown", "written"),
    [
        ("plain", "plain"),
        ("**bold** and __bold__", "*bold* and *bold*"),
        ("*italic* and _italic_", "_italic_ and _italic_"),
        ("***both***", "*_both_*"),
        ("~~gone~~", "~gone~"),
        ("**bold with *italic* in it**", "*bold with _italic_ in it*"),
        ("2 * 3 * 4 and 2*3*4 and snake_case_name", "2 * 3 * 4 and 2*3*4 and snake_case_name"),
        ("# Title", "*Title*"),
        ("### **Title** ###", "*Title*"),
        ("* one\n+ two\n- three\n  * four", "- one\n- two\n- three\n  - four"),
        ("- [ ] milk\n- [x] bread", "- ☐ milk\n- ☑ bread"),
        ("1. one\n2. two", "1. one\n2. two"),
        ("> said", "> said"),
        ("***", "---"),
        ("[words](https://example.org/a_b_c)", "words (https://example.org/a_b_c)"),
        ("[https://example.org](https://example.org)", "https://example.org"),
        ("![picture](https://example.org/p.png)", "picture (https://example.org/p.png)"),
        ("<https://example.org>", "https://example.org"),
        ("[wiki](https://example.org/a_(b))", "wiki (https://example.org/a_(b))"),
        ("`**code**` and **not**", "`**code**` and *not*"),
        ("```python\n# no title\n**x**\n```\n**y**", "```\n# no title\n**x**\n```\n*y*"),
        ("```\nnever closed **x**", "```\nnever closed **x**\n```"),
        ("~~~\n```\n~~~", "```\n```\n```"),
        ("```a b``` is *code*\nand not this", "```a b``` is _code_\nand not this"),
        ("* [x] **milk**", "- ☑ *milk*"),
        (r'[a](https://example.org "\*") \# `b`', "a (https://example.org) # `b`"),
        (r"\*not\* **yes**", "*not* *yes*"),
        ("| a | b |\n|---|---|\n| 1 | 2 |\nend", "```\n| a | b |\n|---|---|\n| 1 | 2 |\n```\nend"),
        ("a | b", "a | b"),
        ("", ""),
    ],
)
def test_markdown_as_whatsapp_writes_it(markdown: str, written: str) -> None:
    assert to_whatsapp(markdown) == written


@given(st.text(alphabet="ab *_~`#[]()<>!\\|-\n\ue000\ue003", max_size=200))
def test_any_text_is_written_without_losing_its_letters(markdown: str) -> None:
    written = to_whatsapp(markdown)
    for letter in "ab":
        assert written.count(letter) >= markdown.count(letter) - markdown.count("```")
    assert "\ue000" not in written
    assert "\ue003" not in written
