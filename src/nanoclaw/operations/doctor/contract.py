"""What checks are made of: words in two languages, findings, fixes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from nanoclaw.model.errors import NanoclawError


class Language(StrEnum):
    """The languages that findings speak."""

    ENGLISH = "en"
    CHINESE = "zh"


@dataclass(frozen=True, slots=True)
class Words:
    """The same sentence in both languages. Positional, because a pair of sentences reads best as a pair."""

    en: str
    zh: str

    def say(self, language: Language) -> str:
        """The sentence in one of them."""
        match language:
            case Language.ENGLISH:
                return self.en
            case Language.CHINESE:
                return self.zh
            case _:
                assert_never(language)


class Section(StrEnum):
    """What a check is about, in the order of the production checklist."""

    PREFLIGHT = "preflight"
    SECURITY = "security"
    CONFIGURATION = "configuration"
    SANDBOX = "sandbox"
    SERVICE = "service"
    CHANNELS = "channels"
    STORAGE = "storage"
    BACKUP = "backup"
    MONITORING = "monitoring"


SECTION_TITLES = {
    Section.PREFLIGHT: Words("Preflight", "部署前准备"),
    Section.SECURITY: Words("Security", "安全"),
    Section.CONFIGURATION: Words("Configuration", "配置"),
    Section.SANDBOX: Words("Sandbox", "沙箱"),
    Section.SERVICE: Words("Service", "服务"),
    Section.CHANNELS: Words("Channels", "消息渠道"),
    Section.STORAGE: Words("Storage", "存储"),
    Section.BACKUP: Words("Backup", "备份"),
    Section.MONITORING: Words("Monitoring", "监控与告警"),
}


class Severity(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARNING = "warning"
    """It works, and will not for long, or less safely than it should."""
    ERROR = "error"
    """Something does not work, or somebody can reach what they must not."""
    SKIPPED = "skipped"
    """It could not be known; the finding says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """A repair that is safe to make without asking again. ``apply`` says what it did, a sentence a change.

    ``apply`` raises NanoclawError or OSError when it cannot.
    """

    description: Words
    apply: Callable[[], Awaitable[tuple[Words, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check found: ``what`` is so, ``todo`` is what to do about it (None when there is nothing to do)."""

    severity: Severity
    what: Words
    todo: Words | None = None
    fix: Fix | None = None


def fine(what: Words) -> Finding:
    """Nothing to complain of."""
    return Finding(severity=Severity.OK, what=what)


def warning(what: Words, todo: Words, fix: Fix | None = None) -> Finding:
    """Something to look at soon."""
    return Finding(severity=Severity.WARNING, what=what, todo=todo, fix=fix)


def error(what: Words, todo: Words, fix: Fix | None = None) -> Finding:
    """Something to mend now."""
    return Finding(severity=Severity.ERROR, what=what, todo=todo, fix=fix)


def skipped(reason: Words) -> Finding:
    """Nothing could be said, and why."""
    return Finding(severity=Severity.SKIPPED, what=reason)


class NotKnownError(NanoclawError):
    """A fact that a check needs cannot be known here; the check is skipped with this reason."""

    def __init__(self, reason: Words) -> None:
        super().__init__(reason.en)
        self.reason = reason
