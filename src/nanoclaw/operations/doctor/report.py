"""Findings as one document, in one language: what ``--json`` prints and the terminal shows."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from nanoclaw.control.client import Document
from nanoclaw.operations.doctor.contract import SECTION_TITLES, Finding, Language, Severity, Words
from nanoclaw.operations.doctor.ground import Ground
from nanoclaw.operations.doctor.run import Examined, Repair, worst


def describe(ground: Ground, examined: Sequence[Examined], repairs: Sequence[Repair], language: Language) -> Document:
    """The stable shape of a report.

    ``status`` is ok, warning or error. ``findings`` stand in the order of the checks, the worst of a check first;
    ``fix`` is null where there is none. ``repairs`` has a line for each fix that was tried.
    """
    findings = [_finding(one, finding, language) for one in examined for finding in one.findings]
    counts = Counter(line["severity"] for line in findings)
    return {
        "home": str(ground.home.root),
        "checked_at": _iso(ground.clock.now()),
        "language": language.value,
        "live": ground.live,
        "status": worst(examined).value,
        "checks": len(examined),
        "counts": {severity.value: counts[severity.value] for severity in Severity},
        "findings": findings,
        "repairs": [_repair(one, language) for one in repairs],
    }


def _finding(one: Examined, finding: Finding, language: Language) -> Document:
    return {
        "check": one.check.id,
        "section": one.check.section.value,
        "section_title": SECTION_TITLES[one.check.section].say(language),
        "severity": finding.severity.value,
        "title": one.check.title.say(language),
        "what": finding.what.say(language),
        "why": one.check.why.say(language),
        "todo": _said(finding.todo, language),
        "fix": finding.fix.description.say(language) if finding.fix else None,
        "seconds": round(one.seconds, 3),
    }


def _repair(one: Repair, language: Language) -> Document:
    return {
        "check": one.check.id,
        "title": one.check.title.say(language),
        "done": [words.say(language) for words in one.done],
        "problem": _said(one.problem, language),
    }


def _said(words: Words | None, language: Language) -> str | None:
    return words.say(language) if words else None


def _iso(milliseconds: int) -> str | None:
    try:
        moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError):
        return None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
