import ast
import re
from pathlib import Path
from typing import Protocol


class Module(Protocol):
    """As made in conftest."""

    name: str
    tree: ast.Module


def test_every_query_is_used(source: list[Module], repository: Path) -> None:
    """A query counts as used when a module that names its file also names the query."""
    words = [_words(module.tree) for module in source]
    unused = []
    for file in sorted((repository / "src").glob("nanoclaw/*/queries/*.sql")):
        near = set().union(*(some for some in words if file.stem in some))
        names = re.findall(r"^-- name: (\w+)$", file.read_text(), re.MULTILINE)
        assert names, f"{file.name} holds no query: each stands under a line '-- name: its_name'"
        unused += [f"{file.name}: {name}" for name in names if name not in near]
    assert not unused


def test_migrations_are_numbered_without_gaps(repository: Path) -> None:
    for folder in (repository / "src").glob("nanoclaw/*/migrations"):
        numbers = [int(path.name.split("_")[0]) for path in sorted(folder.glob("*.sql"))]
        assert numbers == list(range(1, len(numbers) + 1)), f"{folder}: {numbers}"


def _words(tree: ast.Module) -> set[str]:
    constants = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {value for value in constants if isinstance(value, str)}
