"""Markdown as WhatsApp writes it: ``*bold* _italic_ ~strike~``, headings in bold, links in words, tables in code.

What is in code stays as it is. Nothing becomes longer, but a table by its marks.
"""

import re

from nanoclaw.channels.markdown import BULLET, FENCE, HEADING, RULE, TABLE_RULE, TASK, box, ends_code

_CODE = re.compile(r"\\(?P<sign>[\\`*_~\[\]()#+\-.!>|])|(?P<marks>`+)(?!`).+?(?<!`)(?P=marks)(?!`)")
_LINK = re.compile(
    r"!?\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(\s*<?([^\s()<>]+(?:\([^\s()]*\)[^\s()<>]*)*)>?(?:\s+\"[^\"]*\")?\s*\)"
)
_ADDRESS = re.compile(r"<((?:https?://|mailto:)[^\s<>]+)>")

# While the marks of one dialect are being read, those of the other stand as characters that no message keeps.
_BOLD, _ITALIC, _STRIKE, _HELD = "\ue000", "\ue001", "\ue002", "\ue003"
_EMPHASIS = (
    (re.compile(r"\*\*\*(?=\S)(.+?)(?<=\S)\*\*\*"), rf"{_BOLD}{_ITALIC}\1{_ITALIC}{_BOLD}"),
    (re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*"), rf"{_BOLD}\1{_BOLD}"),
    (re.compile(r"(?<!\w)__(?=\S)(.+?)(?<=\S)__(?!\w)"), rf"{_BOLD}\1{_BOLD}"),
    (re.compile(r"~~(?=\S)(.+?)(?<=\S)~~"), rf"{_STRIKE}\1{_STRIKE}"),
    (re.compile(r"(?<![\w*])\*(?=[^\s*])(.+?)(?<=[^\s*])\*(?![\w*])"), rf"{_ITALIC}\1{_ITALIC}"),
)
_MARKS = str.maketrans({_BOLD: "*", _ITALIC: "_", _STRIKE: "~"})
_FOREIGN = str.maketrans(dict.fromkeys((_BOLD, _ITALIC, _STRIKE, _HELD), ""))


def to_whatsapp(markdown: str) -> str:
    """The text in WhatsApp's own marks."""
    written: list[str] = []
    lines = markdown.translate(_FOREIGN).split("\n")
    fence = ""
    at = 0
    while at < len(lines):
        line = lines[at]
        if found := FENCE.match(line):
            if not fence:
                fence = found[1]
                written.append("```")
            elif ends_code(line, fence):
                fence = ""
                written.append("```")
            else:
                written.append(line)
        elif fence:
            written.append(line)
        elif table := _table(lines[at:]):
            written += ["```", *table, "```"]
            at += len(table) - 1
        else:
            written.append(_line(line))
        at += 1
    # A text that was cut within code: the marks of one message do not reach into the next.
    return "\n".join([*written, "```"] if fence else written)


def _table(lines: list[str]) -> list[str]:
    """The rows of a table that begins here, without the rule below its head."""
    if len(lines) < 2 or "|" not in lines[0] or "|" not in lines[1] or not TABLE_RULE.match(lines[1]):
        return []
    end = next((at for at, line in enumerate(lines) if "|" not in line), len(lines))
    return lines[:end]


def _line(line: str) -> str:
    if heading := HEADING.match(line):
        words = _inline(heading[1]).replace("*", "")
        return f"*{words}*" if words.strip() else words
    if RULE.match(line):
        return "---"
    if bullet := BULLET.match(line):
        point = _inline(line[bullet.end() :])
        return f"{bullet[1]}- {TASK.sub(lambda task: f'{box(task)} ', point)}"
    return _inline(line)


def _inline(text: str) -> str:
    """Links and emphasis of one line, around its code and what a backslash protects."""
    held: list[str] = []

    def hold(found: re.Match[str]) -> str:
        held.append(found["sign"] or found[0])
        return f"{_HELD}{len(held) - 1}{_HELD}"

    text = _ADDRESS.sub(r"\1", _LINK.sub(_link, _CODE.sub(hold, text)))
    for pattern, marks in _EMPHASIS:
        text = pattern.sub(marks, text)
    return re.sub(f"{_HELD}(\\d+){_HELD}", lambda found: held[int(found[1])], text.translate(_MARKS))


def _link(found: re.Match[str]) -> str:
    words, address = found[1].strip(), found[2]
    return address if not words or words == address else f"{words} ({address})"
