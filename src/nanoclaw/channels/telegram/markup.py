"""Markdown, as the agent writes it, in the HTML that Telegram knows: a dozen tags, everything else escaped.

What is seen is never longer than the Markdown was, and every tag is closed: a text that fits goes out whole.
"""

import html
import re

from nanoclaw.channels.markdown import BULLET, FENCE, HEADING, RULE, TABLE_RULE, TASK, box, ends_code

_QUOTED = re.compile(r"^\s{0,3}> ?")
_TABLE = re.compile(r"^\s*\|.*\|\s*$")

_CODE = r"(?P<ticks>`+)(?!`)(?P<code>.+?)(?<!`)(?P=ticks)(?!`)"
_LINK = (
    r"!?\[(?P<label>(?:[^\[\]]|\[[^\[\]]*\])*)\]"
    r"\(\s*<?(?P<address>(?:https?://|mailto:|tg://)[^\s()<>\"]+(?:\([^\s()]*\)[^\s()<>\"]*)*)>?(?:\s+\"[^\"]*\")?\s*\)"
)
_INLINE_PARTS = (
    r"\\(?P<escaped>[\\`*_~\[\]()#+\-.!>|{}])",
    _CODE,
    _LINK,
    r"\*\*\*(?=[^\s*])(?P<both>.+?)(?<=[^\s*])\*\*\*(?!\*)",
    r"\*\*(?=[^\s*])(?P<strong>.+?)(?<=\S)\*\*",
    r"(?<!\w)__(?=[^\s_])(?P<also_strong>.+?)(?<=\S)__(?!\w)",
    r"~~(?=\S)(?P<struck>.+?)(?<=\S)~~",
    r"(?<![\w*])\*(?=[^\s*])(?P<slanted>.+?)(?<=[^\s*])\*(?![\w*])",
    r"(?<!\w)_(?=[^\s_])(?P<also_slanted>.+?)(?<=[^\s_])_(?!\w)",
)
_INLINE = re.compile("|".join(_INLINE_PARTS))
_TAGS = {"strong": "b", "also_strong": "b", "struck": "s", "slanted": "i", "also_slanted": "i"}
_DEEPEST = 4
_SEEN = re.compile(r"<[^<>]*>")


def length(text: str) -> int:
    """How long a text is for Telegram: in UTF-16 units, of which an emoji has two or more."""
    return len(text) + sum(letter > "\uffff" for letter in text)


def to_html(markdown: str) -> str:
    """The text in Telegram's HTML."""
    lines, written = markdown.split("\n"), []
    at = 0
    while at < len(lines):
        end, block = _block(lines, at)
        written.append(block)
        at = end
    return "\n".join(written)


def seen(markup: str) -> str:
    """What a reader sees of HTML that this module wrote."""
    return html.unescape(_SEEN.sub("", markup))


def _block(lines: list[str], at: int) -> tuple[int, str]:
    """What begins in line ``at``: where it ends, and how it is written."""
    if found := FENCE.match(lines[at]):
        return _code_block(lines, at, found)
    if _QUOTED.match(lines[at]):
        end = _run(lines, at, _QUOTED)
        inner = "\n".join(_line(_QUOTED.sub("", line)) for line in lines[at:end])
        return end, f"<blockquote>{inner}</blockquote>" if inner.strip() else inner
    if _TABLE.match(lines[at]) and at + 1 < len(lines) and TABLE_RULE.match(lines[at + 1]):
        end = _run(lines, at, _TABLE)
        return end, f"<pre>{_escape(chr(10).join(lines[at:end]))}</pre>"
    return at + 1, _line(lines[at])


def _code_block(lines: list[str], at: int, fence: re.Match[str]) -> tuple[int, str]:
    """Up to its end, or that of the text: long answers are cut into pieces."""
    end = at + 1
    while end < len(lines) and not ends_code(lines[end], fence[1]):
        end += 1
    code = _escape("\n".join(lines[at + 1 : end]))
    if not code.strip():
        return min(end + 1, len(lines)), code
    language = f' class="language-{_escape(fence[2])}"' if fence[2] else ""
    inner = f"<code{language}>{code}</code>" if language else code
    return min(end + 1, len(lines)), f"<pre>{inner}</pre>"


def _run(lines: list[str], at: int, pattern: re.Pattern[str]) -> int:
    while at < len(lines) and pattern.match(lines[at]):
        at += 1
    return at


def _line(line: str) -> str:
    if found := HEADING.match(line):
        return f"<b>{_inline(found[1], within=frozenset({'b'}))}</b>"
    if RULE.match(line):
        return "———"
    if found := BULLET.match(line):
        rest = line[found.end() :]
        if task := TASK.match(rest):
            return f"{found[1]}{box(task)} {_inline(rest[task.end() :])}"
        return f"{found[1]}• {_inline(rest)}"
    return _inline(line)


def _inline(text: str, within: frozenset[str] = frozenset()) -> str:
    """``within``: the tags around it, which Telegram wants once only."""
    written, at = [], 0
    for found in _INLINE.finditer(text):
        written.append(_escape(text[at : found.start()]))
        written.append(_marked(found, within))
        at = found.end()
    return "".join(written) + _escape(text[at:])


def _marked(found: re.Match[str], within: frozenset[str]) -> str:
    match found.lastgroup:
        case "escaped":
            return _escape(found["escaped"])
        case "code":
            code = found["code"]
            return f"<code>{_escape(code[1:-1] if code[0] == code[-1] == ' ' and code.strip() else code)}</code>"
        case "both":
            return _marked_as("b", f"*{found['both']}*", within)
        case "address" if "a" not in within:
            label = _inline(found["label"], within | {"a"}) if found["label"].strip() else _escape(found["address"])
            return f'<a href="{_escape(found["address"])}">{label}</a>'
        case str(kind) if kind in _TAGS and len(within) < _DEEPEST:
            return _marked_as(_TAGS[kind], found[kind], within)
        case _:
            return _escape(found[0])


def _marked_as(tag: str, text: str, within: frozenset[str]) -> str:
    inner = _inline(text, within | {tag})
    return inner if tag in within else f"<{tag}>{inner}</{tag}>"


def _escape(text: str) -> str:
    return html.escape(text, quote=True).replace("&#x27;", "'")
