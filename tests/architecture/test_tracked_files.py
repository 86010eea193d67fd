import re
import subprocess
from pathlib import Path

import pytest

# Where packages come from is each machine's own configuration; the usual shapes of such addresses give them away.
_INDEX = re.compile(r"https?://(?:registry|index|files|deb|ftp|mirrors?|packages|snapshot)\.[a-z]", re.IGNORECASE)

_COMMANDS_OF_THE_README = ("./nanoclaw chat", "./nanoclaw test")


@pytest.fixture(scope="session")
def tracked(repository: Path) -> list[Path]:
    """Every file that is, or could be, committed."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=repository, capture_output=True, check=False, timeout=30)
    if listed.returncode:
        pytest.skip(f"not a git checkout: {listed.stderr.decode().strip()}")
    files = [repository / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in files if path.is_file()]


def test_no_file_names_a_package_index_or_the_place_of_this_checkout(tracked: list[Path], repository: Path) -> None:
    forbidden = re.compile(f"{_INDEX.pattern}|{re.escape(str(repository))}(?![\\w-])", re.IGNORECASE)
    found = [
        f"{path.relative_to(repository)}:{number} {match[0]}"
        for path in tracked
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1)
        if (match := forbidden.search(line))
    ]
    assert not found


def test_files_meant_to_be_run_may_be_run(repository: Path) -> None:
    for name in ("nanoclaw", ".ci/run", "tools/lock"):
        assert (repository / name).stat().st_mode & 0o111, f"{name} is not executable"


@pytest.mark.parametrize("command", _COMMANDS_OF_THE_README)
def test_the_readme_shows_how_to_begin_and_how_to_check(repository: Path, command: str) -> None:
    assert command in (repository / "README.md").read_text()


def test_the_changelog_has_its_unreleased_part_on_top(repository: Path) -> None:
    headings = re.findall(r"^## .*$", (repository / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "## Unreleased"
