"""Both tables, Markdown."""

from collections.abc import Callable, Iterator

from nanoclaw.operations.doctor.contract import SECTION_TITLES, Language
from nanoclaw.operations.doctor.registry import CHECKS
from tools.checklist.lines import Line, split
from tools.checklist.proof import FOLDER, Kind, Proof, Row, read_rows

PLANNED: tuple[str, ...] = ()
"""Commands that tables name and that are not there yet. A test takes them out of this list when they are."""

_SECTIONS = {
    "部署前准备 Checklist": "Before the first start",
    "安全检查 Checklist": "Security",
    "配置 Checklist": "Configuration",
    "容器运行时 Checklist": "Containers",
    "服务启动 Checklist": "Start",
    "验证 Checklist": "Verification",
    "备份策略": "Backups",
    "运维命令": "Commands for daily work",
    "监控与告警建议": "Monitoring and alerts",
    "附录：服务配置示例": "Appendix: service files",
    "总结": "Summary",
}
_HEAD = """# The production checklist, line by line

What the [checklist](../zh/checklist.md) of NanoClaw v1 asks for, and what does or proves it here. **check** is one of
[the doctor's checks](#checks), **command** a [command](commands.md) that does it, **always** something that the program
enforces, or that its tests hold. *Planned* commands are not there yet; *open* is what nothing covers yet.

Written by `python -m tools.checklist`; a test fails if a command or a check that is named here does not exist.
"""
_HEAD_ZH = """# 生产部署检查清单对照表

本表逐行列出 NanoClaw v1 生产部署 Checklist 的要求，以及在本项目中由什么来完成或验证。“检查”指
[`nanoclaw doctor`](../reference/commands.md) 的检查项（见[文末列表](#检查项)），“命令”指可直接运行的命令，
“强制”指由程序强制保证或由测试保证。“计划中”的命令尚未提供，“未覆盖”表示目前没有对应功能。

常用：`nanoclaw doctor --zh` 以中文显示全部检查结果，`--fix` 修复可安全修复的问题，`--live` 进行联网和容器内实测。

本表由 `python -m tools.checklist` 生成；若表中的命令或检查项不存在，测试会失败。英文版见
[docs/reference/checklist.md](../reference/checklist.md)。
"""


def english_table() -> str:
    """``docs/reference/checklist.md``."""
    return _page(_HEAD, ("| # | line | by | note |", "| --- | --- | --- | --- |"), _english_row, Language.ENGLISH)


def chinese_table() -> str:
    """``docs/zh/checklist.md``."""
    return _page(
        _HEAD_ZH,
        ("| # | 清单内容 | 由什么完成或验证 | 备注 |", "| --- | --- | --- | --- |"),
        _chinese_row,
        Language.CHINESE,
    )


def lines() -> tuple[Line, ...]:
    """The checklist's lines."""
    return split((FOLDER / "checklist.zh.md").read_text(encoding="utf-8"))


def is_planned(command: str) -> bool:
    """Whether a command is one of those that are not there yet."""
    return any(command == name or command.startswith(f"{name} ") for name in PLANNED)


def _page(head: str, columns: tuple[str, str], row: Callable[[Row, Line], str], language: Language) -> str:
    return "\n".join([head.rstrip(), *_sections(columns, row, language), *_checks(language)]) + "\n"


def _sections(columns: tuple[str, str], row: Callable[[Row, Line], str], language: Language) -> Iterator[str]:
    section = ""
    for each, line in zip(read_rows(), lines(), strict=True):
        if line.section != section:
            section = line.section
            english = language is Language.ENGLISH
            yield from ("", f"## {_SECTIONS[section] if english else section.removesuffix(' Checklist')}", "", *columns)
        yield row(each, line)


def _english_row(row: Row, _line: Line) -> str:
    words = {Kind.CHECK: "check", Kind.COMMAND: "command", Kind.FILE: "always", Kind.OPEN: "*open*"}
    by = ", ".join(_shown(proof, words, "planned") for proof in row.proofs)
    return f"| {row.number + 1} | {_cell(row.english)} | {by} | {_cell(row.note)} |"


def _chinese_row(row: Row, line: Line) -> str:
    words = {Kind.CHECK: "检查", Kind.COMMAND: "命令", Kind.FILE: "强制", Kind.OPEN: "*未覆盖*"}
    by = "，".join(_shown(proof, words, "计划中") for proof in row.proofs)
    return f"| {row.number + 1} | {_cell(line.text)} | {by} | {_cell(row.note_zh)} |"


def _shown(proof: Proof, words: dict[Kind, str], planned: str) -> str:
    word = words[proof.kind]
    match proof.kind:
        case Kind.OPEN:
            return word
        case Kind.COMMAND if is_planned(proof.name):
            return f"*{planned}* `nanoclaw {proof.name}`"
        case Kind.COMMAND:
            return f"{word} `nanoclaw {proof.name}`"
        case _:
            return f"{word} `{proof.name}`"


def _checks(language: Language) -> Iterator[str]:
    english = language is Language.ENGLISH
    yield from ("", "## Checks" if english else "## 检查项", "")
    yield "| check | section | title | why |" if english else "| 检查 | 分类 | 名称 | 原因 |"
    yield "| --- | --- | --- | --- |"
    for check in CHECKS:
        section = SECTION_TITLES[check.section].say(language)
        yield f"| `{check.id}` | {section} | {check.title.say(language)} | {check.why.say(language)} |"


def _cell(text: str) -> str:
    """Text in a cell: a bar would end it, and an angle bracket begin a tag."""
    return text.replace("|", "\\|").replace("<", "&lt;")
