"""The source of the project as the rules see it."""

import ast
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Module:
    """One Python file; ``name`` is its path from the repository, as messages show it."""

    name: str
    path: Path

    @cached_property
    def text(self) -> str:
        return self.path.read_text()

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)


@pytest.fixture(scope="session")
def repository(pytestconfig: pytest.Config) -> Path:
    """The repository's root."""
    return pytestconfig.rootpath


@pytest.fixture(scope="session")
def source(repository: Path) -> list[Module]:
    """Every module of the package ``nanoclaw``."""
    return [_module(path, repository) for path in sorted((repository / "src").rglob("*.py"))]


@pytest.fixture(scope="session")
def every_module(source: list[Module], repository: Path) -> list[Module]:
    """The package, its tests and its tools."""
    others = (
        path for folder in ("tests", "tools", "benchmarks") for path in sorted((repository / folder).rglob("*.py"))
    )
    return source + [_module(path, repository) for path in others]


def _module(path: Path, repository: Path) -> Module:
    return Module(name=path.relative_to(repository).as_posix(), path=path)
