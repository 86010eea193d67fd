"""What the scripted model says and when: values that are built in Python or read from a TOML or JSON file.

A file holds the same names as the dataclasses here: ``[[rules]]`` tables with the fields of :class:`Rule`.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError

from nanoclaw.stub_model.errors import ScriptError

ErrorStatus = Literal[400, 401, 403, 404, 413, 429, 500, 529]
"""The HTTP statuses with which the Messages API refuses or fails."""

_CLOSED = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A tool that the model asks for. Placeholders are filled in every string inside ``input``."""

    __pydantic_config__: ClassVar[ConfigDict] = _CLOSED

    name: str
    input: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCounts:
    """The usage that an answer reports."""

    __pydantic_config__: ClassVar[ConfigDict] = _CLOSED

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer of the model. With no ``reply``, ``tool``, ``error`` or ``garbage`` it is an echo.

    ``reply`` and the strings of the tool's input may hold ``{text}`` (what the person wrote last), ``{turn}`` (how many
    answers this script has given, this one included), ``{tool_result}`` (the newest tool result) and the named groups
    of the rule's ``when_regex``; ``{text:shell}`` puts the value in quoted for a POSIX shell. Other braces stay.

    Raises:
        ScriptError: The values do not go together.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _CLOSED

    reply: str = ""
    """The text; beside a ``tool`` it precedes the call, beside an ``error`` it is the error's message."""
    tool: ToolCall | None = None
    then: tuple["Answer", ...] = ()
    """Answers, in order, to the requests that carry the tool's result."""
    error: ErrorStatus | None = None
    retry_after: float | None = None
    """Seconds, sent as the ``retry-after`` header of an error."""
    delay_ms: int = 0
    """Wait before the first byte."""
    chunk_ms: int = 0
    """Wait between two pieces of a streamed answer."""
    chunk_size: int = 40
    """Characters of text in one piece of a streamed answer."""
    broken_after: int | None = None
    """Cut the connection after this many characters of the text."""
    garbage: str | None = None
    """Sent with status 200 in place of an answer; neither JSON nor an event stream unless you write it so."""
    usage: TokenCounts | None = None
    """Reported usage; ``None`` estimates it at four bytes a token."""

    def __post_init__(self) -> None:
        bad = (
            ("tool", self.tool is not None and not self.tool.name, "the name is empty"),
            ("then", bool(self.then) and self.tool is None, "follows a tool, and there is none"),
            ("error", self.error is not None and self.tool is not None, "cannot be combined with tool"),
            ("garbage", self.garbage is not None and self._answers_otherwise(), "stands alone"),
            ("retry_after", self.retry_after is not None and self.error is None, "belongs to an error"),
            ("retry_after", (self.retry_after or 0) < 0, "must not be negative"),
            ("delay_ms", self.delay_ms < 0, "must not be negative"),
            ("chunk_ms", self.chunk_ms < 0, "must not be negative"),
            ("chunk_size", self.chunk_size < 1, "must be at least 1"),
            ("broken_after", (self.broken_after or 0) < 0, "must not be negative"),
        )
        _refuse(bad)

    def _answers_otherwise(self) -> bool:
        return bool(self.reply) or self.tool is not None or self.error is not None

    def is_echo(self) -> bool:
        """Whether nothing says what to answer."""
        return not self._answers_otherwise() and self.garbage is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Answer):
    """When to answer, and with what. A rule without a condition applies to every request.

    The text looked at is what came since the last assistant message: first the words of the newest message, then the
    whole. A request that carries only a tool result has no text. All given conditions must hold.
    """

    when: str = ""
    """A substring of the text, in exact letter case."""
    when_regex: str = ""
    """A regular expression found in the text; ``(?i)`` ignores letter case."""
    after_tool: str = ""
    """A regular expression found in a tool result."""
    times: int | None = None
    """How often the rule applies (with ``steps``: how often they are gone through) before it is used up.

    ``None`` is without limit, and once where there are ``steps``.
    """
    steps: tuple[Answer, ...] = ()
    """Answers used one after another, in place of the rule's own."""

    def __post_init__(self) -> None:
        Answer.__post_init__(self)  # slots rebuild the class, which breaks super() here
        _refuse(
            (
                ("when_regex", not _compiles(self.when_regex), "is not a regular expression"),
                ("after_tool", not _compiles(self.after_tool), "is not a regular expression"),
                ("times", self.times is not None and self.times < 1, "must be at least 1"),
                ("steps", bool(self.steps) and not self.is_echo(), "stand in place of the rule's own answer"),
            )
        )

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The answers of one round; never empty."""
        return self.steps or (self,)

    @property
    def limit(self) -> int | None:
        """How many answers the rule can give, or ``None`` for no limit."""
        if self.times is None:
            return len(self.steps) or None
        return self.times * len(self.answers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """Rules, tried in order: the first that applies and is not used up answers. Without one, an echo answers."""

    __pydantic_config__: ClassVar[ConfigDict] = _CLOSED

    rules: tuple[Rule, ...] = ()
    side_reply: str = "OK"
    """The answer to side requests, which ``claude`` makes on its own account (titles, summaries)."""


def load_script(path: Path) -> Script:
    """Read a script from a ``.toml`` or ``.json`` file.

    Raises:
        ScriptError: The file cannot be read, is malformed, or a rule in it is wrong; all wrong keys are named.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScriptError(
            f"cannot read the script {path}: {error}", hint="Give the path of a .toml or .json file."
        ) from error
    return read_script(text, suffix=path.suffix.lower(), name=str(path))


def read_script(text: str, *, suffix: str, name: str) -> Script:
    """Read a script from the text of a ``.toml`` or ``.json`` file; ``name`` is what errors call it.

    Raises:
        ScriptError: The text is malformed, or a rule in it is wrong.
    """
    try:
        data: object = _reader(suffix, name)(text)
    except (ValueError, RecursionError) as error:  # both decoders' errors are ValueErrors
        raise ScriptError(f"the script {name} is not valid {suffix[1:].upper()}: {error}") from error
    try:
        return TypeAdapter(Script).validate_python(data)
    except ValidationError as error:
        wrong = "; ".join(_explain(one["loc"], one["type"], one["msg"]) for one in error.errors(include_url=False))
        raise ScriptError(
            f"the script {name} is wrong: {wrong}", hint="See the reference of the scripted model."
        ) from error


def _reader(suffix: str, name: str) -> Any:
    match suffix:
        case ".toml":
            return tomllib.loads
        case ".json":
            return json.loads
        case _:
            raise ScriptError(f"the script {name} is neither .toml nor .json", hint="Rename it to what it holds.")


_ONE_OF = {"rules": "rule", "steps": "step", "then": "then"}


def _explain(location: tuple[int | str, ...], kind: str, message: str) -> str:
    """Turn ``("rules", 2, "steps", 0, "times")`` into ``rule 3, step 1, key times``; people count from 1."""
    parts: list[str] = []
    for item in location:
        if isinstance(item, int) and parts:
            last = parts.pop().removeprefix("key ")
            parts.append(f"{_ONE_OF.get(last, last)} {item + 1}")
        else:
            parts.append(f"key {item}")
    where = ", ".join(parts) or "the whole file"
    if kind == "unexpected_keyword_argument":
        return f"{where}: there is no such key"
    return f"{where}: {message.removeprefix('Value error, ')}"


def _refuse(checks: Iterable[tuple[str, bool, str]]) -> None:
    for key, wrong, why in checks:
        if wrong:
            raise ScriptError(f"{key} {why}")


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return False
    return True
