"""One change to a TOML text, line by line, so that comments, order and blank lines stay as their writer left them.

No parser that keeps comments is needed: each way of writing a change is tried, and the standard library's parser judges
whether the text then says exactly what it should, and nothing else.
"""

import copy
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Keys = tuple[str, ...]
TomlValue = bool | int | float | str | Sequence[Any] | Mapping[str, Any]

_LONGEST_VALUE = 400
"""Lines of a value that is replaced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """What a line seems to be. Inside a value of several lines that may be wrong: the parser judges the result."""

    number: int
    table: Keys
    key: Keys | None = None
    """None: the header of the table."""
    value_at: int = 0
    """Where the value begins."""

    @property
    def full(self) -> Keys:
        return self.table + (self.key or ())


def rewrite(text: str, keys: Keys, value: TomlValue | None) -> str | None:
    """The text with one key set, or taken away where the value is None; None where no way of writing it is safe."""
    now = tomllib.loads(text)
    wanted = _without(now, keys) if value is None else _with(now, keys, value)
    if wanted is None:
        return None
    if wanted == now:
        return text
    end = "\r\n" if "\r\n" in text else "\n"
    lines_now = text.replace("\r\n", "\n").removesuffix("\n").split("\n") if text else []
    for lines in _ways(lines_now, keys, value, wanted):
        candidate = "".join(f"{line}{end}" for line in lines)
        if _parsed(candidate) == wanted:
            return candidate
    return None


def as_toml(value: TomlValue) -> str:
    """A value as TOML writes it on one line."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case Mapping():
            parts = ", ".join(f"{_key((name,))} = {as_toml(one)}" for name, one in value.items())
            return f"{{ {parts} }}" if parts else "{}"
        case Sequence():
            return f"[{', '.join(as_toml(one) for one in value)}]"
        case _:
            return repr(value)


def _ways(lines: list[str], keys: Keys, value: TomlValue | None, wanted: Mapping[str, Any]) -> Iterator[list[str]]:
    found = list(_scan(lines))
    yield from _in_place(lines, found, keys, value)
    if value is None:
        return
    yield from _beside(lines, found, keys, value)
    yield from _in_inline_table(lines, found, keys, wanted)
    yield from _in_new_table(lines, found, keys, value)


def _in_place(lines: list[str], found: list[_Line], keys: Keys, value: TomlValue | None) -> Iterator[list[str]]:
    for line in found:
        if line.key is None or line.full != keys:
            continue
        head, rest = lines[line.number][: line.value_at], lines[line.number][line.value_at :]
        if value is not None:
            # What stands behind a value may be its comment.
            for at in [at for at, sign in enumerate(rest) if sign == "#"]:
                gap = rest[len(rest[:at].rstrip()) :]
                yield [*lines[: line.number], f"{head} {as_toml(value)}{gap}", *lines[line.number + 1 :]]
        fresh = [] if value is None else [f"{head} {as_toml(value)}"]
        for last in range(line.number + 1, min(len(lines), line.number + _LONGEST_VALUE) + 1):
            yield [*lines[: line.number], *fresh, *lines[last:]]


def _beside(lines: list[str], found: list[_Line], keys: Keys, value: TomlValue) -> Iterator[list[str]]:
    """Below other keys of the same table: under its header, or where its keys are written with dots."""
    parent = keys[:-1]
    for line in reversed(found):
        depth = len(line.table)
        if line.table != keys[:depth] or line.full[: len(parent)] != parent:
            continue
        fresh = f"{_indent(lines[line.number])}{_key(keys[depth:])} = {as_toml(value)}"
        yield [*lines[: line.number + 1], fresh, *lines[line.number + 1 :]]


def _in_inline_table(
    lines: list[str], found: list[_Line], keys: Keys, wanted: Mapping[str, Any]
) -> Iterator[list[str]]:
    whole: Any = wanted
    for depth in range(1, len(keys)):
        whole = whole[keys[depth - 1]]
        yield from _in_place(lines, found, keys[:depth], whole)


def _in_new_table(lines: list[str], found: list[_Line], keys: Keys, value: TomlValue) -> Iterator[list[str]]:
    """A header of its own: behind its nearest relative, else at the end."""
    if isinstance(value, Mapping):
        fresh = [f"[{_key(keys)}]", *(f"{_key((name,))} = {as_toml(one)}" for name, one in value.items())]
        table = keys
    else:
        fresh = [f"[{_key(keys[:-1])}]", f"{_key(keys[-1:])} = {as_toml(value)}"]
        table = keys[:-1]
    relatives = [line.number for line in found if len(table) > 1 and line.table[: len(table) - 1] == table[:-1]]
    if relatives and relatives[-1] + 1 < len(lines):
        at = relatives[-1] + 1
        yield [*lines[:at], "", *fresh, *([""] if lines[at].strip() else []), *lines[at:]]
    yield [*lines, *([""] if lines and lines[-1].strip() else []), *fresh]


def _scan(lines: list[str]) -> Iterator[_Line]:
    table: Keys | None = ()
    for number, line in enumerate(lines):
        bare = line.strip()
        if bare.startswith("["):
            table = _path_of(bare)
            if table is not None:
                yield _Line(number=number, table=table)
        elif table is not None and bare and not bare.startswith("#"):
            for at in [at for at, sign in enumerate(line) if sign == "="]:
                if key := _path_of(f"{line[:at]} = 0"):
                    yield _Line(number=number, table=table, key=key, value_at=at + 1)
                    break


def _path_of(line: str) -> Keys | None:
    """The keys that a line of TOML names, one within the other; None for an array of tables, or what is no TOML."""
    found: Any = _parsed(line)
    path: list[str] = []
    while isinstance(found, dict) and found:
        (name, found), *_ = found.items()
        path.append(name)
    return tuple(path) if path and not isinstance(found, list) else None


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _with(document: Mapping[str, Any], keys: Keys, value: TomlValue) -> dict[str, Any] | None:
    """The document with the key; None where something that is no table is in the way."""
    changed = copy.deepcopy(dict(document))
    place: Any = changed
    for name in keys[:-1]:
        place = place.setdefault(name, {})
        if not isinstance(place, dict):
            return None
    place[keys[-1]] = _plain(value)
    return changed


def _without(document: Mapping[str, Any], keys: Keys) -> dict[str, Any]:
    changed = copy.deepcopy(dict(document))
    place: Any = changed
    for name in keys[:-1]:
        place = place.get(name) if isinstance(place, dict) else None
    if isinstance(place, dict):
        place.pop(keys[-1], None)
    return changed


def _plain(value: TomlValue) -> Any:
    match value:
        case str():
            return value
        case Mapping():
            return {name: _plain(one) for name, one in value.items()}
        case Sequence():
            return [_plain(one) for one in value]
        case _:
            return value


def _key(keys: Keys) -> str:
    return ".".join(name if _is_bare(name) else as_toml(name) for name in keys)


def _is_bare(name: str) -> bool:
    return bool(name) and name.isascii() and all(sign.isalnum() or sign in "-_" for sign in name)


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
