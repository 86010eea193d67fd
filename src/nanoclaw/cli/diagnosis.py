"""How a doctor's report looks in a terminal of 80 columns."""

from collections.abc import Iterator

from nanoclaw.cli.columns import pad, width, wrap
from nanoclaw.cli.render import Paint, one_line, visible
from nanoclaw.control.client import Document

_WIDTH = 80
_BAD = {"warning", "error"}
_LABELS = {
    "en": {
        "head": "Doctor: {home}",
        "ok": "ok",
        "warning": "warn",
        "error": "ERROR",
        "skipped": "skip",
        "why": "Why: ",
        "todo": "Do: ",
        "fix": "Fix: ",
        "with_fix": "nanoclaw doctor --fix ({fix})",
        "repairs": "Repaired",
        "not_repaired": "could not be repaired: ",
        "sum": "{ok} in order, {warning} to look at, {error} wrong, {skipped} skipped.",
    },
    "zh": {
        "head": "检查报告：{home}",
        "ok": "正常",
        "warning": "警告",
        "error": "错误",
        "skipped": "跳过",
        "why": "原因：",
        "todo": "处理：",
        "fix": "修复：",
        "with_fix": "nanoclaw doctor --fix（{fix}）",
        "repairs": "已修复",
        "not_repaired": "未能修复：",
        "sum": "正常 {ok} 项，警告 {warning} 项，错误 {error} 项，跳过 {skipped} 项。",
    },
}


def show_report(report: Document, paint: Paint) -> str:
    """The report as people read it: a line for each check, and below what is not in order why and what to do."""
    labels = _LABELS[report["language"]]
    lines = [paint.bold(labels["head"].format(home=one_line(report["home"]))), ""]
    column = max((width(finding["title"]) for finding in report["findings"]), default=0)
    section = check = None
    for finding, following in zip(report["findings"], [*report["findings"][1:], None], strict=True):
        if finding["section_title"] != section:
            section = finding["section_title"]
            lines += ([""] if len(lines) > 2 else []) + [paint.bold(section)]
        lines += _finding(finding, labels, column, paint, again=finding["check"] == check)
        if not _same_advice(finding, following):
            lines += _what_to_do(finding, labels, paint)
        check = finding["check"]
    lines += _repairs(report["repairs"], labels, paint)
    return "\n".join([*lines, "", labels["sum"].format(**report["counts"])])


def _finding(finding: Document, labels: dict[str, str], column: int, paint: Paint, *, again: bool) -> Iterator[str]:
    """``again``: the check's name and why it matters stand above already."""
    severity = finding["severity"]
    mark = pad(labels[severity], 5)
    colour = {"ok": paint.green, "warning": paint.yellow, "error": paint.red, "skipped": paint.dim}[severity]
    indent = 2 + 5 + 1 + column + 2
    first, *rest = wrap(one_line(finding["what"]), max(20, _WIDTH - indent))
    yield f"  {colour(mark)} {pad('' if again else finding['title'], column)}  {first}"
    yield from (" " * indent + line for line in rest)
    if severity in _BAD and not again:
        yield from _advice(labels["why"], finding["why"], paint)


def _same_advice(finding: Document, following: Document | None) -> bool:
    """Whether the next line says what to do about this one, too."""
    return following is not None and all(finding[key] == following[key] for key in ("check", "todo", "fix"))


def _what_to_do(finding: Document, labels: dict[str, str], paint: Paint) -> Iterator[str]:
    if finding["severity"] in _BAD:
        if finding["todo"]:
            yield from _advice(labels["todo"], finding["todo"], paint)
        if finding["fix"]:
            yield from _advice(labels["fix"], labels["with_fix"].format(fix=finding["fix"]), paint)


def _advice(label: str, text: str, paint: Paint) -> Iterator[str]:
    indent = 8
    first, *rest = wrap(one_line(text), _WIDTH - indent - width(label))
    yield " " * indent + paint.dim(label) + first
    yield from (" " * (indent + width(label)) + line for line in rest)


def _repairs(repairs: list[Document], labels: dict[str, str], paint: Paint) -> Iterator[str]:
    if repairs:
        yield from ("", paint.bold(labels["repairs"]))
    for repair in repairs:
        for done in repair["done"]:
            yield f"  {visible(done)}"
        if repair["problem"]:
            yield f"  {paint.red(repair['title'])} {labels['not_repaired']}{one_line(repair['problem'])}"
