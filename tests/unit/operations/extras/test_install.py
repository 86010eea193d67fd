import sys
import tomllib
from pathlib import Path

import pytest

from nanoclaw.operations.extras.checkout import Checkout, find_checkout
from nanoclaw.operations.extras.contract import EXTRAS, Extra, ExtraError, lacking
from nanoclaw.operations.extras.install import need

_PIGEON = Extra(name="pigeon", title="Pigeon", packages=("segno", "no-such-package-of-anybody"))
_BUILDER = "import sys; print('Setting up', *sys.argv[2:], '…', file=sys.stderr); sys.exit({code})"


def _checkout(tmp_path: Path, *, code: int = 0) -> Checkout:
    """One whose environment this process runs in, and whose builder only says what it was asked."""
    root = tmp_path / "checkout"
    (root / "tools").mkdir(parents=True)
    (root / "tools" / "environment.py").write_text(_BUILDER.format(code=code))
    (root / ".venv").symlink_to(sys.prefix)
    return Checkout(root=root)


def test_what_is_missing_is_known_by_name() -> None:
    assert lacking(_PIGEON) == ("no-such-package-of-anybody",)
    assert lacking(EXTRAS["whatsapp"]) == ()


def test_what_is_there_is_not_installed_again() -> None:
    said: list[str] = []
    need(EXTRAS["telegram"], None, {}, said.append)
    assert said == []


def test_in_a_checkout_it_is_installed_with_progress(tmp_path: Path, scrubbed_environment: dict[str, str]) -> None:
    said: list[str] = []
    # The package is one that nobody has, so the new environment does not have it either.
    with pytest.raises(ExtraError, match="not seen by this process yet"):
        need(_PIGEON, _checkout(tmp_path), scrubbed_environment, said.append)
    assert said == [
        "Pigeon needs no-such-package-of-anybody, which is installed now; what runs already goes on.",
        "Setting up add pigeon …",
    ]


def test_a_failed_installation_says_that_nothing_was_changed(
    tmp_path: Path, scrubbed_environment: dict[str, str]
) -> None:
    said: list[str] = []
    with pytest.raises(ExtraError, match="could not be installed") as caught:
        need(_PIGEON, _checkout(tmp_path, code=1), scrubbed_environment, said.append)
    assert "Nothing was changed" in caught.value.hint
    assert "HTTPS_PROXY" in caught.value.hint


def test_an_installed_package_is_left_alone_and_pip_is_named() -> None:
    with pytest.raises(ExtraError) as caught:
        need(_PIGEON, None, {}, print)
    assert "-m pip install 'nanoclaw-py[pigeon]'" in caught.value.hint


def test_somebody_elses_environment_is_left_alone(tmp_path: Path) -> None:
    checkout = _checkout(tmp_path)
    (checkout.root / ".venv").unlink()
    (checkout.root / ".venv").mkdir()
    with pytest.raises(ExtraError, match="not the checkout's own") as caught:
        need(_PIGEON, checkout, {}, print)
    assert str(checkout.root / "nanoclaw") in caught.value.hint
    assert not list((checkout.root / ".venv").iterdir())


def test_the_lock_of_a_checkout_is_that_of_its_extras(tmp_path: Path) -> None:
    checkout = _checkout(tmp_path)
    assert (checkout.chosen, checkout.lock.name) == ((), "runtime.lock")
    (checkout.root / ".extras").write_text("telegram+whatsapp\n")
    assert (checkout.chosen, checkout.lock.name) == (("telegram", "whatsapp"), "telegram+whatsapp.lock")


def test_this_program_runs_from_a_checkout_in_an_environment_of_its_tests(pytestconfig: pytest.Config) -> None:
    checkout = find_checkout()
    assert checkout is not None
    assert checkout.root == pytestconfig.rootpath
    assert checkout.lock.is_file()


def test_every_extra_of_the_project_is_known_with_its_packages(pytestconfig: pytest.Config) -> None:
    project = tomllib.loads((pytestconfig.rootpath / "pyproject.toml").read_text())["project"]
    declared = {
        name: tuple(line.partition("=")[0].partition(">")[0] for line in lines)
        for name, lines in project["optional-dependencies"].items()
    }
    assert {extra.name: extra.packages for extra in EXTRAS.values()} == declared
