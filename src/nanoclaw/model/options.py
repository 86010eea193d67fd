"""What each group may set for itself: every option, what it allows, and how it is written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from nanoclaw.model.errors import NanoclawError


class InvalidOptionError(NanoclawError):
    """A group option does not exist, or cannot have this value."""


class NetworkPolicy(StrEnum):
    """What a group's agent can reach besides the model."""

    NONE = "none"
    ALLOWLIST = "allowlist"
    PUBLIC = "public"
    """Every public host; private and local addresses stay closed."""


class SenderPolicy(StrEnum):
    """What becomes of messages from people without a role in the group."""

    IGNORE = "ignore"
    ASK = "ask"
    """They are held, and the owner is asked."""
    ANYONE = "anyone"


class Conversation(StrEnum):
    """Whether the chats of a group share one conversation; its files and its memory they share either way."""

    SHARED = "shared"
    SEPARATE = "separate"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraMount:
    """A host folder that the group asks for; the mount allowlist decides. Shown inside below ``/workspace/extra``."""

    source: str
    """Absolute, or beginning with ``~``."""
    name: str
    """The last part of its place inside."""
    writable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupOptions:
    """A group's own settings. None and empty mean: as ``config.toml`` has it."""

    model: str = ""
    fallback_model: str = ""
    effort: str = ""
    catch_up_messages: int | None = None
    idle_minutes: float | None = None
    turn_minutes: float | None = None
    senders: SenderPolicy = SenderPolicy.IGNORE
    conversation: Conversation = Conversation.SHARED
    network: NetworkPolicy = NetworkPolicy.ALLOWLIST
    allow: tuple[str, ...] = ()
    """Hosts in addition to ``gateway.allow``, such as ``example.org`` or ``*.example.org:8443``."""
    mounts: tuple[ExtraMount, ...] = ()
    disallowed_tools: tuple[str, ...] = ()
    memory_mib: int | None = None
    cpus: float | None = None
    processes: int | None = None
    disk_mib: int | None = None
    budget_day_usd: float | None = None
    budget_month_usd: float | None = None


NO_OPTIONS = GroupOptions()

_Parse = Callable[[str], Any]


def _choice(*allowed: str) -> tuple[_Parse, str]:
    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError
        return text

    return parse, "one of " + ", ".join(allowed) + ", or nothing for the default"


def _number(least: float, most: float, *, whole: bool) -> tuple[_Parse, str]:
    def parse(text: str) -> float | int:
        value = int(text) if whole else float(text)
        if not least <= value <= most:
            raise ValueError
        return value

    return parse, f"a {'whole ' if whole else ''}number from {least:.12g} to {most:,.12g}, or nothing for the default"


def _word(text: str) -> str:
    if len(text) > 100 or not text.isprintable() or " " in text or text.startswith("-"):
        raise ValueError
    return text


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_word(part) for part in text.replace(",", " ").split()))


def _mounts(text: str) -> tuple[ExtraMount, ...]:
    found = [_mount(part.strip()) for part in text.split(",") if part.strip()]
    if len({mount.name for mount in found}) < len(found):
        raise ValueError
    return tuple(found)


def _mount(text: str) -> ExtraMount:
    source, _, mode = text.rpartition(":") if text.endswith((":ro", ":rw")) else (text, "", "ro")
    source, equals, name = source.partition("=")
    name = name if equals else source.rstrip("/").rpartition("/")[2]
    if not source.startswith(("/", "~")) or not source.isprintable() or not _is_name(name):
        raise ValueError
    return ExtraMount(source=source, name=name, writable=mode == "rw")


def _is_name(text: str) -> bool:
    return 0 < len(text) <= 64 and text.isprintable() and "/" not in text and not text.startswith(".")


EFFORTS = ("low", "medium", "high", "xhigh", "max")
_HOSTS = "host names separated by commas, such as example.org or *.example.org:8443; nothing for none"

_KINDS: Mapping[str, tuple[_Parse, str]] = {
    "model": (_word, "the name of a model, or nothing for the default"),
    "fallback_model": (_word, "the name of a model to use when the first is overloaded, or nothing"),
    "effort": _choice(*EFFORTS),
    "catch_up_messages": _number(1, 2000, whole=True),
    "idle_minutes": _number(0.01, 1440, whole=False),
    "turn_minutes": _number(0.01, 1440, whole=False),
    "senders": (SenderPolicy, "one of ignore, ask, anyone"),
    "conversation": (Conversation, "one of shared, separate"),
    "network": (NetworkPolicy, "one of none, allowlist, public"),
    "allow": (_words, _HOSTS),
    "mounts": (_mounts, "folders separated by commas, such as ~/notes, /srv/photos=pictures:ro or ~/inbox:rw"),
    "disallowed_tools": (_words, "names of tools separated by commas, such as Bash, WebFetch; nothing for none"),
    "memory_mib": _number(256, 1_048_576, whole=True),
    "cpus": _number(0.1, 256, whole=False),
    "processes": _number(64, 32_768, whole=True),
    "disk_mib": _number(16, 16_777_216, whole=True),
    "budget_day_usd": _number(0, 100_000, whole=False),
    "budget_month_usd": _number(0, 1_000_000, whole=False),
}
assert tuple(_KINDS) == tuple(field.name for field in fields(GroupOptions))  # noqa: S101 - one table beside the other

OPTION_NAMES = tuple(_KINDS)


def describe_option(name: str) -> str:
    """What the option allows, in words."""
    return _KINDS[name][1]


def with_option(options: GroupOptions, name: str, text: str) -> GroupOptions:
    """The options with one of them changed, given as text; nothing puts it back to its default.

    Raises:
        InvalidOptionError: there is no such option, or it cannot have this value; says what is allowed.
    """
    if name not in _KINDS:
        raise InvalidOptionError(
            f"{name[:40]!r} is not an option of a group", hint="The options are " + ", ".join(OPTION_NAMES) + "."
        )
    parse, allowed = _KINDS[name]
    try:
        value = parse(text.strip()) if text.strip() else getattr(NO_OPTIONS, name)
    except (ValueError, OverflowError) as error:
        raise InvalidOptionError(f"{name} cannot be {text[:60]!r}", hint=f"It is {allowed}.") from error
    return replace(options, **{name: value})


def options_as_text(options: GroupOptions) -> dict[str, str]:
    """Each option as :func:`with_option` takes it; what stands at its default is left out."""
    shown = {name: _as_text(getattr(options, name)) for name in OPTION_NAMES}
    return {name: text for name, text in shown.items() if text != _as_text(getattr(NO_OPTIONS, name))}


def options_from_text(texts: Mapping[str, str]) -> GroupOptions:
    """The options that :func:`options_as_text` wrote. Raises InvalidOptionError."""
    options = NO_OPTIONS
    for name, text in texts.items():
        options = with_option(options, name, text)
    return options


def _as_text(value: object) -> str:
    match value:
        case None:
            return ""
        case ExtraMount(source=source, name=name, writable=writable):
            return f"{source}={name}:{'rw' if writable else 'ro'}"
        case tuple():
            return ",".join(_as_text(one) for one in value)
        case float():
            return f"{value:.12g}"
        case _:
            return str(value)
