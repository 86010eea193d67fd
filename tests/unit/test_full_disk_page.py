"""The page on full disks: what it names exists, and what writes is on it."""

import ast
import re
from pathlib import Path

import pytest

_WRITES = re.compile(
    r"\bO_(?:WRONLY|RDWR|CREAT)\b|\.write_(?:text|bytes)\(|\bopen\([^)\n]*[\"'][wax]b?\+?[\"']|\bshutil\.copy|\bmkdtemp\("
    r"|\bos\.(?:link|symlink)\(|\bapsw\.Connection\(|\b(?:replace_file|append_whole|copy_in|copy_out|write_in)\("
)
_PACKAGE = "src/nanoclaw"


@pytest.fixture
def root(pytestconfig: pytest.Config) -> Path:
    return pytestconfig.rootpath


@pytest.fixture
def named(root: Path) -> set[str]:
    """All that stands in code marks on the page."""
    return set(re.findall(r"`([^`\n]+)`", (root / "docs" / "reference" / "full-disk.md").read_text(encoding="utf-8")))


def test_every_test_that_is_named_exists(root: Path, named: set[str]) -> None:
    tests = {one for one in named if one.startswith("tests/")}
    assert tests
    assert {one for one in tests if one.partition("::")[2] not in _functions(root / one.partition("::")[0])} == set()


def _functions(file: Path) -> set[str]:
    if not file.is_file():
        return set()
    found = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    return {node.name for node in found if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_module_that_writes_is_on_the_page_and_every_module_on_it_exists(root: Path, named: set[str]) -> None:
    package = root / _PACKAGE
    modules = {one for one in named if one.endswith(".py") and not one.startswith("tools/")}
    assert {one for one in modules if not (package / one).is_file()} == set()
    writing = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if _WRITES.search(path.read_text(encoding="utf-8"))
    }
    assert writing - modules == set()


def test_every_row_says_what_tries_it_or_why_nothing_does(root: Path) -> None:
    page = (root / "docs" / "reference" / "full-disk.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.strip("|").split(" | ")] for line in page.splitlines() if line.startswith("| ")
    ]
    proofs = [row[3] for row in rows if row[0] != "what" and not row[0].startswith("---")]
    assert len(proofs) > 40
    assert [one for one in proofs if "`tests/" not in one and not one.startswith(("by hand: ", "not tried: "))] == []
