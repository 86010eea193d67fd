import re
import tomllib
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

_PIN = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;\\]+)(?P<rest>[^\n]*(?:\n    --hash=[^\n]*)*)", re.MULTILINE
)


@pytest.fixture
def project(repository: Path) -> dict[str, Any]:
    return tomllib.loads((repository / "pyproject.toml").read_text())


def test_the_runtime_lock_satisfies_the_declared_dependencies(repository: Path, project: dict[str, Any]) -> None:
    assert not _unsatisfied(project["project"]["dependencies"], _pins(repository / "requirements" / "runtime.lock"))


def test_the_test_lock_satisfies_the_declared_dependencies(repository: Path, project: dict[str, Any]) -> None:
    declared = project["project"]["dependencies"] + project["dependency-groups"]["test"]
    assert not _unsatisfied(declared, _pins(repository / "requirements" / "test.lock"))


def test_tests_run_with_the_versions_that_users_run(repository: Path) -> None:
    runtime, test = (_pins(repository / "requirements" / f"{name}.lock") for name in ("runtime", "test"))
    assert {name: test.get(name) for name in runtime} == runtime


@pytest.mark.parametrize("extras", ["telegram", "whatsapp", "telegram+whatsapp"])
def test_what_channels_need_comes_beside_the_same_versions(
    repository: Path, project: dict[str, Any], extras: str
) -> None:
    optional = project["project"]["optional-dependencies"]
    declared = [line for extra in extras.split("+") for line in optional[extra]]
    plain, some, most = (
        _pinned(repository / "requirements" / f"{name}.lock") for name in ("runtime", extras, "telegram+whatsapp")
    )
    assert not _unsatisfied(declared, _pins(repository / "requirements" / f"{extras}.lock"))
    assert plain <= some <= most


def test_every_choice_of_extras_has_a_lock_file(repository: Path, project: dict[str, Any]) -> None:
    names = sorted(project["project"]["optional-dependencies"])
    choices = ["+".join(some) for count in range(1, len(names) + 1) for some in combinations(names, count)]
    assert sorted(path.stem for path in (repository / "requirements").glob("*.lock")) == sorted(
        [*choices, "runtime", "test"]
    )


@pytest.mark.parametrize("name", ["runtime", "test", "telegram", "whatsapp", "telegram+whatsapp"])
def test_every_pin_has_hashes_and_no_place_to_come_from(repository: Path, name: str) -> None:
    text = (repository / "requirements" / f"{name}.lock").read_text()
    assert not [pin["name"] for pin in _PIN.finditer(text) if "--hash=sha256:" not in pin["rest"]]
    assert "://" not in text
    assert "--index" not in text


def test_every_dependency_is_justified(repository: Path, project: dict[str, Any]) -> None:
    record = (repository / "docs" / "decisions" / "dependencies.md").read_text()
    declared = project["project"]["dependencies"] + project["dependency-groups"]["test"]
    assert not [line for line in declared if f"| `{Requirement(line).name}` |" not in record]


def _pins(lock_file: Path) -> dict[str, Version]:
    return {canonicalize_name(pin["name"]): Version(pin["version"]) for pin in _PIN.finditer(lock_file.read_text())}


def _pinned(lock_file: Path) -> set[tuple[str, str]]:
    """All pins; one package may have several, each for some systems."""
    return {(pin["name"], pin["version"]) for pin in _PIN.finditer(lock_file.read_text())}


def _unsatisfied(declared: list[str], pins: dict[str, Version]) -> list[str]:
    """Declared dependencies that no pin meets; `tools/lock` renews the lock files."""
    requirements = map(Requirement, declared)
    return [
        str(requirement)
        for requirement in requirements
        if (pin := pins.get(canonicalize_name(requirement.name))) is None or pin not in requirement.specifier
    ]
