"""Conversations kept as Markdown."""

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from nanoclaw.workspaces.archive import archive_transcript, read_transcript

AT = datetime(2026, 11, 22, 10, 30, tzinfo=ZoneInfo("Europe/Zurich"))
LINES = [
    {"type": "user", "message": {"content": '<message sender="Ann">Book the dentist, please</message>'}},
    {
        "type": "assistant",
        "message": {"content": [{"type": "text", "text": "Booked."}, {"type": "tool_use", "id": "t"}]},
    },
    {"type": "user", "message": {"content": [{"type": "tool_result", "content": "x"}]}},
    {"type": "user", "isMeta": True, "message": {"content": "not said by anyone"}},
    {"type": "summary", "summary": "x"},
    [1, 2],
]


def test_a_transcript_becomes_a_page_named_after_its_beginning(tmp_path: Path) -> None:
    transcripts, group = tmp_path / "claude", tmp_path / "group"
    transcripts.mkdir()
    group.mkdir()
    (transcripts / "s.jsonl").write_text("\n".join(map(json.dumps, LINES)) + "\nnot JSON\n")
    place = archive_transcript(transcripts, "s.jsonl", group, AT, None)
    assert place == "conversations/2026-11-22-103000-book-the-dentist-please.md"
    page = (group / place).read_text()
    assert "## People" in page
    assert "Booked." in page
    assert "not said" not in page


def test_what_is_no_message_is_left_out() -> None:
    assert list(read_transcript(['{"type": "user"}', "null", '{"type": "user", "message": {"content": 5}}'])) == []


def test_a_transcript_made_to_break_its_reader_is_archived_without_that_line(tmp_path: Path) -> None:
    deep = '{"type": "user", "message": ' + "[" * 200_000 + "]" * 200_000 + "}"
    assert list(read_transcript([deep, json.dumps(LINES[0])])) == [
        ("People", '<message sender="Ann">Book the dentist, please</message>')
    ]
