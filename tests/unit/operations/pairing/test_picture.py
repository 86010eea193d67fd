import stat
from pathlib import Path

from nanoclaw.operations.pairing.picture import in_terminal, rows_of, size_in_terminal, write_png

_CONTENT = "2@" + "Ab3/" * 50 + ",key=,key=,key="


def test_rows_are_square_and_have_the_three_corners() -> None:
    rows = rows_of(_CONTENT)
    assert {len(row) for row in rows} == {len(rows)}
    corner = ["1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111"]
    assert [row[:7] for row in rows[:7]] == corner
    assert [row[-7:] for row in rows[:7]] == corner
    assert [row[:7] for row in rows[-7:]] == corner


def test_a_terminal_shows_two_rows_a_line_with_a_light_border() -> None:
    rows = rows_of("short")
    shown = in_terminal(rows)
    plain = shown.replace("\x1b[38;5;16;48;5;231m", "").replace("\x1b[0m", "").split("\n")
    assert (len(plain[0]), len(plain)) == size_in_terminal(rows)
    assert {len(line) for line in plain} == {len(plain[0])}
    assert set(plain[0]) == {" "}
    assert all(line.startswith("  ") and line.endswith("  ") for line in plain)


def test_what_a_terminal_shows_is_the_code_again_when_it_is_read_back() -> None:
    rows = rows_of("read me back")
    plain = in_terminal(rows).replace("\x1b[38;5;16;48;5;231m", "").replace("\x1b[0m", "").split("\n")
    halves = {" ": "00", "▀": "10", "▄": "01", "█": "11"}
    read = ["".join(halves[cell][half] for cell in line) for line in plain for half in (0, 1)]
    assert tuple(row[2:-2] for row in read[2 : 2 + len(rows)]) == rows


def test_a_code_of_whatsapp_fits_a_terminal_of_eighty_columns() -> None:
    assert size_in_terminal(rows_of(_CONTENT)) <= (80, 40)


def test_the_picture_file_is_the_owners_alone_and_replaces_an_older_one(tmp_path: Path) -> None:
    path = tmp_path / "qr.png"
    path.write_text("old")
    path.chmod(0o644)
    write_png(_CONTENT, path)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_in_the_way_of_the_picture_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("keep")
    (tmp_path / "qr.png").symlink_to(target)
    write_png(_CONTENT, tmp_path / "qr.png")
    assert target.read_text() == "keep"


def test_what_no_code_can_hold_has_no_picture() -> None:
    assert rows_of("x" * 3000) == ()
