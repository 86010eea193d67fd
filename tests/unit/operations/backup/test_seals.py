"""Chunks are opened by their key, under their name, unchanged, or not at all."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nanoclaw.operations.backup.errors import BackupDamagedError, BackupKeyError, NewerBackupError
from nanoclaw.operations.backup.seals import KeyedSeal, PlainSeal, Seal, WrappedKey, new_key, unlock

KEYED = KeyedSeal(b"k" * 32, WrappedKey(salt="", wrapped="", n=1, r=1, p=1))
SEALS = [PlainSeal(), KEYED]


@pytest.mark.parametrize("seal", SEALS, ids=["plain", "keyed"])
@given(data=st.binary(max_size=3000))
@settings(deadline=None, max_examples=50)
def test_what_was_closed_is_opened(seal: Seal, data: bytes) -> None:
    assert seal.open("x", seal.close("x", data)) == data


@pytest.mark.parametrize("seal", SEALS, ids=["plain", "keyed"])
@pytest.mark.parametrize("data", [b"a" * 1000, os.urandom(1000)], ids=["squeezed", "as it is"])
def test_any_changed_bit_and_any_cut_is_noticed(seal: Seal, data: bytes) -> None:
    blob = seal.close("x", data)
    for place in range(0, len(blob), max(1, len(blob) // 60)):
        for broken in (blob[:place], blob[:place] + bytes([blob[place] ^ 1]) + blob[place + 1 :]):
            with pytest.raises(BackupDamagedError):
                seal.open("x", broken)


def test_a_sealed_blob_opens_under_its_own_label_only() -> None:
    with pytest.raises(BackupDamagedError):
        KEYED.open("y", KEYED.close("x", b"data"))


def test_names_under_a_key_tell_nothing_to_those_without_it() -> None:
    other = KeyedSeal(b"o" * 32, WrappedKey(salt="", wrapped="", n=1, r=1, p=1))
    names = {seal.name_of(b"data") for seal in (PlainSeal(), KEYED, other)}
    assert len(names) == 3
    assert KEYED.name_of(b"data") == KEYED.name_of(b"data")


def test_a_key_is_opened_by_its_own_secret_only() -> None:
    made = new_key(b"correct horse")
    assert made.wrapped is not None
    assert unlock(made.wrapped, b"correct horse").open("x", made.close("x", b"data")) == b"data"
    for secret, message in ((b"wrong", "is not the one"), (None, "no passphrase")):
        with pytest.raises(BackupKeyError, match=message):
            unlock(made.wrapped, secret)


def test_a_header_cannot_ask_for_endless_work() -> None:
    with pytest.raises(NewerBackupError):
        unlock(WrappedKey(salt="00", wrapped="00", n=2**30, r=8, p=1), b"x")


def test_a_small_blob_that_would_open_to_gigabytes_is_refused() -> None:
    from hashlib import sha256  # noqa: PLC0415 - only here

    import zstandard  # noqa: PLC0415 - only here

    writer = zstandard.ZstdCompressor(level=1).compressobj(size=2**29)
    packed = b"\x01" + b"".join(writer.compress(bytes(2**20)) for _ in range(2**9)) + writer.flush()
    with pytest.raises(BackupDamagedError):
        PlainSeal().open("x", sha256(packed).digest() + packed)
