import ast
from pathlib import Path
from typing import Protocol


class Module(Protocol):
    """As made in conftest."""

    name: str
    tree: ast.Module


def test_every_query_file_is_used(source: list[Module], repository: Path) -> None:
    queries = sorted((repository / "src").glob("nanoclaw/*/queries/**/*.sql"))
    words = {
        node.value
        for module in source
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    used = {Path(word).stem for word in words if "\n" not in word}
    assert not [query.name for query in queries if query.stem not in used], "no string in the source names these"


def test_migrations_are_numbered_without_gaps(repository: Path) -> None:
    for folder in (repository / "src").glob("nanoclaw/*/migrations"):
        numbers = [int(path.name.split("_")[0]) for path in sorted(folder.glob("*.sql"))]
        assert numbers == list(range(1, len(numbers) + 1)), f"{folder}: {numbers}"
