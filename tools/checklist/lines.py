"""Take the production checklist apart into its lines: what each of them asks for stands by itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ITEM = re.compile(r"\s*(?:[-*]|\d+\.)\s+(?:\[ \]\s+)?(.+)")
_SCRIPT = re.compile(r"^(#!|<\?xml|\[Unit\]|if |while )", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line. Of a script or a configuration file the whole is one, named by what stands above it."""

    section: str
    """The heading of second level above it."""
    text: str


def split(page: str) -> tuple[Line, ...]:
    """The lines of the page, in their order; headings, rules and comments are none."""
    return tuple(_lines(page))


def _lines(page: str) -> Iterator[Line]:
    section = title = ""
    for number, part in enumerate(re.split(r"^```.*$", page, flags=re.MULTILINE)):
        if number % 2:
            yield from (Line(section=section, text=text) for text in _commands(part, title))
            continue
        for raw in part.splitlines():
            if item := _ITEM.fullmatch(raw):
                yield Line(section=section, text=_plain(item[1]))
            elif raw.startswith(("#", "**")):
                title = _plain(raw).lstrip("# ").rstrip("：:")
                section = title if raw.startswith("## ") else section


def _commands(text: str, title: str) -> Iterator[str]:
    if _SCRIPT.search(text):
        yield f"（脚本）{title}"
        return
    joined = re.sub(r"\\\n\s*", "", text)
    yield from (line.strip() for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#"))


def _plain(text: str) -> str:
    return text.replace("**", "").strip()
