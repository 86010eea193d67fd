"""A script being played: which answer comes next, and with which words. No I/O."""

import re
import shlex
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nanoclaw.stub_model.messages import ModelRequest
from nanoclaw.stub_model.script import Answer, Rule, Script, ToolCall

_PENDING_TOOLS = 1_000
_PLACEHOLDER = re.compile(r"\{(\w+)(:shell)?\}")
_ECHO = "You wrote: {text}"
_TOOL_ECHO = "The tool answered: {tool_result}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """An answer with its placeholders filled in."""

    answer: Answer
    text: str
    tool: ToolCall | None
    tool_use_id: str
    """Given to the tool call; empty where there is none."""


@dataclass(slots=True, kw_only=True)
class _Progress:
    """How many answers of a rule have been given."""

    rule: Rule
    used: int = 0

    def is_used_up(self) -> bool:
        return self.rule.limit is not None and self.used >= self.rule.limit

    def is_between_steps(self) -> bool:
        return self.used % len(self.rule.answers) != 0

    def take(self) -> Answer:
        answer = self.rule.answers[self.used % len(self.rule.answers)]
        self.used += 1
        return answer


@dataclass(slots=True, kw_only=True)
class _Continuation:
    """What follows a tool call: the rest of a ``then`` list, or the next step of the rule it came from."""

    rest: tuple[Answer, ...]
    progress: _Progress | None
    words: Mapping[str, str]
    """Named groups of the rule's expression, kept for the answers that follow the tool."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """The next answer and what comes after it."""

    answer: Answer
    rest: tuple[Answer, ...] = ()
    progress: _Progress | None = None
    words: Mapping[str, str]


class Playback:
    """Plays one script from its beginning. Side requests are not for it."""

    def __init__(self, script: Script) -> None:
        self._progress = [_Progress(rule=rule) for rule in script.rules]
        self._pending: OrderedDict[str, _Continuation] = OrderedDict()
        self._turn = 0

    def next(self, request: ModelRequest, tool_use_id: str) -> Chosen:
        """Choose the answer, and count it as given. ``tool_use_id`` names the tool call, if it is one."""
        self._turn += 1
        found = self._after_tool(request) or self._by_rule(request)
        answer = found.answer
        words = {**found.words, **self._words(request)}
        if answer.tool is None:
            return Chosen(answer=answer, text=self._text(answer, request, words), tool=None, tool_use_id="")
        self._expect(tool_use_id, found)
        tool = ToolCall(name=answer.tool.name, input=_fill_all(answer.tool.input, words))
        return Chosen(answer=answer, text=_fill(answer.reply, words), tool=tool, tool_use_id=tool_use_id)

    def _after_tool(self, request: ModelRequest) -> _Found | None:
        for result in request.tool_results:
            follows = self._pending.get(result.tool_use_id)
            if follows is None:
                continue
            if request.interrupted:
                del self._pending[result.tool_use_id]
            elif follows.rest:
                answer, follows.rest = follows.rest[0], follows.rest[1:]
                return _Found(answer=answer, rest=follows.rest, progress=follows.progress, words=follows.words)
            elif follows.progress and follows.progress.is_between_steps():
                return _Found(answer=follows.progress.take(), progress=follows.progress, words=follows.words)
        return None

    def _by_rule(self, request: ModelRequest) -> _Found:
        for progress in self._progress:
            if progress.is_used_up():
                continue
            words = _match(progress.rule, request)
            if words is not None:
                return _Found(answer=progress.take(), progress=progress, words=words)
        return _Found(answer=Answer(), words={})

    def _expect(self, tool_use_id: str, found: _Found) -> None:
        rest = found.answer.then + found.rest
        self._pending[tool_use_id] = _Continuation(rest=rest, progress=found.progress, words=found.words)
        if len(self._pending) > _PENDING_TOOLS:
            self._pending.popitem(last=False)

    def _words(self, request: ModelRequest) -> dict[str, str]:
        result = request.tool_results[-1].text if request.tool_results else ""
        return {"text": request.newest_text, "turn": str(self._turn), "tool_result": result}

    @staticmethod
    def _text(answer: Answer, request: ModelRequest, words: Mapping[str, str]) -> str:
        if not answer.is_echo():
            return _fill(answer.reply, words)
        return _fill(_ECHO if request.user_text or not request.tool_results else _TOOL_ECHO, words)


def _match(rule: Rule, request: ModelRequest) -> dict[str, str] | None:
    """The named groups of the rule's expression where the rule applies, else ``None``."""
    texts = (request.newest_text, request.user_text)
    if rule.when and not any(rule.when in text for text in texts):
        return None
    if rule.after_tool and not any(re.search(rule.after_tool, result.text) for result in request.tool_results):
        return None
    if not rule.when_regex:
        return {}
    if not request.user_text:
        return None
    match = next(filter(None, (re.search(rule.when_regex, text) for text in texts)), None)
    return match and {name: value or "" for name, value in match.groupdict().items()}


def _fill(template: str, words: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        word = words.get(match[1])
        if word is None:
            return match[0]
        return shlex.quote(word) if match[2] else word

    return _PLACEHOLDER.sub(value, template)


def _fill_all(value: Any, words: Mapping[str, str]) -> Any:
    match value:
        case str():
            return _fill(value, words)
        case Mapping():
            return {key: _fill_all(inner, words) for key, inner in value.items()}
        case list() | tuple():
            return [_fill_all(inner, words) for inner in value]
        case _:
            return value
