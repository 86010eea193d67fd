"""Checks of the code that run nothing of it: style, types, the direction of imports, declared dependencies."""

import sys
from pathlib import Path

from tools.testing.steps import Shell

_SECONDS = 900
_CHECKED_FOLDERS = ("src", "tests", "tools", "benchmarks")
_LINT_IMPORTS = "import sys; from importlinter.cli import lint_imports_command as lint; sys.exit(lint())"


def commands(root: Path) -> dict[str, list[str]]:
    """The checks by name, fastest first. Modules instead of scripts: scripts hold the path they were installed at."""
    folders = [folder for folder in _CHECKED_FOLDERS if any((root / folder).rglob("*.py"))]
    python = sys.executable
    return {
        "ruff check": [python, "-m", "ruff", "check", "."],
        "ruff format": [python, "-m", "ruff", "format", "--check", "."],
        "lint-imports": [python, "-c", _LINT_IMPORTS],
        "deptry": [python, "-m", "deptry", "src"],
        "mypy": [python, "-m", "mypy", *folders],
    }


def run(shell: Shell, name: str, command: list[str]) -> str:
    """Run one check."""
    shell.run(name.replace(" ", "-"), command, seconds=_SECONDS)
    return ""
