import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

_LINES_OF_A_MODULE = 400
_LINES_OF_A_FUNCTION = 40
_SAYS_NOTHING = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "base", "runtime"}


class Module(Protocol):
    """As made in conftest."""

    name: str
    path: Path
    text: str
    tree: ast.Module


def test_modules_are_short(every_module: list[Module]) -> None:
    lengths = {module.name: len(module.text.splitlines()) for module in every_module}
    assert not {name: lines for name, lines in lengths.items() if lines > _LINES_OF_A_MODULE}


def test_functions_are_short(every_module: list[Module]) -> None:
    lengths = {
        f"{module.name}:{node.lineno} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for module in every_module
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert not {name: lines for name, lines in lengths.items() if lines > _LINES_OF_A_FUNCTION}


def test_module_names_say_what_is_inside(every_module: list[Module]) -> None:
    assert not [
        module.name
        for module in every_module
        if {module.path.stem.split("_")[-1], module.path.parent.name} & _SAYS_NOTHING
    ]


def test_a_package_init_is_only_a_docstring(source: list[Module]) -> None:
    for module in source:
        if module.path.name == "__init__.py":
            assert ast.get_docstring(module.tree), (
                f"{module.name} must say what enters, what leaves, what it must not know"
            )
            extra = [ast.unparse(node) for node in module.tree.body[1:]]
            version = module.name == "src/nanoclaw/__init__.py" and all(
                line.startswith("__version__") for line in extra
            )
            assert version or not extra, f"{module.name} holds more than a docstring: {extra}"


def test_every_package_has_an_init(source: list[Module]) -> None:
    folders = {module.path.parent for module in source}
    assert not [str(folder) for folder in folders if not (folder / "__init__.py").exists()]


def test_only_settings_read_the_environment(source: list[Module]) -> None:
    readers = [
        f"{module.name}:{line}"
        for module in source
        if not module.name.startswith("src/nanoclaw/settings/")
        for line in _lines_that_read_the_environment(module.tree)
    ]
    assert not readers, f"take the value as an argument, or read it in nanoclaw.settings: {readers}"


def test_imports_are_absolute(every_module: list[Module]) -> None:
    assert not [
        f"{module.name}:{node.lineno}"
        for module in every_module
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and node.level
    ]


def test_no_work_is_done_while_importing(source: list[Module]) -> None:
    calls = [
        f"{module.name}:{node.lineno} {ast.unparse(node)}"
        for module in source
        if not module.name.endswith("__main__.py")
        for node in _bare_calls(module.tree)
    ]
    assert not calls, f"registrations belong into the composition root: {calls}"


def _lines_that_read_the_environment(tree: ast.Module) -> Iterator[int]:
    names = {"environ", "environb", "getenv", "putenv"}
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module="os", names=imported) if names & {alias.name for alias in imported}:
                yield node.lineno
            case ast.Attribute(value=ast.Name(id="os"), attr=attribute) if attribute in names:
                yield node.lineno


def _bare_calls(tree: ast.Module) -> Iterator[ast.Expr]:
    return (node for node in tree.body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call))
