"""Files that came with messages."""

import io
from datetime import date
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from nanoclaw.model.chats import IncomingFile
from nanoclaw.workspaces.inbox import discard, keep

DAY = date(2026, 11, 22)


def test_files_of_one_name_are_all_kept(tmp_path: Path) -> None:
    group, sent = tmp_path / "group", tmp_path / "sent"
    group.mkdir()
    sent.write_bytes(b"picture")
    file = IncomingFile(name="../a b.png", media_type="image/png", path=str(sent))
    kept = keep(group, (file, file), DAY)
    assert [one.path for one in kept] == ["inbox/2026-11-22-a_b.png", "inbox/2026-11-22-2-a_b.png"]
    assert all((group / one.path).read_bytes() == b"picture" for one in kept)
    assert {(one.name, one.media_type) for one in kept} == {("a_b.png", "image/png")}


def test_an_archive_is_kept_packed_however_much_is_in_it(tmp_path: Path) -> None:
    group, sent = tmp_path / "group", tmp_path / "sent"
    group.mkdir()
    with ZipFile(packed := io.BytesIO(), "w", ZIP_DEFLATED) as bomb:
        bomb.writestr("zeros", bytes(64 * 1024 * 1024))
    sent.write_bytes(packed.getvalue())
    keep(group, (IncomingFile(name="bomb.zip", media_type="application/zip", path=str(sent)),), DAY)
    (kept,) = (path for path in group.rglob("*") if path.is_file())
    assert kept.read_bytes() == packed.getvalue()
    assert kept.stat().st_size < 100_000


def test_discarded_files_are_gone_and_nothing_else(tmp_path: Path) -> None:
    group, outside = tmp_path / "group", tmp_path / "outside"
    for folder in (group / "inbox", outside):
        folder.mkdir(parents=True)
        (folder / "one.txt").write_text("x")
    (group / "CLAUDE.md").write_text("memory")
    (group / "inbox" / "link").symlink_to(outside)
    (group / "inbox" / "folder").mkdir()
    paths = ("inbox/one.txt", "inbox/one.txt", "inbox/gone", "inbox/folder", "inbox/link/one.txt", "CLAUDE.md")
    discard(group, (*paths, "inbox/../CLAUDE.md", "../outside/one.txt", "/etc/passwd", ""))
    assert sorted(path.name for path in (group / "inbox").iterdir()) == ["folder", "link"]
    assert (group / "CLAUDE.md").exists()
    assert (outside / "one.txt").exists()


def test_of_a_link_in_the_inbox_only_the_link_goes(tmp_path: Path) -> None:
    group, outside = tmp_path / "group", tmp_path / "outside.txt"
    (group / "inbox").mkdir(parents=True)
    outside.write_text("x")
    (group / "inbox" / "link").symlink_to(outside)
    discard(group, ("inbox/link",))
    assert outside.exists()
    assert list((group / "inbox").iterdir()) == []
