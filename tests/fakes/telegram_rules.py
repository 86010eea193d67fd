"""What Telegram's server checks about texts: HTML that it can read, and lengths in UTF-16 units."""

import html
from dataclasses import dataclass
from html.parser import HTMLParser

_TAGS = {"b", "i", "u", "s", "code", "pre", "a", "blockquote", "tg-spoiler"}
_ATTRIBUTES = {("a", "href"), ("code", "class")}
_ENTITIES = {"lt", "gt", "amp", "quot"}


class RefusedError(Exception):
    """The server refuses a request: ``code`` and description as Telegram sends them."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


@dataclass(frozen=True)
class Shown:
    """A text as a reader sees it, and its marks as ``(tag, words)``."""

    text: str
    marks: tuple[tuple[str, str], ...]


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.text = ""
        self.marks: list[tuple[str, str]] = []
        self._open: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _TAGS or any((tag, name) not in _ATTRIBUTES for name, _ in attrs):
            raise RefusedError(400, f'Bad Request: can\'t parse entities: Unsupported start tag "{tag}"')
        self._open.append((tag, len(self.text)))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1][0] != tag:
            raise RefusedError(400, "Bad Request: can't parse entities: Unmatched end tag")
        _, start = self._open.pop()
        self.marks.append((tag, self.text[start:]))

    def handle_data(self, data: str) -> None:
        if "<" in data:
            raise RefusedError(400, "Bad Request: can't parse entities: Unclosed start tag")
        self.text += data

    def handle_entityref(self, name: str) -> None:
        if name not in _ENTITIES:
            raise RefusedError(400, "Bad Request: can't parse entities: Unsupported entity")
        self.text += html.unescape(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.text += html.unescape(f"&#{name};")

    def handle_comment(self, data: str) -> None:  # noqa: ARG002 - whatever it says
        raise RefusedError(400, "Bad Request: can't parse entities: Unsupported comment")

    def finish(self) -> Shown:
        self.close()
        if self._open:
            raise RefusedError(400, "Bad Request: can't parse entities: Can't find end tag")
        return Shown(self.text, tuple(self.marks))


def shown(text: str, mode: str | None, limit: int, *, empty: bool = False) -> Shown:
    """Read a text as Telegram does.

    Raises:
        RefusedError: it cannot be read, is empty, or too long.
    """
    if mode not in {None, "HTML"}:
        raise RefusedError(400, "Bad Request: unsupported parse_mode")
    if mode is None:
        seen = Shown(text, ())
    else:
        parser = _Parser()
        parser.feed(text)
        seen = parser.finish()
    if not seen.text.strip() and not empty:
        raise RefusedError(400, "Bad Request: message text is empty")
    if len(seen.text.encode("utf-16-le", "surrogatepass")) // 2 > limit:
        raise RefusedError(400, "Bad Request: message is too long")
    return seen
