"""Files that came with messages."""

from datetime import date
from pathlib import Path

from nanoclaw.model.chats import IncomingFile
from nanoclaw.workspaces.inbox import keep

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
