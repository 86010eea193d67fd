"""The home folder."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from nanoclaw.model.groups import GroupFolder
from nanoclaw.settings.home import Home, HomeError, find_home


@pytest.fixture(params=[0o022, 0o000])
def open_umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_umask")
def test_every_folder_is_private_whatever_the_umask(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    folders = [home.root, *(entry for entry in home.root.rglob("*") if entry.is_dir())]
    assert len(folders) > 8
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}


def test_creating_it_again_keeps_what_is_there(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    home.config.write_text("# mine\n")
    home.create()
    assert home.config.read_text() == "# mine\n"


def test_a_place_that_cannot_be_a_home_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for root in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(HomeError, match=str(tmp_path / "file")) as caught:
            Home(root).create()
        assert "--home" in caught.value.hint


def test_what_was_given_comes_before_the_environment_and_both_before_the_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("NANOCLAW_HOME", raising=False)
    assert find_home(None).root == tmp_path / ".nanoclaw"
    monkeypatch.setenv("NANOCLAW_HOME", "~/other")
    assert find_home(None).root == tmp_path / "other"
    assert find_home("").root == tmp_path / "other"
    assert find_home("/given").root == Path("/given")


def test_a_relative_home_is_made_absolute_and_not_created(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_home("here").root == tmp_path / "here"
    assert not (tmp_path / "here").exists()


def test_the_home_of_nobody_is_refused() -> None:
    with pytest.raises(HomeError, match="nobody-of-that-name"):
        find_home("~nobody-of-that-name/x")


def test_every_place_of_a_group_is_below_the_home(tmp_path: Path) -> None:
    home, folder = Home(tmp_path), GroupFolder("family")
    for place in (home.group(folder), home.sessions(folder), home.gateway(folder), home.launchers(folder)):
        assert place.is_relative_to(tmp_path)
        assert "family" in place.parts
    assert not home.launchers(folder).is_relative_to(home.gateway(folder))
