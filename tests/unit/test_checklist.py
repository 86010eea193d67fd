"""The tables that lay the production checklist beside this program: whole, true, and as the data says."""

import argparse
import shlex
from collections.abc import Iterator

import pytest

from nanoclaw.cli.main import VERBS, build_parser
from nanoclaw.cli.parsing import UsageError
from nanoclaw.operations.doctor.registry import CHECKS
from tools.checklist.lines import split
from tools.checklist.proof import REPOSITORY, Kind, Proof, read_rows
from tools.checklist.tables import PLANNED, chinese_table, english_table, is_planned, lines


def _named(kind: Kind) -> list[Proof]:
    return [proof for row in read_rows() for proof in row.proofs if proof.kind is kind]


@pytest.fixture(scope="module")
def parser() -> argparse.ArgumentParser:
    return build_parser(*VERBS)


def _exists(parser: argparse.ArgumentParser, command: str) -> bool:
    """Whether the real parser takes it, but for arguments that a person must give."""
    words = shlex.split(command)
    place = parser
    while words and (inner := _child(place, words[0])) is not None:
        place, words = inner, words[1:]
    options = {spelling for action in place._actions for spelling in action.option_strings}
    known = all(not word.startswith("-") or word in options for word in words)
    return place is not parser and known and not (words and not words[0].startswith("-"))


def _child(parser: argparse.ArgumentParser, word: str) -> argparse.ArgumentParser | None:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction) and word in action.choices:
            child: argparse.ArgumentParser = action.choices[word]
            return child
    return None


def test_every_line_of_the_checklist_has_its_row_and_something_beside_it() -> None:
    rows = read_rows()
    assert [row.number for row in rows] == list(range(len(lines())))
    assert all(row.proofs and row.english for row in rows)
    assert all(bool(row.note) == bool(row.note_zh) for row in rows)


def test_lines_are_items_and_commands_and_whole_scripts() -> None:
    commands = "```bash\n# no\nls -la\ncat a && \\\ncat b\n```\n"
    page = f"## A\n- [ ] **One**\n  - two\n{commands}**Script:**\n```bash\n#!/bin/bash\nx\n```\n"
    assert [line.text for line in split(page)] == ["One", "two", "ls -la", "cat a && cat b", "（脚本）Script"]


def test_every_check_that_is_named_exists_and_every_check_is_named() -> None:
    named = {proof.name for proof in _named(Kind.CHECK)}
    known = {check.id for check in CHECKS}
    assert named <= known, f"no such check: {named - known}"
    beyond = {"clock", "telegram-token", "time-zone", "configuration", "database-schema", "backup-copies"}
    assert known - named == beyond, "a check that no line asks for: name it beside a line, or here"


def test_every_command_that_is_named_exists_or_is_said_to_be_planned(parser: argparse.ArgumentParser) -> None:
    commands = {proof.name for proof in _named(Kind.COMMAND)}
    missing = {command for command in commands if not is_planned(command) and not _exists(parser, command)}
    assert not missing, f"no such command: {missing}"


def test_a_planned_command_that_is_there_by_now_is_planned_no_more(parser: argparse.ArgumentParser) -> None:
    there = [command for command in PLANNED if _exists(parser, command)]
    assert not there, f"take {there} out of PLANNED in tools/checklist/tables.py, then python -m tools.checklist"


def test_a_wrong_command_would_be_noticed(parser: argparse.ArgumentParser) -> None:
    assert _exists(parser, "backup verify")
    assert _exists(parser, "doctor --section security --fix")
    for wrong in ("bakcup verify", "backup verfy", "backup verify --no-such-option", ""):
        assert not _exists(parser, wrong), wrong


def test_every_command_with_its_arguments_is_taken_by_the_parser(parser: argparse.ArgumentParser) -> None:
    for proof in _named(Kind.COMMAND):
        if not is_planned(proof.name):
            assert _parsed(parser, proof.name), proof.name


def _parsed(parser: argparse.ArgumentParser, command: str) -> bool:
    try:
        parser.parse_args(shlex.split(command))
    except UsageError as error:
        return "required" in str(error)  # a group's name, a task's number: for the person to give
    return True


def test_every_file_that_is_named_exists() -> None:
    assert not [proof.name for proof in _named(Kind.FILE) if not (REPOSITORY / proof.name).exists()]


@pytest.mark.parametrize(
    ("name", "table"), [("docs/reference/checklist.md", english_table), ("docs/zh/checklist.md", chinese_table)]
)
def test_both_pages_are_what_the_data_says(name: str, table: object) -> None:
    assert callable(table)
    assert (REPOSITORY / name).read_text(encoding="utf-8") == table(), "python -m tools.checklist writes them"


def test_both_tables_have_the_same_rows() -> None:
    def numbers(page: str) -> Iterator[str]:
        return (line.split("|")[1].strip() for line in page.splitlines() if line.startswith("| ") and line[2].isdigit())

    assert list(numbers(english_table())) == list(numbers(chinese_table()))
