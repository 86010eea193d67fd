"""Which other folders a group may see."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from nanoclaw.model.options import ExtraMount
from nanoclaw.sandboxes.contract import WORKSPACE, Mount
from nanoclaw.workspaces.mounts import EXTRA, NOTHING, Allowlist, MountRefusedError, check_mounts, load_allowlist, show


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "home" / ".nanoclaw"
    made.mkdir(parents=True)
    return made


@pytest.fixture
def allowed(tmp_path: Path) -> Allowlist:
    (tmp_path / "open" / "notes").mkdir(parents=True)
    (tmp_path / "closed").mkdir()
    root = {"path": str(tmp_path / "open"), "allowReadWrite": True, "description": "open"}
    return Allowlist.model_validate({"allowedRoots": [root], "blockedPatterns": ["diary"]})


def wanted(path: Path, *, writable: bool = False) -> tuple[ExtraMount, ...]:
    return (ExtraMount(source=str(path), name="it", writable=writable),)


def test_a_folder_below_an_allowed_root_is_shown(allowed: Allowlist, tmp_path: Path, home: Path) -> None:
    notes = tmp_path / "open" / "notes"
    shown = check_mounts(allowed, wanted(notes, writable=True), home, is_main=True)
    (one,) = shown
    assert replace(one, identity=None) == Mount(source=notes, target=EXTRA / "it", writable=True)


def test_other_groups_see_it_read_only(allowed: Allowlist, tmp_path: Path, home: Path) -> None:
    (shown,) = check_mounts(allowed, wanted(tmp_path / "open", writable=True), home, is_main=False)
    assert not shown.writable


@pytest.mark.parametrize("name", [".ssh", "old.SSH", ".env.d", "my-credentials", "Diary"])
def test_what_looks_private_is_never_shown(allowed: Allowlist, tmp_path: Path, home: Path, name: str) -> None:
    (tmp_path / "open" / name / "deep").mkdir(parents=True)
    with pytest.raises(MountRefusedError, match="private"):
        check_mounts(allowed, wanted(tmp_path / "open" / name / "deep"), home, is_main=True)


def test_links_are_resolved_before_anything_is_judged(allowed: Allowlist, tmp_path: Path, home: Path) -> None:
    (tmp_path / "open" / "way-out").symlink_to(tmp_path / "closed")
    with pytest.raises(MountRefusedError, match="allowed root"):
        check_mounts(allowed, wanted(tmp_path / "open" / "way-out"), home, is_main=True)
    (tmp_path / "open" / "swapped").mkdir()
    assert check_mounts(allowed, wanted(tmp_path / "open" / "swapped"), home, is_main=True)
    (tmp_path / "open" / "swapped").rmdir()
    (tmp_path / "open" / "swapped").symlink_to(tmp_path / "closed")
    with pytest.raises(MountRefusedError, match="allowed root"):
        check_mounts(allowed, wanted(tmp_path / "open" / "swapped"), home, is_main=True)


@pytest.mark.parametrize("path", ["/", "/etc", "/proc/self", "~"])
def test_the_system_and_whole_homes_are_never_shown(path: str, home: Path) -> None:
    everything = Allowlist.model_validate({"allowedRoots": [{"path": "/"}]})
    with pytest.raises(MountRefusedError):
        check_mounts(everything, wanted(Path(path)), home, is_main=True)


def test_nothing_of_nanoclaws_own_home_is_shown(home: Path) -> None:
    everything = Allowlist.model_validate({"allowedRoots": [{"path": "/"}]})
    (home / "groups").mkdir()
    for path in (home, home / "groups", home.parent):
        with pytest.raises(MountRefusedError, match="never shown"):
            check_mounts(everything, wanted(path), home, is_main=True)


def test_what_is_missing_or_no_folder_is_refused(allowed: Allowlist, tmp_path: Path, home: Path) -> None:
    (tmp_path / "open" / "file").write_text("x")
    for name in ("missing", "file"):
        with pytest.raises(MountRefusedError):
            check_mounts(allowed, wanted(tmp_path / "open" / name), home, is_main=True)


def test_without_an_allowlist_nothing_is_allowed(tmp_path: Path, home: Path) -> None:
    (tmp_path / "open").mkdir()
    assert load_allowlist(tmp_path / "missing.json") is NOTHING
    with pytest.raises(MountRefusedError, match="allowed root"):
        check_mounts(NOTHING, wanted(tmp_path / "open"), home, is_main=True)


def test_an_allowlist_that_others_can_write_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    path.write_text(json.dumps({"allowedRoots": []}))
    path.chmod(0o666)
    with pytest.raises(MountRefusedError, match="Others can write"):
        load_allowlist(path)
    path.chmod(0o600)
    assert load_allowlist(path) == NOTHING


@pytest.mark.parametrize("text", ["", "{", "[]", '{"allowedRoots": [{}]}', '{"allowed": []}'])
def test_an_allowlist_that_cannot_be_understood_is_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "list.json"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(MountRefusedError, match="understood"):
        load_allowlist(path)


def test_a_shown_folder_is_named_by_its_device_and_inode(allowed: Allowlist, tmp_path: Path, home: Path) -> None:
    notes = tmp_path / "open" / "notes"
    (shown,) = check_mounts(allowed, wanted(notes), home, is_main=True)
    found = notes.stat()
    assert shown.identity == (found.st_dev, found.st_ino)


def test_a_folder_of_our_own_that_became_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "deep").mkdir()
    for place in (tmp_path / "link", tmp_path / "link" / "deep", tmp_path / "gone"):
        with pytest.raises(MountRefusedError, match="link"):
            show(place, WORKSPACE, writable=True)
    assert show(tmp_path / "real" / "deep", WORKSPACE, writable=True).identity
