from pathlib import Path

import pytest

from nanoclaw.channels.spool import FILE_LIMIT
from nanoclaw.channels.whatsapp.link import Media
from nanoclaw.channels.whatsapp.media import discard, take

PNG, JPEG = b"\x89PNG\r\n\x1a\n" + bytes(20), b"\xff\xd8\xff\xe0" + bytes(20)
WEBP, WAVE = b"RIFF\0\0\0\0WEBPVP8 ", b"RIFF\0\0\0\0WAVEfmt "


def media(folder: Path, content: bytes, **more: str | bool) -> Media:
    path = folder / "one"
    path.write_bytes(content)
    return Media.model_validate({"name": "", "media_type": "", "path": str(path), **more})


@pytest.mark.parametrize(
    ("content", "name", "claimed", "called", "media_type"),
    [
        (PNG, "plan.png", "image/png", "plan.png", "image/png"),
        (PNG, "", "image/png", "photo.png", "image/png"),
        (PNG, "plan.jpg", "image/jpeg", "plan.jpg.png", "image/png"),
        (JPEG, "", "image/jpeg", "photo.jpg", "image/jpeg"),
        (WEBP, "", "image/webp", "photo.webp", "image/webp"),
        (WAVE, "a.wav", "audio/wav", "a.wav", "audio/wav"),
        (WAVE, "a.webp", "image/webp", "a.webp.bin", "application/octet-stream"),
        (b"MZ program", "cat.png", "image/png", "cat.png.bin", "application/octet-stream"),
        (b"MZ program", "cat.png", "text/plain", "cat.png.bin", "application/octet-stream"),
        (b"PK\3\4", "a.zip", "application/zip", "a.zip", "application/zip"),
        (b"words", "../../x", "text/plain; charset=utf-8", "../../x", "text/plain"),
        (b"words", "", "", "file.bin", "application/octet-stream"),
        (b"", "empty.txt", "text/plain", "empty.txt", "text/plain"),
    ],
)
def test_a_file_goes_by_an_honest_name_and_type(
    tmp_path: Path, content: bytes, name: str, claimed: str, called: str, media_type: str
) -> None:
    taken = take((media(tmp_path, content, name=name, media_type=claimed),), tmp_path)
    (file,) = taken.files
    assert (file.name, file.media_type) == (called, media_type)
    assert not taken.notes


def test_a_voice_note_has_a_name(tmp_path: Path) -> None:
    (file,) = take((media(tmp_path, b"OggS", media_type="audio/ogg; codecs=opus", voice=True),), tmp_path).files
    assert file.name.startswith("voice.")
    assert (file.media_type, file.voice) == ("audio/ogg", True)


def test_a_name_of_any_length_keeps_its_ending(tmp_path: Path) -> None:
    (file,) = take((media(tmp_path, b"x", name="n" * 3_000 + ".pdf", media_type="application/pdf"),), tmp_path).files
    assert len(file.name) == 200
    assert file.name.endswith("n.pdf")


def test_what_could_not_be_had_is_said(tmp_path: Path) -> None:
    lost = Media(name="plan.pdf", media_type="application/pdf", problem="the network has it no more")
    gone = Media(name="gone.pdf", media_type="application/pdf", path=str(tmp_path / "gone"))
    taken = take((lost, gone), tmp_path)
    assert not taken.files
    assert taken.notes == (
        "[plan.pdf could not be had: the network has it no more]",
        "[gone.pdf could not be had: no such file or directory]",
    )


def test_nothing_from_outside_the_folder_is_taken_or_removed(tmp_path: Path) -> None:
    inside = tmp_path / "channel"
    inside.mkdir()
    secret = tmp_path / "secret"
    secret.write_text("key")
    (inside / "link").symlink_to(secret)
    for path in (secret, inside / ".." / "secret", inside / "link", Path("secret")):
        one = (Media(name="x", media_type="text/plain", path=str(path)),)
        assert not take(one, inside).files
        discard(one, inside)
    assert secret.exists()


def test_a_file_that_is_too_large_is_not_taken(tmp_path: Path) -> None:
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(FILE_LIMIT + 1)
    taken = take((Media(name="huge.bin", media_type="", path=str(tmp_path / "huge")),), tmp_path)
    assert taken.notes == ("[huge.bin could not be had: it is larger than 25 MB]",)


def test_a_copy_is_removed_once(tmp_path: Path) -> None:
    one = media(tmp_path, b"x", name="x", media_type="text/plain")
    discard((one, one), tmp_path)
    assert not list(tmp_path.iterdir())
